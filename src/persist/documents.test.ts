import { afterEach, describe, expect, test } from 'vitest'
import type { AssetId, DocId } from '../base/ids.ts'
import type { GraphDoc } from '../graph/model.ts'
import {
  deleteDocument,
  deleteVersion,
  lastOpened,
  listDocuments,
  listVersions,
  nameVersion,
  openDocument,
  openVersion,
  saveDocument,
  VERSION_EVERY_MS,
  VERSIONS_KEPT,
} from './documents.ts'
import { deleteRun, writeRun } from './runs.ts'
import type { Storage } from './storage.ts'
import { mishap } from './testing/diskFull.ts'
import { freshStorage, header, RUN, smallDoc } from './testing/freshStorage.ts'

let undo: () => void = () => undefined
afterEach(() => undo())

const FILE = 'f00d' as AssetId
const DOC = 'doc_1' as DocId

function withFile(doc: GraphDoc, text = 'a,b\n1,2\n'): GraphDoc {
  return { ...doc, assets: { [FILE]: { id: FILE, name: 'rows.csv', mediaType: 'text/csv', text } } }
}

async function assets(storage: Storage): Promise<unknown> {
  const read = await storage.use('', (db) => db.getAll('assets'))
  return read.ok ? read.value : read.error
}

describe('a document', () => {
  test('comes back as it was saved, with its files', async () => {
    const storage = freshStorage()
    const doc = withFile(smallDoc())
    expect(await saveDocument(storage, doc, 0, 5)).toEqual({ ok: true, value: 1 })
    expect(await openDocument(storage, DOC, 6)).toEqual({ ok: true, value: { raw: doc, revision: 1, diagnostics: [] } })
  })

  test('writes the text of a file once, however often it is saved', async () => {
    const storage = freshStorage()
    const doc = withFile(smallDoc(), 'x'.repeat(1000))
    await saveDocument(storage, doc, 0, 5)
    await saveDocument(storage, { ...doc, title: 'Again' }, 1, 6)
    expect(await assets(storage)).toEqual([{ id: FILE, text: 'x'.repeat(1000), addedAt: 5 }])
    const content = await storage.use('', (db) => db.getAll('contents'))
    expect(JSON.stringify(content)).not.toContain('xxx')
  })

  test('is listed with others, last changed first, and the last opened is known', async () => {
    const storage = freshStorage()
    await saveDocument(storage, smallDoc('doc_1', { title: 'One' }), 0, 10)
    await saveDocument(storage, smallDoc('doc_2', { title: 'Two' }), 0, 20)
    await openDocument(storage, DOC, 30)
    const list = await listDocuments(storage)
    expect(list.ok && list.value.map((d) => [d.title, d.updatedAt])).toEqual([
      ['Two', 20],
      ['One', 10],
    ])
    expect(await lastOpened(storage)).toEqual({ ok: true, value: 'doc_1' })
    expect(await lastOpened(freshStorage())).toEqual({ ok: true, value: null })
  })

  test('that another tab has saved meanwhile is not written over', async () => {
    const storage = freshStorage()
    await saveDocument(storage, smallDoc(), 0, 10)
    await saveDocument(storage, smallDoc('doc_1', { title: 'Theirs' }), 1, 20)
    const mine = await saveDocument(storage, smallDoc('doc_1', { title: 'Mine' }), 1, 30)
    expect(mine).toMatchObject({ ok: false, error: { code: 'PS6011' } })
    expect(await openDocument(storage, DOC, 40)).toMatchObject({ ok: true, value: { raw: { title: 'Theirs' } } })
  })

  test.each([0, 1, 2, 3])('stays as it was when the disk is full after %i records', async (after) => {
    const storage = freshStorage()
    const before = smallDoc()
    await saveDocument(storage, before, 0, 10)
    undo = mishap({ name: 'QuotaExceededError', after, times: 99, how: 'abort' })
    const failed = await saveDocument(storage, withFile({ ...before, title: 'New' }), 1, 20)
    undo()
    expect(failed).toMatchObject({ ok: false, error: { code: 'PS6001' } })
    expect(await assets(storage)).toEqual([])
    expect(await openDocument(storage, DOC, 40)).toMatchObject({ ok: true, value: { raw: before, revision: 1 } })
  })

  test('whose file is gone opens without it and says so', async () => {
    const storage = freshStorage()
    await saveDocument(storage, withFile(smallDoc()), 0, 10)
    await storage.use('', (db) => db.clear('assets'))
    expect(await openDocument(storage, DOC, 20)).toMatchObject({
      ok: true,
      value: { raw: { assets: {}, title: 'Small' }, diagnostics: [{ code: 'PS6010', data: { asset: FILE } }] },
    })
  })

  test('that is not stored is a diagnostic', async () => {
    expect(await openDocument(freshStorage(), DOC, 1)).toMatchObject({ ok: false, error: { code: 'PS6007' } })
  })

  test('takes its versions and files with it, but no file that a run or another document needs', async () => {
    const storage = freshStorage()
    await saveDocument(storage, withFile(smallDoc('doc_1')), 0, 10)
    await saveDocument(storage, withFile(smallDoc('doc_2')), 0, 10)
    const run = { events: [], header: header({ assets: [FILE] }), metrics: [], rollouts: [], cuts: [] }
    await writeRun(storage, RUN, run, { assets: { [FILE]: 'a,b\n1,2\n' } })
    await nameVersion(storage, smallDoc('doc_1'), 'first', 11)
    await deleteDocument(storage, DOC)
    expect(await listVersions(storage, DOC)).toEqual({ ok: true, value: [] })
    expect(await assets(storage)).toHaveLength(1)
    await deleteDocument(storage, 'doc_2' as DocId)
    expect(await assets(storage)).toHaveLength(1)
    await deleteRun(storage, RUN)
    expect(await assets(storage)).toEqual([])
  })
})

describe('versions', () => {
  test('are kept while a document is edited, not at every save', async () => {
    const storage = freshStorage()
    for (let i = 0; i < 10; i++) {
      await saveDocument(storage, smallDoc('doc_1', { title: `T${i}` }), i, 1000 + (i * VERSION_EVERY_MS) / 4)
    }
    const listed = await listVersions(storage, DOC)
    expect(listed.ok && listed.value.length).toBe(3)
  })

  test('of the automatic sort give way to newer ones, named ones do not', async () => {
    const storage = freshStorage()
    await nameVersion(storage, withFile(smallDoc('doc_1', { title: 'Named' })), 'before the change', 1)
    for (let i = 0; i < VERSIONS_KEPT + 5; i++) {
      await saveDocument(storage, smallDoc('doc_1', { title: `T${i}` }), i, 1000 + i * 2 * VERSION_EVERY_MS)
    }
    const listed = await listVersions(storage, DOC)
    const versions = listed.ok ? listed.value : []
    expect(versions.filter((v) => v.name === null)).toHaveLength(VERSIONS_KEPT)
    expect(versions.at(-1)).toEqual({ at: 1, name: 'before the change', nodes: 2 })
    const opened = await openVersion(storage, DOC, 1)
    expect(opened).toMatchObject({ ok: true, value: { raw: { title: 'Named', assets: { [FILE]: {} } } } })
    await deleteVersion(storage, DOC, 1)
    expect(await openVersion(storage, DOC, 1)).toMatchObject({ ok: false, error: { code: 'PS6007' } })
  })
})
