/** Runs: headers and the append-only event log, with the points and rollouts that become durable together with events. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { AssetId, RunId, StageId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { MetricBatch, RolloutRecord, RunEvent } from '../ir/runEvent.ts'
import { collectAssets } from './assets.ts'
import { cutMetrics, putMetrics } from './metricChunks.ts'
import { cutRollouts, putRollouts } from './rollouts.ts'
import type { RunHeader } from './schema.ts'
import type { Storage } from './storage.ts'
import { commit, RUN_STORES, within } from './transactions.ts'

/** What one write to a run's log holds; all of it becomes durable together or not at all. */
export type RunWrite = {
  readonly events: readonly RunEvent[]
  /** The header after these events. */
  readonly header: RunHeader
  /** Points and rollouts gathered since the last write: those up to a saved cursor are durable when the cursor is. */
  readonly metrics: readonly MetricBatch[]
  readonly rollouts: readonly RolloutRecord[]
  /** Points and rollouts of a stage at or after `step` are void; dropped before the new ones are written. */
  readonly cuts: readonly { readonly stage: StageId; readonly step: number }[]
}

/**
 * Begins a run and keeps the files it reads, or appends to it; one transaction. Fails with PS6006, and keeps nothing, when
 * the run exists already or an event's number is taken: then somebody else writes this run.
 *
 * @param begin texts by asset id for a new run; null for one that exists
 */
export async function writeRun(
  storage: Storage,
  run: RunId,
  write: RunWrite,
  begin: { readonly assets: { readonly [asset: string]: string } } | null,
): Promise<Result<void, Diagnostic>> {
  const durability = write.events.length > 0 ? 'strict' : 'relaxed'
  return storage.use('The run', (db) => {
    const tx = db.transaction(RUN_STORES, 'readwrite', { durability })
    const runs = tx.objectStore('runs')
    return commit(tx, async () => {
      if (begin === null) await runs.put(write.header)
      else await runs.add(write.header)
      for (const [id, text] of Object.entries(begin?.assets ?? {})) {
        await tx.objectStore('assets').put({ id: id as AssetId, text, addedAt: write.header.startedAt })
      }
      await Promise.all(write.events.map((event) => tx.objectStore('events').add(event)))
      for (const { stage, step } of write.cuts) {
        await cutMetrics(tx, within(run, stage), step)
        await cutRollouts(tx, within(run, stage), step)
      }
      for (const batch of write.metrics) await putMetrics(tx, batch)
      await putRollouts(tx, write.rollouts)
    })
  })
}

/** Newest first. */
export async function listRuns(storage: Storage): Promise<Result<readonly RunHeader[], Diagnostic>> {
  return storage.use('The list of runs', async (db) => (await db.getAllFromIndex('runs', 'startedAt')).reverse())
}

export async function readRunHeader(storage: Storage, run: RunId): Promise<Result<RunHeader | null, Diagnostic>> {
  return storage.use('The run', async (db) => (await db.get('runs', run)) ?? null)
}

/** Events with `seq` ≥ `from`, in order. */
export async function readEvents(
  storage: Storage,
  run: RunId,
  from = 0,
): Promise<Result<readonly RunEvent[], Diagnostic>> {
  return storage.use('The log of the run', (db) => db.getAll('events', IDBKeyRange.bound([run, from], [run, Infinity])))
}

/** Deletes a run with its log, points and rollouts, and files that nothing else needs. Checkpoints are the backend's. */
export async function deleteRun(storage: Storage, run: RunId): Promise<Result<void, Diagnostic>> {
  const deleted = await storage.use('The run', (db) => {
    const tx = db.transaction(RUN_STORES, 'readwrite')
    return commit(tx, () =>
      Promise.all([
        tx.objectStore('runs').delete(run),
        ...(['events', 'metrics', 'rollouts'] as const).map((name) => tx.objectStore(name).delete(within(run))),
      ]),
    )
  })
  return deleted.ok ? await collectAssets(storage) : deleted
}
