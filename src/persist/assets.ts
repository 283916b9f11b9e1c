/** Texts of documents' files, written once per content; dropped when no document, version or run refers to them. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Result } from '../base/result.ts'
import type { Storage } from './storage.ts'
import { commit } from './transactions.ts'

/** The texts by asset id; ids that are not stored are absent. */
export async function readAssets(
  storage: Storage,
  ids: readonly string[],
): Promise<Result<{ readonly [asset: string]: string }, Diagnostic>> {
  return storage.use('The files of the document', async (db) => {
    const tx = db.transaction('assets')
    const found = await Promise.all(ids.map((id) => tx.store.get(id)))
    return Object.fromEntries(found.flatMap((asset) => (asset ? [[asset.id, asset.text]] : [])))
  })
}

/** Deletes what nothing refers to, in one transaction, so that a save in another tab cannot slip between look and delete. */
export async function collectAssets(storage: Storage): Promise<Result<void, Diagnostic>> {
  return storage.use('The files of documents', (db) => {
    const tx = db.transaction(['documents', 'versions', 'runs', 'assets'], 'readwrite')
    return commit(tx, async () => {
      const [documents, versions, runs, ids] = await Promise.all([
        tx.objectStore('documents').getAll(),
        tx.objectStore('versions').getAll(),
        tx.objectStore('runs').getAll(),
        tx.objectStore('assets').getAllKeys(),
      ])
      const needed = new Set([
        ...documents.flatMap((d) => d.assets as readonly string[]),
        ...versions.flatMap((v) => v.assets as readonly string[]),
        ...runs.flatMap((r) => r.assets as readonly string[]),
      ])
      await Promise.all(ids.filter((id) => !needed.has(id)).map((id) => tx.objectStore('assets').delete(id)))
    })
  })
}
