import { describe, expect, test } from 'vitest'
import { createTestEditor } from '../support/editor.ts'

describe('moving cards', () => {
  test('is one step however many moves the hand made, and leaves the document alone until the drop', () => {
    const t = createTestEditor()
    const id = t.add('model')
    const before = t.doc()
    t.hold(id, { x: 160, y: 80 })
    expect(t.doc()).toBe(before)
    expect(t.session.model.nodes()[0]!.position).toEqual({ x: 160, y: 80 })
    t.letGo()
    expect(t.node(id).position).toEqual({ x: 160, y: 80 })
    expect(t.editor.doc.history().past).toHaveLength(2)
    t.press('Mod+Z')
    expect(t.doc()).toEqual(before)
  })

  test('moves everything selected and keeps the distances', () => {
    const t = createTestEditor()
    const a = t.add('model', { x: 0, y: 0 })
    const b = t.add('dataset', { x: 304, y: 24 })
    t.editor.selection.setNodes([a, b])
    t.drag(a, { x: 83, y: 41 })
    expect(t.node(a).position).toEqual({ x: 80, y: 40 })
    expect(t.node(b).position).toEqual({ x: 384, y: 64 })
    expect(t.editor.doc.state.undoLabel).toBe('Move 2 nodes')
  })

  test('stays on one axis while Shift is held, and leaves the grid while Mod is', () => {
    const t = createTestEditor()
    const id = t.add('model')
    t.drag(id, { x: 96, y: 30 }, { shift: true })
    expect(t.node(id).position).toEqual({ x: 96, y: 0 })
    t.drag(id, { x: 3, y: 5 }, { mod: true })
    expect(t.node(id).position).toEqual({ x: 99, y: 5 })
  })

  test('ends without a trace on Escape', () => {
    const t = createTestEditor()
    const id = t.add('model')
    const before = t.doc()
    t.hold(id, { x: 160, y: 80 })
    expect(t.session.cancelGesture()).toBe(true)
    expect(t.session.model.nodes()[0]!.position).toEqual({ x: 0, y: 0 })
    t.letGo()
    expect(t.doc()).toBe(before)
  })

  test('copies instead when Alt is held at the drop', () => {
    const t = createTestEditor()
    const id = t.add('model')
    t.drag(id, { x: 320, y: 0 }, { alt: true })
    expect(Object.keys(t.doc().nodes)).toHaveLength(2)
    expect(t.node(id).position).toEqual({ x: 0, y: 0 })
    expect(t.node(t.selected()[0]!).position).toEqual({ x: 320, y: 0 })
  })

  test('with keys is one step for presses in quick succession', () => {
    const t = createTestEditor()
    const id = t.add('model')
    t.press('Mod+ArrowRight')
    t.wait(200)
    t.press('Mod+ArrowRight')
    t.wait(200)
    t.press('Mod+Shift+ArrowDown')
    expect(t.node(id).position).toEqual({ x: 16, y: 40 })
    expect(t.editor.doc.history().past).toHaveLength(2)
    t.wait(1000)
    t.press('Mod+ArrowLeft')
    expect(t.editor.doc.history().past).toHaveLength(3)
  })

  test('rebuilds only the elements that moved', () => {
    const t = createTestEditor()
    const a = t.add('model')
    t.add('dataset', { x: 400, y: 0 })
    t.click(a)
    const still = t.session.model.nodes().find((n) => n.id !== a)
    const edges = t.session.model.edges()
    t.hold(a, { x: 80, y: 0 })
    expect(t.session.model.nodes().find((n) => n.id !== a)).toBe(still)
    expect(t.session.model.edges()).toBe(edges)
    t.letGo()
    expect(t.session.model.nodes().find((n) => n.id !== a)).toBe(still)
    expect(t.session.model.nodes().find((n) => n.id === a)!.handles).toBeDefined()
  })

  test('tidies up as one step, in the places that the layout gives, without moving the corner', async () => {
    const t = createTestEditor()
    const a = t.add('model', { x: 80, y: 40 })
    const b = t.add('train-sft', { x: 96, y: 56 })
    t.connect({ node: a, port: 'policy' }, { node: b, port: 'policy' })
    t.editor.selection.clear()
    t.press('Shift+Alt+T')
    await t.settle()
    expect(t.layouts[0]!.edges).toHaveLength(1)
    expect(t.layouts[0]!.nodes.find((n) => n.id === b)!.ports.some((p) => p.direction === 'in')).toBe(true)
    expect(t.node(a).position).toEqual({ x: 80, y: 40 })
    expect(t.node(b).position).toEqual({ x: 480, y: 40 })
    expect(t.editor.doc.state.undoLabel).toBe('Tidy up')
  })

  test('aligns and distributes', () => {
    const t = createTestEditor()
    const ids = [t.add('model', { x: 0, y: 0 }), t.add('model', { x: 300, y: 64 }), t.add('model', { x: 1000, y: 8 })]
    t.editor.selection.setNodes(ids)
    t.press('A T')
    expect(ids.map((id) => t.node(id).position.y)).toEqual([0, 0, 0])
    t.press('A H')
    expect(t.node(ids[1]!).position.x).toBe(504)
    expect(t.node(ids[2]!).position.x).toBe(1000)
  })
})
