import { describe, expect, test } from 'vitest'
import { serialiseDoc } from '#src/graph/codec.ts'
import { importFiles } from '#src/store/importing.ts'
import { createTestEditor } from '../support/editor.ts'

const nodes = (t: ReturnType<typeof createTestEditor>) => Object.values(t.doc().nodes)

describe('copy and paste', () => {
  test('brings nodes and the wires between them into another editor through text', async () => {
    const a = createTestEditor()
    const model = a.add('model', { x: 0, y: 0 }, 'Base')
    const sft = a.add('train-sft', { x: 480, y: 0 })
    const outside = a.add('checkpoint', { x: 960, y: 0 })
    a.connect({ node: model, port: 'policy' }, { node: sft, port: 'policy' })
    a.connect({ node: sft, port: 'trained' }, { node: outside, port: 'policy' })
    a.editor.selection.setNodes([model, sft])
    a.press('Mod+C')
    await a.settle()

    const b = createTestEditor()
    b.clipboard.text = a.clipboard.text
    b.press('Mod+V')
    await b.settle()
    expect(
      nodes(b)
        .map((n) => n.kind)
        .sort(),
    ).toEqual(['model', 'train-sft'])
    expect(Object.values(b.doc().edges)).toHaveLength(1)
    expect(b.selected()).toHaveLength(2)
    expect(b.editor.doc.history().past).toHaveLength(1)
  })

  test('cascades when the same thing is pasted again', async () => {
    const t = createTestEditor()
    t.add('model', { x: 0, y: 0 })
    t.press('Mod+C')
    await t.settle()
    t.press('Mod+V')
    await t.settle()
    t.press('Mod+V')
    await t.settle()
    const places = nodes(t).map((n) => `${n.position.x},${n.position.y}`)
    expect(new Set(places).size).toBe(3)
  })

  test('cuts as one step and nothing when nothing could be copied', async () => {
    const t = createTestEditor()
    const id = t.add('model')
    const before = t.doc()
    Object.assign(t.editor.ports.clipboard, { write: () => Promise.resolve(false) })
    t.press('Mod+X')
    await t.settle()
    expect(t.doc()).toBe(before)
    expect(t.said().at(-1)).toContain('did not allow')
    Object.assign(t.editor.ports.clipboard, { write: () => Promise.resolve(true) })
    t.editor.selection.setNodes([id])
    t.press('Mod+X')
    await t.settle()
    expect(nodes(t)).toHaveLength(0)
  })

  test('makes a dataset of pasted rows, with the rows kept in the document', async () => {
    const t = createTestEditor()
    t.clipboard.text = '{"prompt":"a","answer":"b"}\n{"prompt":"c","answer":"d"}\n'
    t.press('Mod+V')
    await t.settle()
    expect(nodes(t)[0]!.kind).toBe('dataset')
    expect(Object.values(t.doc().assets)[0]!.text).toBe(t.clipboard.text)
    t.press('Mod+Z')
    expect(Object.keys(t.doc().assets)).toHaveLength(0)
  })

  test('says that prose is no part of a graph instead of making a dataset of it', async () => {
    const t = createTestEditor()
    const before = t.doc()
    t.clipboard.text = 'Dear diary, today I learned about graphs.'
    t.press('Mod+V')
    await t.settle()
    expect(t.doc()).toBe(before)
    expect(t.editor.surface.state.notice?.diagnostic.code).toBe('GR1201')
  })

  test('deletes the rows of a dataset with its node, and undo brings both back', async () => {
    const t = createTestEditor()
    await importFiles(t.editor, [{ name: 'words.csv', text: 'prompt,answer\na,b\n' }], { x: 100, y: 100 })
    const id = nodes(t)[0]!.id
    expect(nodes(t)[0]!.title).toBe('words')
    t.editor.selection.setNodes([id])
    t.press('Delete')
    expect(Object.keys(t.doc().assets)).toHaveLength(0)
    t.press('Mod+Z')
    expect(Object.keys(t.doc().assets)).toHaveLength(1)
    expect(nodes(t)).toHaveLength(1)
  })
})

describe('files that come in', () => {
  test('open as a document of their own when they are graphs', async () => {
    const a = createTestEditor()
    a.add('model')
    a.editor.documents.rename('Shared')
    const t = createTestEditor()
    await importFiles(t.editor, [{ name: 'shared.tunegraph.json', text: serialiseDoc(a.doc()) }], null)
    expect(t.doc().title).toBe('Shared')
    expect(t.doc().id).not.toBe(a.doc().id)
    expect(t.editor.documents.state.list.map((head) => head.title)).toContain('Shared')
  })

  test('leave the document alone and say why when they are broken', async () => {
    const t = createTestEditor()
    t.add('model')
    const before = t.doc()
    await importFiles(t.editor, [{ name: 'x.tunegraph.json', text: '{"nodes": ' }], null)
    expect(t.doc()).toBe(before)
    expect(t.editor.surface.state.notice?.diagnostic.code).toBe('GR1001')
    await importFiles(t.editor, [{ name: 'empty.jsonl', text: '  ' }], null)
    expect(t.doc()).toBe(before)
    expect(t.editor.surface.state.notice?.diagnostic.code).toBe('IM7101')
  })

  test('go out under a plain name and come back equal', async () => {
    const t = createTestEditor()
    t.add('model')
    t.editor.documents.rename('Pig Latin: größer!')
    t.press('Mod+E')
    expect(t.downloads[0]!.name).toBe('pig-latin-gro-er.tunegraph.json')
    const before = t.doc()
    await importFiles(t.editor, [t.downloads[0]!], null)
    expect({ ...t.doc(), id: before.id }).toEqual(before)
  })

  test('of another trainer opens as a graph of its own, and says what has no equivalent', async () => {
    const t = createTestEditor()
    const text = 'base_model: Qwen/Qwen3-4B\nadapter: lora\nlora_dropout: 0.1\ndatasets:\n  - path: rows.jsonl\n'
    await importFiles(t.editor, [{ name: 'tune.yaml', text }], null)
    expect(t.doc().title).toBe('tune')
    expect(nodes(t).map((n) => n.kind)).toContain('train-sft')
    expect(t.editor.documents.state.opened.map((d) => d.code)).toContain('IC9101')
    // What came over otherwise is shown, whatever was open before.
    expect(t.editor.prefs).toMatchObject({ dockTab: 'problems', dockOpen: true })

    await importFiles(t.editor, [{ name: 'notes.yaml', text: 'shopping: milk' }], null)
    expect(t.doc().title).toBe('tune')
    expect(t.editor.surface.state.notice?.diagnostic.code).toBe('IC9002')
  })
})
