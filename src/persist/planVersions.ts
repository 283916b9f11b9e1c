/** Versions that keep a document as it was when a plan of it ran, so that a checkpoint leads back to its graph. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { DocId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { collectAssets } from './assets.ts'
import type { Storage } from './storage.ts'
import { commit, within } from './transactions.ts'

/** Kept beside those whose runs are still in the history: a run may be about to begin, or its save live on a server. */
export const PLAN_VERSIONS_KEPT = 20

/** Name of the version that keeps the graph of a plan. */
export function planVersionName(planHash: string): string {
  return `plan ${planHash}`
}

/** A person's own names are never of this shape. */
function isPlanVersion(name: string | null): boolean {
  return name !== null && /^plan [0-9a-f]{64}$/.test(name)
}

/**
 * Deletes versions of plans that no run in the history has run, but for the newest ones, with files that nothing else
 * needs. Versions that a person named stay. Returns how many went.
 */
export async function prunePlanVersions(storage: Storage, doc: DocId): Promise<Result<number, Diagnostic>> {
  const pruned = await storage.use('The versions of the document', async (db) => {
    const tx = db.transaction(['versions', 'runs'], 'readwrite')
    let gone = 0
    await commit(tx, async () => {
      const versions = tx.objectStore('versions')
      const [all, runs] = await Promise.all([versions.getAll(within(doc)), tx.objectStore('runs').getAll()])
      const ran = new Set(runs.map((run) => planVersionName(run.planHash)))
      const unneeded = all.filter(({ name }) => isPlanVersion(name) && !ran.has(name!))
      const old = unneeded.slice(0, Math.max(0, unneeded.length - PLAN_VERSIONS_KEPT))
      for (const version of old) await versions.delete([version.doc, version.at])
      gone = old.length
    })
    return gone
  })
  if (!pruned.ok || pruned.value === 0) return pruned
  const collected = await collectAssets(storage)
  return collected.ok ? pruned : collected
}
