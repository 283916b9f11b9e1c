/** Rollouts of runs in batches, the newest up to a cap per stage. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RunId, StageId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { RolloutRecord } from '../ir/runEvent.ts'
import type { RolloutBatch } from './schema.ts'
import type { Storage } from './storage.ts'
import type { RunTransaction } from './transactions.ts'
import { within } from './transactions.ts'

/** Per stage; the oldest batches go first. About 2 MB of short answers. */
export const ROLLOUTS_KEPT = 5000

export async function putRollouts(tx: RunTransaction, records: readonly RolloutRecord[]): Promise<void> {
  const byStage = new Map<string, RolloutRecord[]>()
  for (const record of records) {
    const key = JSON.stringify([record.run, record.stage])
    const some = byStage.get(key)
    if (some) some.push(record)
    else byStage.set(key, [record])
  }
  for (const some of byStage.values()) await putStage(tx, some)
}

async function putStage(tx: RunTransaction, records: readonly RolloutRecord[]): Promise<void> {
  const { run, stage } = records[0]!
  const last = (await tx.objectStore('rollouts').openCursor(within(run, stage), 'prev'))?.value
  const kept = records.slice(-ROLLOUTS_KEPT)
  const total = (last?.countSoFar ?? 0) + kept.length
  await tx.objectStore('rollouts').put(batch({ run, stage, index: last ? last.index + 1 : 0, countSoFar: total }, kept))
  if (total <= ROLLOUTS_KEPT) return
  let cursor = await tx.objectStore('rollouts').openCursor(within(run, stage))
  while (cursor && total - cursor.value.countSoFar >= ROLLOUTS_KEPT) {
    await cursor.delete()
    cursor = await cursor.continue()
  }
}

/** Drops the rollouts of steps at or after `step` in the range. */
export async function cutRollouts(tx: RunTransaction, range: IDBKeyRange, step: number): Promise<void> {
  let cursor = await tx.objectStore('rollouts').openCursor(range)
  while (cursor) {
    const { value } = cursor
    if (value.firstStep >= step) await cursor.delete()
    else if (value.lastStep >= step) {
      await cursor.update(
        batch(
          value,
          value.rollouts.filter((r) => r.step < step),
        ),
      )
    }
    cursor = await cursor.continue()
  }
}

/** Rollouts of a stage in the order they were made, at most the newest `limit`. */
export async function readRollouts(
  storage: Storage,
  run: RunId,
  stage: StageId,
  limit = ROLLOUTS_KEPT,
): Promise<Result<readonly RolloutRecord[], Diagnostic>> {
  return storage.use('The rollouts of the run', async (db) => {
    const batches: (readonly RolloutRecord[])[] = []
    let count = 0
    let cursor = await db.transaction('rollouts').store.openCursor(within(run, stage), 'prev')
    while (cursor && count < limit) {
      batches.unshift(cursor.value.rollouts)
      count += cursor.value.rollouts.length
      cursor = await cursor.continue()
    }
    return batches.flat().slice(-limit)
  })
}

function batch(
  key: Pick<RolloutBatch, 'run' | 'stage' | 'index' | 'countSoFar'>,
  rollouts: readonly RolloutRecord[],
): RolloutBatch {
  const steps = rollouts.map((r) => r.step)
  const { run, stage, index, countSoFar } = key
  return { run, stage, index, countSoFar, firstStep: Math.min(...steps), lastStep: Math.max(...steps), rollouts }
}
