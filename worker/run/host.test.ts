import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { NodeId, RunId } from '#src/base/ids.ts'
import type { CheckpointSpec, Plan } from '#src/ir/pipelineConfig.ts'
import type { RunEventBody } from '#src/ir/runEvent.ts'
import { readMetrics } from '#src/persist/metricChunks.ts'
import { readEvents, readRunHeader, writeRun } from '#src/persist/runs.ts'
import type { Storage } from '#src/persist/storage.ts'
import { mishap } from '#src/persist/testing/diskFull.ts'
import { freshStorage } from '#src/persist/testing/freshStorage.ts'
import { testLocks } from '#src/persist/testing/locks.ts'
import { evaluateStage, planOf, sftStage } from '#src/training/testing/plans.ts'
import type { RunFeed, StartRun } from '../protocol.ts'
import type { Profile, Tab } from './testing/tab.ts'
import { openTab } from './testing/tab.ts'

const RUN = 'run_1' as RunId
let tabs: Tab[] = []
let undo: () => void = () => undefined
afterEach(() => {
  undo()
  undo = () => undefined
  for (const tab of tabs) tab.kill()
  tabs = []
})

const SAVES: readonly CheckpointSpec[] = [{ node: 'n_save' as NodeId, name: 'save', every: 2, ttlSeconds: null }]

const FEW = { ...evaluateStage().dataset, limit: 4 }

/** Eight optimizer steps with a save after every second, then an evaluation. */
const PLAN: Plan = planOf(
  sftStage({ checkpointing: SAVES, heldout: FEW, hyperparameters: { batchSize: 2, maxSteps: 8 } }),
  evaluateStage({ dataset: { ...FEW, limit: 1 } }),
)

function request(plan = PLAN, over: Partial<StartRun> = {}): StartRun {
  return { run: RUN, plan, docId: 'doc_1', docVersion: 4, title: 'Lesson', assets: {}, ...over }
}

function profile(): Profile {
  return { storage: freshStorage(), locks: testLocks() }
}

function tabOf(in_: Profile): Tab {
  const tab = openTab(in_)
  tabs.push(tab)
  return tab
}

const released = (message: RunFeed): boolean => message.type === 'released'

/** True from the `n`-th event of the type on. */
function nth(type: RunEventBody['type'], n = 1): (message: RunFeed) => boolean {
  let seen = 0
  return (message) => {
    if (message.type === 'events') seen += message.events.filter((event) => event.type === type).length
    return seen >= n
  }
}

async function events(storage: Storage): Promise<string[]> {
  const read = await readEvents(storage, RUN)
  if (!read.ok) throw new Error(read.error.message)
  expect(read.value.map((event) => event.seq)).toEqual(read.value.map((_, i) => i))
  return read.value.map((event) => event.type)
}

async function series(storage: Storage, name: string): Promise<{ steps: number[]; values: number[] }> {
  const read = await readMetrics(storage, RUN)
  if (!read.ok) throw new Error(read.error.message)
  const found = read.value.find((batch) => batch.series === name)
  return { steps: Array.from(found?.steps ?? []), values: Array.from(found?.values ?? []) }
}

let whole: Storage
beforeAll(async () => {
  const p = profile()
  const tab = openTab(p)
  expect(await tab.host.start(request())).toBeNull()
  await tab.heard(released)
  tab.kill()
  whole = p.storage
}, 60_000)

describe('a run', () => {
  test('leaves its log, points and header in storage, tells the page, and lets go of its lock', async () => {
    const p = profile()
    const tab = tabOf(p)
    expect(await tab.host.start(request())).toBeNull()
    expect((await p.locks.query()).held).toHaveLength(1)
    expect(await tab.heard(released)).toEqual({ type: 'released', run: RUN, cause: null })
    const types = await events(p.storage)
    expect([types[0], types[1], types.at(-1)]).toEqual(['runStarted', 'stageStarted', 'runFinished'])
    expect(await readRunHeader(p.storage, RUN)).toMatchObject({
      ok: true,
      value: { phase: 'finished', docVersion: 4, lastSeq: types.length - 1 },
    })
    const loss = await series(p.storage, 'train/loss')
    expect(loss.steps).toEqual(Array.from({ length: 8 }, (_, i) => i))
    expect((await p.locks.query()).held).toEqual([])
    const told = tab.feed.flatMap((message) => (message.type === 'events' ? message.events : []))
    expect(told.map((event) => event.type)).toEqual(types)
    const points = tab.feed.flatMap((m) => (m.type === 'metrics' ? m.batches : []))
    const toldLoss = points.filter((b) => b.series === 'train/loss').flatMap((b) => Array.from(b.values))
    expect(toldLoss).toEqual(loss.values)
  })

  test('cut off in its middle goes on in the next tab and ends with the very same numbers', async () => {
    // Long enough that it is not over when the third save is heard of: news comes in batches.
    const long = planOf(
      sftStage({ checkpointing: SAVES, heldout: FEW, hyperparameters: { batchSize: 2, epochs: 20, maxSteps: 32 } }),
      evaluateStage({ dataset: { ...FEW, limit: 1 } }),
    )
    const uncut = profile()
    const other = tabOf(uncut)
    expect(await other.host.start(request(long))).toBeNull()
    await other.heard(released)

    const p = profile()
    const first = tabOf(p)
    expect(await first.host.start(request(long))).toBeNull()
    await first.heard(nth('checkpointSaved', 3))
    first.kill()
    const before = await events(p.storage)
    expect(before).not.toContain('runFinished')

    const second = tabOf(p)
    expect(await second.host.resume(RUN)).toBeNull()
    await second.heard(released)
    const after = await events(p.storage)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after.slice(before.length, before.length + 2)).toEqual(['runResumed', 'stageResumed'])
    expect(after.at(-1)).toBe('runFinished')
    for (const name of ['train/loss', 'heldout/loss', 'optim/lr']) {
      expect(await series(p.storage, name)).toEqual(await series(uncut.storage, name))
    }
  })

  test('is refused to a second tab while the first carries it out', async () => {
    const p = profile()
    const first = tabOf(p)
    await first.host.start(request())
    // Held at a step, so that it cannot be over before the second tab asks.
    await first.host.pause(RUN)
    await first.heard(nth('runPaused'))
    expect(await tabOf(p).host.resume(RUN)).toMatchObject({ code: 'WK0003' })
    expect(await first.host.resume(RUN)).toBeNull()
    await first.host.stop(RUN)
  })

  test('waits at a step boundary while paused, survives a reload there, and ends with the same numbers', async () => {
    const p = profile()
    const first = tabOf(p)
    await first.host.start(request())
    await first.heard(nth('checkpointSaved', 1))
    await first.host.pause(RUN)
    await first.heard(nth('runPaused'))
    // Long enough for several steps, if it did not wait.
    await new Promise((resolve) => setTimeout(resolve, 300))
    const paused = (await series(p.storage, 'train/loss')).steps.length
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await series(p.storage, 'train/loss')).steps).toHaveLength(paused)
    expect(await readRunHeader(p.storage, RUN)).toMatchObject({ ok: true, value: { phase: 'paused' } })
    await first.host.continue(RUN)
    await first.heard(nth('runContinued'))
    await first.host.pause(RUN)
    await first.heard(nth('runPaused', 2))
    first.kill()

    const second = tabOf(p)
    expect(await second.host.resume(RUN)).toBeNull()
    await second.heard(released)
    expect(await series(p.storage, 'train/loss')).toEqual(await series(whole, 'train/loss'))
  })

  test('stops at once, and can be taken up again', async () => {
    const p = profile()
    const tab = tabOf(p)
    await tab.host.start(request())
    await tab.heard(nth('checkpointSaved', 2))
    const asked = Date.now()
    await tab.host.stop(RUN)
    expect(Date.now() - asked).toBeLessThan(2000)
    expect((await events(p.storage)).slice(-2)).toEqual(['stageStopped', 'runStopped'])
    expect(await readRunHeader(p.storage, RUN)).toMatchObject({ ok: true, value: { phase: 'stopped' } })
    expect(await tab.host.resume(RUN)).toBeNull()
    await tab.heard(nth('runFinished'))
  })

  test('that nobody carries out any more can be marked as stopped', async () => {
    const p = profile()
    const first = tabOf(p)
    await first.host.start(request())
    await first.heard(nth('checkpointSaved', 1))
    first.kill()
    await tabOf(p).host.stop(RUN)
    expect((await events(p.storage)).at(-1)).toBe('runStopped')
  })
})

describe('when storage fails', () => {
  test('a run that cannot be written down does not begin', async () => {
    const p = profile()
    const tab = tabOf(p)
    undo = mishap({ name: 'QuotaExceededError', after: 0, times: 99, how: 'abort' })
    expect(await tab.host.start(request())).toMatchObject({ code: 'PS6001' })
    expect((await p.locks.query()).held).toEqual([])
  })

  test('a run under way goes on, says so, and writes everything down when there is space again', async () => {
    const p = profile()
    const tab = tabOf(p)
    // No saves of the backend in between: those need space of their own.
    const plan = planOf(sftStage({ heldout: FEW, hyperparameters: { batchSize: 2, maxSteps: 8 } }))
    tab.onFeed = (message) => {
      if (!nth('stageStarted')(message)) return
      undo = mishap({ name: 'QuotaExceededError', after: 0, times: 3, how: 'abort', store: 'runs' })
    }
    await tab.host.start(request(plan))
    await tab.heard(released)
    undo()
    expect(tab.feed.filter((m) => m.type === 'trouble')).toMatchObject([{ diagnostic: { code: 'PS6001' } }])
    expect((await events(p.storage)).at(-1)).toBe('runFinished')
    expect(await series(p.storage, 'train/loss')).toEqual(await series(whole, 'train/loss'))
  })

  test('a run that somebody else writes to ends without another word', async () => {
    const p = profile()
    const tab = tabOf(p)
    await tab.host.start(request())
    await tab.heard(nth('checkpointSaved', 1))
    const header = await readRunHeader(p.storage, RUN)
    if (!header.ok || !header.value) throw new Error('no header')
    const log = await readEvents(p.storage, RUN)
    const seq = log.ok ? log.value.length : 0
    const intruder = Array.from({ length: 30 }, (_, i) => ({
      type: 'log' as const,
      stage: null,
      level: 'info' as const,
      message: 'intruder',
      run: RUN,
      seq: seq + 4 + i,
      at: 0,
    }))
    await writeRun(
      p.storage,
      RUN,
      { events: intruder, header: header.value, metrics: [], rollouts: [], cuts: [] },
      null,
    )
    expect(await tab.heard(released)).toMatchObject({ cause: { code: 'PS6006' } })
    expect((await p.locks.query()).held).toEqual([])
  })
})

describe('a run is refused', () => {
  test('when a file or set that it reads is missing', async () => {
    const tab = tabOf(profile())
    const source = { type: 'asset', asset: 'abc', name: 'rows.csv', format: 'csv' } as const
    const plan = planOf(sftStage({ dataset: { ...sftStage().dataset, source } }))
    expect(await tab.host.start(request(plan))).toMatchObject({
      code: 'WK0001',
      message: expect.stringContaining('rows.csv'),
    })
    const other = planOf(sftStage({ heldout: { ...sftStage().dataset, source: { type: 'builtin', name: 'nope' } } }))
    expect(await tab.host.start(request(other))).toMatchObject({ code: 'WK0001' })
  })

  test('for going on when it has finished or is not known', async () => {
    const p = profile()
    const tab = tabOf(p)
    const plan = planOf(evaluateStage({ dataset: { ...evaluateStage().dataset, limit: 1 } }))
    await tab.host.start(request(plan))
    await tab.heard(released)
    expect(await tab.host.resume(RUN)).toMatchObject({ code: 'WK0004' })
    expect(await tab.host.resume('run_9' as RunId)).toMatchObject({ code: 'WK0004' })
  })

  test('without a key for Tinker, and with an address that is none', async () => {
    const tab = tabOf(profile())
    const connected = await tab.host.connect({ ref: { type: 'tinker', url: 'https://tinker.example' } })
    expect(connected).toMatchObject({ ok: false, diagnostic: { code: 'WK0005' } })
    expect(await tab.host.start(request())).toMatchObject({ code: 'WK0005' })
    const odd = await tab.host.connect({ ref: { type: 'custom', url: 'localhost 8000' } })
    expect(odd).toMatchObject({ ok: false, diagnostic: { code: 'WK0007' } })
  })

  test('twice under one id', async () => {
    const p = profile()
    const tab = tabOf(p)
    await tab.host.start(request())
    await tab.host.stop(RUN)
    expect(await tab.host.start(request())).toMatchObject({ code: 'PS6006' })
  })
})
