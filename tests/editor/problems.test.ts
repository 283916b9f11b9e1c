import { describe, expect, test } from 'vitest'
import { fixAll, fixesOfKind } from '#src/store/fixAll.ts'
import { setNodeParams } from '#src/store/commands/nodes.ts'
import { COMPILE_DELAY_MS } from '#src/store/problems.ts'
import { createTestEditor } from '../support/editor.ts'

describe('problems', () => {
  test('appear after a pause and are found by the node that they are about', () => {
    const t = createTestEditor()
    const sft = t.add('train-sft')
    expect(t.editor.problems.ofNode(sft)).toEqual([])
    t.wait(COMPILE_DELAY_MS)
    expect(t.editor.problems.state.errors).toBeGreaterThan(0)
    expect(t.editor.problems.ofNode(sft).every((d) => 'node' in d.at && d.at.node === sft)).toBe(true)
    expect(t.editor.problems.ofNode(sft).length).toBeGreaterThan(0)
  })

  test('go when what caused them goes', () => {
    const t = createTestEditor()
    const sft = t.add('train-sft')
    t.wait(COMPILE_DELAY_MS)
    t.press('Delete')
    t.wait(COMPILE_DELAY_MS)
    expect(t.editor.problems.state.errors).toBe(0)
    expect(t.editor.problems.ofNode(sft)).toEqual([])
  })

  test('wake only the cards whose problems changed', () => {
    const t = createTestEditor()
    const a = t.add('train-sft')
    const b = t.add('checkpoint', { x: 500, y: 0 })
    t.wait(COMPILE_DELAY_MS)
    const before = t.editor.problems.ofNode(a)
    let heard = 0
    t.editor.problems.subscribeNode(a, () => heard++)
    setNodeParams(t.editor, b, { name: 'other' })
    t.wait(COMPILE_DELAY_MS)
    expect(heard).toBe(0)
    expect(t.editor.problems.ofNode(a)).toBe(before)
  })

  test('F8 goes from one to the next', () => {
    const t = createTestEditor()
    const a = t.add('train-sft')
    const b = t.add('train-rl', { x: 500, y: 0 })
    t.editor.selection.clear()
    t.wait(COMPILE_DELAY_MS)
    const visited = new Set<string>()
    for (let i = 0; i < 12; i++) {
      t.press('F8')
      visited.add(t.selected()[0]!)
    }
    expect(visited).toEqual(new Set([a, b]))
  })

  test('are computed once for a burst of edits, and at once when a run asks', () => {
    const t = createTestEditor()
    let compiles = 0
    t.wait(COMPILE_DELAY_MS)
    t.editor.problems.subscribe(() => compiles++)
    for (let i = 0; i < 5; i++) {
      t.add('model', { x: i * 300, y: 0 })
      t.wait(20)
    }
    expect(compiles).toBe(0)
    t.wait(COMPILE_DELAY_MS)
    expect(compiles).toBe(1)
    t.add('dataset')
    t.editor.problems.flush()
    expect(compiles).toBe(2)
    t.wait(1000)
    expect(compiles).toBe(2)
  })

  test('of one kind are mended together, as one step', () => {
    const t = createTestEditor()
    const models = [t.add('model'), t.add('model', { x: 400, y: 0 })]
    for (const model of models) setNodeParams(t.editor, model, { loraRank: 33 })
    // The same code, but another field: not of this kind.
    setNodeParams(t.editor, t.add('train-sft', { x: 0, y: 400 }), { batchSize: 5000 })
    t.wait(COMPILE_DELAY_MS)
    const { diagnostics } = t.editor.problems.state
    const [first] = diagnostics.filter((d) => d.fix && 'node' in d.at && d.at.node === models[0])
    const kin = fixesOfKind(diagnostics, first!)
    expect(kin).toHaveLength(2)
    expect(fixAll(t.editor, kin)).toBe(2)
    t.wait(COMPILE_DELAY_MS)
    expect(fixesOfKind(t.editor.problems.state.diagnostics, first!)).toEqual([])
    expect(models.map((id) => t.node(id).params['loraRank'])).not.toContain(33)
    expect(t.editor.doc.state.undoLabel).toBe('Fix 2 problems')
    t.editor.doc.undo()
    expect(models.map((id) => t.node(id).params['loraRank'])).toEqual([33, 33])
    // What comes next is a step of its own.
    t.editor.doc.redo()
    setNodeParams(t.editor, models[0]!, { loraRank: 64 })
    expect(t.editor.doc.state.undoLabel).not.toBe('Fix 2 problems')
  })
})
