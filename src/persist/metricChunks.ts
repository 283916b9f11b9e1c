/** Points of runs as typed-array chunks: one record per series and write, small ones merged, never a record per point. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RunId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { MetricBatch } from '../ir/runEvent.ts'
import type { MetricChunk } from './schema.ts'
import type { Storage } from './storage.ts'
import type { RunTransaction } from './transactions.ts'
import { within } from './transactions.ts'

/** A chunk grows to this many points (12 kB) before the next is begun: cheap to rewrite, few records to read. */
export const CHUNK_POINTS = 512

/**
 * Appends a batch to its series. Points already there at or after the batch's first step are void: a run that went back
 * to a saved state records those steps again.
 */
export async function putMetrics(tx: RunTransaction, batch: MetricBatch): Promise<void> {
  if (batch.steps.length === 0) return
  const range = within(batch.run, batch.stage, batch.series)
  let last = (await tx.objectStore('metrics').openCursor(range, 'prev'))?.value
  if (last && last.lastStep >= batch.steps[0]!) {
    await cutMetrics(tx, range, batch.steps[0]!)
    last = (await tx.objectStore('metrics').openCursor(range, 'prev'))?.value
  }
  const grows = last !== undefined && last.steps.length + batch.steps.length <= CHUNK_POINTS
  const index = last === undefined ? 0 : grows ? last.index : last.index + 1
  const points = grows && last ? joined(last, batch) : copied(batch)
  await tx
    .objectStore('metrics')
    .put(chunk({ run: batch.run, stage: batch.stage, series: batch.series, index }, points))
}

/** Drops the points at or after `step` of every series in the range. */
export async function cutMetrics(tx: RunTransaction, range: IDBKeyRange, step: number): Promise<void> {
  let cursor = await tx.objectStore('metrics').openCursor(range)
  while (cursor) {
    const { value } = cursor
    if (value.firstStep >= step) await cursor.delete()
    else if (value.lastStep >= step) {
      const kept = value.steps.findIndex((s) => s >= step)
      await cursor.update(chunk(value, sliced(value, kept)))
    }
    cursor = await cursor.continue()
  }
}

/** All points of a run, one batch per series. */
export async function readMetrics(storage: Storage, run: RunId): Promise<Result<readonly MetricBatch[], Diagnostic>> {
  return storage.use('The metrics of the run', async (db) => {
    const bySeries = new Map<string, MetricChunk[]>()
    for (const one of await db.getAll('metrics', within(run))) {
      const key = JSON.stringify([one.stage, one.series])
      const chunks = bySeries.get(key)
      if (chunks) chunks.push(one)
      else bySeries.set(key, [one])
    }
    return [...bySeries.values()].map((chunks) => {
      const { stage, series } = chunks[0]!
      const points = {
        steps: concatenated(chunks.map((c) => c.steps)),
        values: concatenated(chunks.map((c) => c.values)),
        times: concatenated(chunks.map((c) => c.times)),
      }
      return { run, stage, series, ...points }
    })
  })
}

type Points = Pick<MetricBatch, 'steps' | 'values' | 'times'>

function chunk(key: Pick<MetricChunk, 'run' | 'stage' | 'series' | 'index'>, points: Points): MetricChunk {
  const { run, stage, series, index } = key
  const { steps, values, times } = points
  return { run, stage, series, index, firstStep: steps[0]!, lastStep: steps[steps.length - 1]!, steps, values, times }
}

function joined(a: Points, b: Points): Points {
  return {
    steps: concatenated([a.steps, b.steps]),
    values: concatenated([a.values, b.values]),
    times: concatenated([a.times, b.times]),
  }
}

function sliced(points: Points, end: number): Points {
  return { steps: points.steps.slice(0, end), values: points.values.slice(0, end), times: points.times.slice(0, end) }
}

/** A view on a large buffer would be stored with all of it. */
function copied(points: Points): Points {
  return sliced(points, points.steps.length)
}

function concatenated(parts: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
