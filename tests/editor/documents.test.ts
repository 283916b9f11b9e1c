import { describe, expect, test } from 'vitest'
import type { DocId } from '#src/base/ids.ts'
import { serialiseDoc } from '#src/graph/codec.ts'
import { createTestEditor } from '../support/editor.ts'

async function example(): Promise<string> {
  const t = createTestEditor()
  t.add('model', { x: 0, y: 0 }, 'Example')
  t.editor.documents.rename('Example')
  return serialiseDoc(t.doc())
}

describe('documents', () => {
  test('begin with the first example when this browser has none', async () => {
    const text = await example()
    const starter = { id: 'ex', title: 'Example', description: '', load: () => Promise.resolve(text) }
    const t = createTestEditor({ starters: [starter] })
    await t.editor.documents.begin()
    expect(t.doc().title).toBe('Example')
    expect(t.editor.documents.state.list).toHaveLength(1)
    expect(t.editor.documents.state.phase).toBe('ready')
  })

  test('are saved after a pause, not while a card is dragged, and open as they were', async () => {
    const t = createTestEditor()
    await t.editor.documents.create('First')
    const first = t.doc().id as DocId
    const id = t.add('model')
    t.hold(id, { x: 160, y: 0 })
    expect(t.editor.documents.state.save.phase).toBe('unsaved')
    t.letGo()
    const saved = t.doc()
    t.wait(2000)
    await t.settle()
    expect(t.editor.documents.state.save.phase).toBe('saved')
    await t.editor.documents.create('Second')
    expect(Object.keys(t.doc().nodes)).toHaveLength(0)
    expect(await t.editor.documents.open(first)).toBe(true)
    expect(t.doc()).toEqual(saved)
    expect(t.editor.doc.history().past).toHaveLength(0)
  })

  test('keep what was not saved yet when another one is opened', async () => {
    const t = createTestEditor()
    await t.editor.documents.create('First')
    const first = t.doc().id as DocId
    t.add('model')
    await t.editor.documents.create('Second')
    await t.settle()
    await t.editor.documents.open(first)
    expect(Object.keys(t.doc().nodes)).toHaveLength(1)
  })

  test('are duplicated and deleted; after the last one an empty one is there', async () => {
    const t = createTestEditor()
    await t.editor.documents.create('First')
    t.add('model')
    const first = t.doc().id as DocId
    await t.editor.documents.duplicate()
    expect(t.doc().title).toBe('First (copy)')
    const copy = t.doc().id as DocId
    expect(copy).not.toBe(first)
    await t.editor.documents.remove(copy)
    expect(t.doc().id).toBe(first)
    await t.editor.documents.remove(first)
    expect(Object.keys(t.doc().nodes)).toHaveLength(0)
    expect(t.editor.documents.state.list).toHaveLength(1)
  })

  test('say so when one is gone, and stay with the open one', async () => {
    const t = createTestEditor()
    await t.editor.documents.create('First')
    const before = t.doc()
    expect(await t.editor.documents.open('d_nowhere' as DocId)).toBe(false)
    expect(t.doc()).toBe(before)
    expect(t.editor.documents.state.problem?.code).toBe('PS6007')
  })

  test('renaming is a step like any other', async () => {
    const t = createTestEditor()
    await t.editor.documents.create('First')
    t.editor.documents.rename('  Renamed ')
    expect(t.doc().title).toBe('Renamed')
    t.press('Mod+Z')
    expect(t.doc().title).toBe('First')
  })
})
