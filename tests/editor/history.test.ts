import { describe, expect, test } from 'vitest'
import { setNodeParams } from '#src/store/commands/nodes.ts'
import { createTestEditor } from '../support/editor.ts'

describe('history', () => {
  test('takes a step back to the identical document and forward again', () => {
    const t = createTestEditor()
    const empty = t.doc()
    const id = t.add('model')
    const added = t.doc()
    t.press('Mod+Z')
    expect(t.doc()).toEqual(empty)
    t.press('Mod+Shift+Z')
    expect(t.doc()).toEqual(added)
    expect(t.selected()).toEqual([id])
    t.press('Mod+Z')
    t.press('Mod+Y')
    expect(t.doc()).toEqual(added)
  })

  test('brings back the selection that was there before the step', () => {
    const t = createTestEditor()
    const a = t.add('model')
    const b = t.add('dataset', { x: 400, y: 0 })
    t.editor.selection.setNodes([a, b])
    t.press('Delete')
    expect(t.selected()).toEqual([])
    t.press('Mod+Z')
    expect(t.selected()).toEqual([a, b].sort())
  })

  test('names the step that undo would take', () => {
    const t = createTestEditor()
    expect(t.editor.commands.refusal('edit.undo')).toBe('There is nothing to undo')
    t.add('model')
    expect(t.editor.doc.state.undoLabel).toBe('Add Model')
    t.press('Mod+Z')
    expect(t.editor.doc.state.redoLabel).toBe('Add Model')
    expect(t.said().at(-1)).toBe('Undone: Add Model')
  })

  test('merges typing into one step while it goes on, and begins another after a pause', () => {
    const t = createTestEditor()
    const id = t.add('checkpoint')
    const before = t.doc()
    for (const name of ['a', 'af', 'aft']) {
      setNodeParams(t.editor, id, { name })
      t.wait(100)
    }
    t.wait(1000)
    setNodeParams(t.editor, id, { name: 'after' })
    expect(t.editor.doc.history().past).toHaveLength(3)
    t.press('Mod+Z')
    expect(t.node(id).params['name']).toBe('aft')
    t.press('Mod+Z')
    expect(t.doc()).toEqual(before)
  })

  test('keeps one patch for a whole word typed into a field', () => {
    const t = createTestEditor()
    const id = t.add('checkpoint')
    for (let i = 0; i < 50; i++) setNodeParams(t.editor, id, { name: 'x'.repeat(i + 1) })
    expect(t.editor.doc.history().past.at(-1)!.patches).toHaveLength(1)
  })

  test('records nothing and keeps the same document when a recipe changes nothing', () => {
    const t = createTestEditor()
    t.add('model')
    const before = t.doc()
    expect(t.editor.doc.transact('Nothing', () => undefined)).toBeNull()
    expect(t.doc()).toBe(before)
    expect(t.editor.doc.history().past).toHaveLength(1)
  })

  test('forgets what was undone once something else is done', () => {
    const t = createTestEditor()
    t.add('model')
    t.press('Mod+Z')
    t.add('dataset')
    expect(t.editor.doc.history().future).toHaveLength(0)
    expect(t.editor.commands.refusal('edit.redo')).toBe('There is nothing to do again')
  })

  test('tells a node of its own changes only', () => {
    const t = createTestEditor()
    const a = t.add('model')
    const b = t.add('dataset', { x: 400, y: 0 })
    let heard = 0
    t.editor.doc.subscribeNode(a, () => heard++)
    t.drag(b, { x: 80, y: 0 })
    expect(heard).toBe(0)
    t.drag(a, { x: 80, y: 0 })
    expect(heard).toBe(1)
  })

  test('freezes the document, so that nobody can change it past the door', () => {
    const t = createTestEditor()
    const id = t.add('model')
    expect(Object.isFrozen(t.doc())).toBe(true)
    expect(Object.isFrozen(t.node(id).params)).toBe(true)
  })
})
