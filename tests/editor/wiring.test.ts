import { describe, expect, test } from 'vitest'
import type { NodeId } from '#src/base/ids.ts'
import { createTestEditor } from '../support/editor.ts'
import type { TestEditor } from '../support/editor.ts'

function pipeline(): { t: TestEditor; model: NodeId; data: NodeId; sft: NodeId } {
  const t = createTestEditor()
  const model = t.add('model', { x: 0, y: 0 })
  const data = t.add('dataset', { x: 0, y: 240 })
  const sft = t.add('train-sft', { x: 480, y: 0 })
  return { t, model, data, sft }
}

const edges = (t: TestEditor) => Object.values(t.doc().edges)

describe('while a wire is pulled', () => {
  test('connects when it is dropped near a port that takes it', () => {
    const { t, model, sft } = pipeline()
    const goal = t.at(t.port(sft, 'policy', 'in'))
    t.dropWire(t.port(model, 'policy', 'out'), { x: goal.x - 15, y: goal.y + 10 })
    expect(edges(t)).toEqual([
      expect.objectContaining({ from: { node: model, port: 'policy' }, to: { node: sft, port: 'policy' } }),
    ])
    expect(t.editor.doc.state.undoLabel).toBe('Connect Model → SFT')
  })

  test('connects from either end', () => {
    const { t, model, sft } = pipeline()
    t.dropWire(t.port(sft, 'policy', 'in'), t.port(model, 'policy', 'out'))
    expect(edges(t)[0]!.from.node).toBe(model)
  })

  test('says why a port does not take it, and leaves the document identical', () => {
    const { t, data, sft } = pipeline()
    const before = t.doc()
    t.session.beginWire(t.port(data, 'rows', 'out'), 'drag')
    t.session.moveWire(t.at(t.port(sft, 'policy', 'in')), false)
    const state = t.session.wire()
    const verdict = state.phase === 'pulling' ? state.target?.verdict : undefined
    expect(verdict).toMatchObject({ ok: false, error: { code: 'GR1105' } })
    t.session.dropWire()
    expect(t.doc()).toBe(before)
    expect(t.said().at(-1)).toContain('expects policy')
    expect(t.editor.surface.state.quickAdd).toBeNull()
  })

  test('refuses a circle by naming it', () => {
    const { t, model, sft } = pipeline()
    const check = t.add('checkpoint', { x: 900, y: 0 })
    t.connect({ node: model, port: 'policy' }, { node: sft, port: 'policy' })
    t.connect({ node: sft, port: 'trained' }, { node: check, port: 'policy' })
    const before = t.doc()
    t.connect({ node: check, port: 'saved' }, { node: sft, port: 'policy' })
    expect(t.doc()).toBe(before)
    expect(t.said().at(-1)).toContain('circle')
  })

  test('asks for a node on empty canvas, offering only what fits, and wires it', () => {
    const { t, model } = pipeline()
    t.dropWire(t.port(model, 'policy', 'out'), { x: 900, y: 600 })
    expect(t.editor.surface.state.quickAdd).toMatchObject({
      flow: { x: 900, y: 600 },
      wire: { from: { node: model, port: 'policy' }, direction: 'out' },
    })
    t.editor.commands.run('add.node', {
      kind: 'checkpoint',
      at: { x: 900, y: 600 },
      wire: { from: { node: model, port: 'policy' }, direction: 'out' },
    })
    expect(edges(t)).toHaveLength(1)
    const added = t.selected()[0]!
    const place = t.at(t.port(added, 'policy', 'in'))
    expect(Math.hypot(place.x - 900, place.y - 600)).toBeLessThan(10)
    t.press('Mod+Z')
    expect(edges(t)).toHaveLength(0)
    expect(t.doc().nodes[added]).toBeUndefined()
  })

  test('leaves no trace on Escape', () => {
    const { t, model } = pipeline()
    const before = t.doc()
    t.session.beginWire(t.port(model, 'policy', 'out'), 'drag')
    t.session.moveWire({ x: 300, y: 300 }, false)
    expect(t.session.cancelGesture()).toBe(true)
    expect(t.session.wire().phase).toBe('idle')
    expect(t.doc()).toBe(before)
  })

  test('walks over the ports that take it with the arrow keys, nearest first, and connects with Enter', () => {
    const { t, model, sft } = pipeline()
    const check = t.add('checkpoint', { x: 1200, y: 0 })
    t.session.beginWire(t.port(model, 'policy', 'out'), 'keys')
    t.session.walkWire(1)
    expect(t.said().at(-1)).toBe('SFT, Policy, 1 of 2')
    t.session.walkWire(1)
    expect(t.said().at(-1)).toBe('Checkpoint, Policy, 2 of 2')
    t.session.dropWire()
    expect(edges(t)[0]!.to).toEqual({ node: check, port: 'policy' })
    expect(edges(t)[0]!.to.node).not.toBe(sft)
  })
})

describe('an input that takes one wire', () => {
  test('gives way to a second one in the same step and says so', () => {
    const { t, model, sft } = pipeline()
    const other = t.add('model', { x: 0, y: 480 }, 'Other')
    t.connect({ node: model, port: 'policy' }, { node: sft, port: 'policy' })
    const steps = t.editor.doc.history().past.length
    t.connect({ node: other, port: 'policy' }, { node: sft, port: 'policy' })
    expect(edges(t).map((e) => e.from.node)).toEqual([other])
    expect(t.editor.doc.history().past).toHaveLength(steps + 1)
    expect(t.said().at(-1)).toContain('in place of Model → SFT')
    t.press('Mod+Z')
    expect(edges(t).map((e) => e.from.node)).toEqual([model])
  })
})

describe('a wire that is taken by its end', () => {
  test('is plugged into another port as one step', () => {
    const { t, model, sft } = pipeline()
    const check = t.add('checkpoint', { x: 900, y: 300 })
    t.connect({ node: model, port: 'policy' }, { node: sft, port: 'policy' })
    const edge = edges(t)[0]!
    t.session.beginWire({ ref: edge.from, direction: 'out' }, 'drag', edge.id)
    t.session.moveWire(t.at(t.port(check, 'policy', 'in')), false)
    t.session.dropWire()
    expect(edges(t).map((e) => e.to.node)).toEqual([check])
    t.press('Mod+Z')
    expect(edges(t).map((e) => e.to.node)).toEqual([sft])
  })

  test('is disconnected on empty canvas, and stays when it is put back', () => {
    const { t, model, sft } = pipeline()
    t.connect({ node: model, port: 'policy' }, { node: sft, port: 'policy' })
    const edge = edges(t)[0]!
    const before = t.doc()
    t.session.beginWire({ ref: edge.from, direction: 'out' }, 'drag', edge.id)
    t.session.moveWire(t.at(t.port(sft, 'policy', 'in')), false)
    t.session.dropWire()
    expect(t.doc()).toBe(before)
    t.session.beginWire({ ref: edge.from, direction: 'out' }, 'drag', edge.id)
    t.session.moveWire({ x: 300, y: 700 }, false)
    t.session.dropWire()
    expect(edges(t)).toHaveLength(0)
    expect(t.editor.surface.state.quickAdd).toBeNull()
  })

  test('takes all wires of its port along with Ctrl', () => {
    const { t, model, sft } = pipeline()
    const rl = t.add('train-rl', { x: 480, y: 400 })
    const other = t.add('model', { x: 0, y: 600 })
    t.connect({ node: model, port: 'policy' }, { node: sft, port: 'policy' })
    t.connect({ node: model, port: 'policy' }, { node: rl, port: 'policy' })
    const steps = t.editor.doc.history().past.length
    t.session.beginBundle(t.port(model, 'policy', 'out'))
    t.session.moveWire(t.at(t.port(other, 'policy', 'out')), false)
    t.session.dropWire()
    expect(new Set(edges(t).map((e) => e.from.node))).toEqual(new Set([other]))
    expect(t.editor.doc.history().past).toHaveLength(steps + 1)
  })
})

describe('inserting on a wire', () => {
  test('puts a node between the two ends as one step', () => {
    const { t, sft } = pipeline()
    const rl = t.add('train-rl', { x: 1200, y: 0 })
    t.connect({ node: sft, port: 'trained' }, { node: rl, port: 'policy' })
    const edge = edges(t)[0]!
    t.editor.commands.run('add.onWire', { kind: 'checkpoint', edge: edge.id })
    const middle = t.selected()[0]!
    expect(
      edges(t)
        .map((e) => [e.from.node, e.to.node])
        .sort(),
    ).toEqual(
      [
        [middle, rl],
        [sft, middle],
      ].sort(),
    )
    t.press('Mod+Z')
    expect(edges(t)).toEqual([edge])
  })

  test('is refused for a kind that does not fit', () => {
    const { t, sft } = pipeline()
    const rl = t.add('train-rl', { x: 1200, y: 0 })
    t.connect({ node: sft, port: 'trained' }, { node: rl, port: 'policy' })
    const before = t.doc()
    expect(t.editor.commands.run('add.onWire', { kind: 'dataset', edge: edges(t)[0]!.id })).toMatchObject({
      ran: false,
    })
    expect(t.doc()).toBe(before)
  })
})
