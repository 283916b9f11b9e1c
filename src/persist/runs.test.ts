import { afterEach, describe, expect, test } from 'vitest'
import type { RunId } from '../base/ids.ts'
import { CHUNK_POINTS, readMetrics } from './metricChunks.ts'
import { readRollouts, ROLLOUTS_KEPT } from './rollouts.ts'
import type { RunWrite } from './runs.ts'
import { deleteRun, listRuns, readEvents, readRunHeader, writeRun } from './runs.ts'
import type { Storage } from './storage.ts'
import { mishap } from './testing/diskFull.ts'
import { event, freshStorage, header, points, rollout, RUN, STAGE } from './testing/freshStorage.ts'

let undo: () => void = () => undefined
afterEach(() => undo())

const nothing: RunWrite = { events: [], header: header(), metrics: [], rollouts: [], cuts: [] }

async function begun(storage: Storage, write: Partial<RunWrite> = {}): Promise<void> {
  expect((await writeRun(storage, RUN, { ...nothing, events: [event(0)], ...write }, { assets: {} })).ok).toBe(true)
}

function append(storage: Storage, write: Partial<RunWrite>): ReturnType<typeof writeRun> {
  return writeRun(storage, RUN, { ...nothing, ...write }, null)
}

async function steps(storage: Storage, series = 'train/loss'): Promise<number[]> {
  const read = await readMetrics(storage, RUN)
  if (!read.ok) throw new Error(read.error.message)
  return Array.from(read.value.find((batch) => batch.series === series)?.steps ?? [])
}

async function rolloutSteps(storage: Storage): Promise<number[]> {
  const read = await readRollouts(storage, RUN, STAGE)
  return read.ok ? read.value.map((r) => r.step) : []
}

describe('the log of a run', () => {
  test('gives back what was written, in order, and from any event on', async () => {
    const storage = freshStorage()
    await begun(storage)
    await append(storage, { events: [event(1), event(2)], header: header({ lastSeq: 2 }) })
    expect(await readEvents(storage, RUN)).toEqual({ ok: true, value: [event(0), event(1), event(2)] })
    expect(await readEvents(storage, RUN, 2)).toEqual({ ok: true, value: [event(2)] })
    expect(await readRunHeader(storage, RUN)).toEqual({ ok: true, value: header({ lastSeq: 2 }) })
  })

  test('refuses a second writer, and keeps nothing of what it brought', async () => {
    const storage = freshStorage()
    await begun(storage)
    await append(storage, { events: [event(1)], header: header({ lastSeq: 1 }) })
    const second = await append(storage, {
      events: [event(1, { type: 'runStopped' }), event(2)],
      header: header({ lastSeq: 2, phase: 'stopped' }),
      metrics: [points([1])],
    })
    expect(second).toMatchObject({ ok: false, error: { code: 'PS6006' } })
    expect(await readEvents(storage, RUN)).toEqual({ ok: true, value: [event(0), event(1)] })
    expect(await readRunHeader(storage, RUN)).toMatchObject({ ok: true, value: { phase: 'running', lastSeq: 1 } })
    expect(await steps(storage)).toEqual([])
  })

  test('refuses to begin the same run twice', async () => {
    const storage = freshStorage()
    await begun(storage)
    const again = await writeRun(storage, RUN, { ...nothing, events: [event(7)] }, { assets: {} })
    expect(again).toMatchObject({ ok: false, error: { code: 'PS6006' } })
  })

  test.each([0, 1, 2, 3])('is written whole or not at all when the write breaks after %i records', async (after) => {
    const storage = freshStorage()
    await begun(storage)
    undo = mishap({ name: 'QuotaExceededError', after, times: 1, how: 'abort' })
    const write: RunWrite = {
      events: [event(1)],
      header: header({ lastSeq: 1 }),
      metrics: [points([1, 2]), points([1, 2], 'train/grad_norm')],
      rollouts: [rollout(1)],
      cuts: [],
    }
    expect(await append(storage, write)).toMatchObject({ ok: false, error: { code: 'PS6001' } })
    undo()
    expect(await readEvents(storage, RUN)).toEqual({ ok: true, value: [event(0)] })
    expect([await steps(storage), await rolloutSteps(storage)]).toEqual([[], []])
    expect((await append(storage, write)).ok).toBe(true)
    expect([await steps(storage), await rolloutSteps(storage)]).toEqual([[1, 2], [1]])
  })

  test('lists runs newest first, whatever became of them, and deletes one without touching others', async () => {
    const storage = freshStorage()
    const other = 'run_2' as RunId
    await begun(storage)
    const second = header({ id: other, startedAt: 2000, phase: 'failed' })
    await writeRun(storage, other, { ...nothing, events: [event(0, undefined, other)], header: second }, { assets: {} })
    await append(storage, { metrics: [points([1])], rollouts: [rollout(1)] })
    const listed = await listRuns(storage)
    expect(listed.ok && listed.value.map((run) => [run.id, run.phase])).toEqual([
      ['run_2', 'failed'],
      ['run_1', 'running'],
    ])
    expect((await deleteRun(storage, RUN)).ok).toBe(true)
    expect([await steps(storage), await rolloutSteps(storage)]).toEqual([[], []])
    expect(await readEvents(storage, RUN)).toEqual({ ok: true, value: [] })
    expect(await readEvents(storage, other)).toMatchObject({ ok: true, value: [{ seq: 0 }] })
  })
})

describe('points', () => {
  test('come back exactly, NaN and negative zero included', async () => {
    const storage = freshStorage()
    await begun(storage)
    const batch = { ...points([1, 2, 3]), values: Float64Array.of(NaN, -0, 0.1) }
    await append(storage, { metrics: [batch] })
    const read = await readMetrics(storage, RUN)
    expect(read).toEqual({ ok: true, value: [batch] })
  })

  test('of many small writes gather in few chunks', async () => {
    const storage = freshStorage()
    await begun(storage)
    for (let i = 0; i < 300; i++) {
      await append(storage, { metrics: [points([4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3])] })
    }
    expect(await steps(storage)).toEqual(Array.from({ length: 1200 }, (_, i) => i))
    const chunks = await storage.use('', (db) => db.count('metrics'))
    expect(chunks).toEqual({ ok: true, value: Math.ceil(1200 / CHUNK_POINTS) })
  })

  test('of a view do not drag its whole buffer into storage', async () => {
    const storage = freshStorage()
    await begun(storage)
    const large = new Float64Array(100_000)
    const batch = { ...points([7]), values: large.subarray(5, 6), times: large.subarray(0, 1) }
    await append(storage, { metrics: [batch] })
    const stored = await storage.use('', (db) => db.getAll('metrics'))
    expect(stored.ok && stored.value[0]!.values.buffer.byteLength).toBe(8)
  })

  test('recorded again after going back replace those of the first time', async () => {
    const storage = freshStorage()
    await begun(storage)
    const first = Array.from({ length: 700 }, (_, i) => i)
    for (let i = 0; i < 700; i += 100) {
      await append(storage, { metrics: [points(first.slice(i, i + 100))] })
    }
    await append(storage, { metrics: [points([450, 451], 'train/loss', 2)] })
    const read = await readMetrics(storage, RUN)
    expect(await steps(storage)).toEqual([...first.slice(0, 450), 450, 451])
    expect(read.ok && Array.from(read.value[0]!.values.slice(-3))).toEqual([449, 900, 902])
  })

  test('and rollouts at or after the step that a stage resumes at are void', async () => {
    const storage = freshStorage()
    await begun(storage)
    const all = Array.from({ length: 600 }, (_, i) => i)
    await append(storage, {
      metrics: [points(all), points(all, 'reward/total')],
      rollouts: [rollout(1), rollout(39), rollout(40), rollout(41)],
    })
    await append(storage, {
      events: [event(1, { type: 'stageResumed', stage: STAGE, step: 40 })],
      header: header({ lastSeq: 1 }),
      cuts: [{ stage: STAGE, step: 40 }],
    })
    expect(await steps(storage)).toEqual(all.slice(0, 40))
    expect(await steps(storage, 'reward/total')).toEqual(all.slice(0, 40))
    expect(await rolloutSteps(storage)).toEqual([1, 39])
  })
})

describe('rollouts', () => {
  test('are kept up to the cap, the newest ones', async () => {
    const storage = freshStorage()
    await begun(storage)
    const size = 500
    for (let step = 0; step < ROLLOUTS_KEPT / size + 3; step++) {
      const rollouts = Array.from({ length: size }, (_, sample) => rollout(step, sample))
      await append(storage, { rollouts })
    }
    const kept = await rolloutSteps(storage)
    expect(kept.length).toBe(ROLLOUTS_KEPT)
    expect([kept[0], kept.at(-1)]).toEqual([3, ROLLOUTS_KEPT / size + 2])
    const few = await readRollouts(storage, RUN, STAGE, 3)
    expect(few.ok && few.value.map((r) => r.sample)).toEqual([497, 498, 499])
  })
})
