import { expect, test } from 'vitest'
import type { AssetId, DocId, RunId } from '../base/ids.ts'
import type { Storage } from './storage.ts'
import { listVersions, nameVersion, saveDocument } from './documents.ts'
import { PLAN_VERSIONS_KEPT, planVersionName, prunePlanVersions } from './planVersions.ts'
import { deleteRun, writeRun } from './runs.ts'
import { freshStorage, header, smallDoc } from './testing/freshStorage.ts'

const DOC = 'doc_1' as DocId
const FILE = 'f00d' as AssetId
const hash = (n: number): string => n.toString(16).padStart(64, '0')

async function names(storage: Storage): Promise<readonly (string | null)[]> {
  const versions = await listVersions(storage, DOC)
  return versions.ok ? versions.value.map(({ name }) => name) : []
}

test('graphs of plans are kept while their runs are, and the newest ones; names of people stay', async () => {
  const storage = freshStorage()
  const doc = smallDoc()
  await saveDocument(storage, doc, 0, 1)
  const withFile = { ...doc, assets: { [FILE]: { id: FILE, name: 'r', mediaType: 'text/csv', text: 'a' } } }
  const total = PLAN_VERSIONS_KEPT + 5
  await nameVersion(storage, doc, 'plan B', 5)
  for (let n = 0; n < total; n++) {
    await nameVersion(storage, n === 1 ? withFile : doc, planVersionName(hash(n)), 10 + n)
  }
  const run = 'r_0' as RunId
  const write = { events: [], metrics: [], rollouts: [], cuts: [] }
  await writeRun(storage, run, { ...write, header: header({ id: run, planHash: hash(0) }) }, { assets: {} })

  expect(await prunePlanVersions(storage, DOC)).toEqual({ ok: true, value: 4 })
  const kept = await names(storage)
  expect(kept).toContain('plan B')
  expect(kept).toContain(planVersionName(hash(0)))
  for (const n of [1, 2, 3, 4]) expect(kept).not.toContain(planVersionName(hash(n)))
  expect(kept).toHaveLength(PLAN_VERSIONS_KEPT + 2)
  // The file of a version that is gone goes with it.
  expect(await storage.use('', (db) => db.getAllKeys('assets'))).toEqual({ ok: true, value: [] })

  await deleteRun(storage, run)
  expect(await prunePlanVersions(storage, DOC)).toEqual({ ok: true, value: 1 })
  expect(await names(storage)).not.toContain(planVersionName(hash(0)))
})
