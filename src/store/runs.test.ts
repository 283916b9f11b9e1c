import { afterEach, describe, expect, test } from 'vitest'
import type { Profile, Tab } from '#worker/run/testing/tab.ts'
import { openTab } from '#worker/run/testing/tab.ts'
import { countingIds } from '../base/ids.ts'
import type { RunId, StageId } from '../base/ids.ts'
import { createRunNotices } from '../persist/runNotices.ts'
import type { RunNotices } from '../persist/runNotices.ts'
import { freshStorage } from '../persist/testing/freshStorage.ts'
import { testLocks } from '../persist/testing/locks.ts'
import type { CrashListener, RunService } from '../services/runService.ts'
import { evaluateStage, planOf, sftStage } from '../training/testing/plans.ts'
import type { Metrics } from './metrics.ts'
import { createMetrics } from './metrics.ts'
import type { Runs, StartRunRequest } from './runs.ts'
import { createRuns, shownRun } from './runs.ts'

const SFT = 'sft' as StageId
const FEW = { ...evaluateStage().dataset, limit: 4 }
const REQUEST: StartRunRequest = {
  plan: planOf(
    sftStage({
      heldout: FEW,
      hyperparameters: { batchSize: 2, maxSteps: 6 },
      checkpointing: [{ node: null, name: 'save', every: 2, ttlSeconds: null }],
    }),
  ),
  docId: 'doc_1',
  docVersion: 1,
  title: 'Lesson',
  assets: {},
}

type Page = { runs: Runs; metrics: Metrics; tab: Tab; crash: () => void; close: () => void }

let pages: Page[] = []
let count = 0
afterEach(() => {
  for (const page of pages) page.close()
  pages = []
})

type Shared = Profile & { readonly channel: string }

function shared(): Shared {
  return { storage: freshStorage(), locks: testLocks(), channel: `runs-${++count}` }
}

/** A page over the run host of a tab; a crash brings a fresh tab, as the service's respawn does. */
function open(profile: Shared): Page {
  const notices: RunNotices = createRunNotices(profile.channel)
  const workers = createRunNotices(profile.channel)
  let tab = openTab(profile, { announce: workers.announce })
  const crashListeners = new Set<CrashListener>()
  const feedListeners = new Set<Parameters<RunService['onFeed']>[0]>()
  const connect = (): void => void tab.subscribe((message) => feedListeners.forEach((listener) => listener(message)))
  connect()
  const service: RunService = {
    get host() {
      return tab.host
    },
    onFeed(listener) {
      feedListeners.add(listener)
      return () => feedListeners.delete(listener)
    },
    onCrash(listener) {
      crashListeners.add(listener)
      return () => crashListeners.delete(listener)
    },
    dispose: () => undefined,
  }
  const metrics = createMetrics((frame) => void setTimeout(() => frame(0), 1))
  const { storage, locks } = profile
  const runs = createRuns({ storage, service, metrics, locks, notices, ids: countingIds() })
  const page: Page = {
    runs,
    metrics,
    get tab() {
      return tab
    },
    crash() {
      tab.kill()
      tab = openTab(profile, { announce: workers.announce })
      connect()
      const diagnostic = { code: 'SV0001', severity: 'error', message: 'crashed', at: { on: 'document' } } as const
      for (const listener of crashListeners) listener({ worker: 'run', diagnostic })
    },
    close() {
      tab.kill()
      runs.dispose()
      notices.close()
      workers.close()
    },
  }
  pages.push(page)
  return page
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

const lossSteps = ({ metrics }: Page, run: RunId): number[] => {
  const view = metrics.read(run, SFT, 'train/loss')
  return Array.from(view?.steps.subarray(0, view.length) ?? [])
}

/** Longer than any test looks at it. */
const LONG: StartRunRequest = {
  ...REQUEST,
  plan: planOf(sftStage({ heldout: null, hyperparameters: { batchSize: 2, maxSteps: 2000, epochs: 500 } })),
}

async function started(page: Page, request = REQUEST): Promise<RunId> {
  const run = await page.runs.start(request)
  if (!run.ok) throw new Error(run.error.message)
  return run.value
}

const savesOf = (page: Page, run: RunId): number =>
  page.runs.eventsOf(run).filter((event) => event.type === 'checkpointSaved').length

describe('runs', () => {
  test('started here are shown from the first event to the last, with their points, and stay in the list', async () => {
    const page = open(shared())
    await page.runs.load()
    expect(page.runs.state).toMatchObject({ phase: 'ready', list: [] })
    const run = await started(page)
    expect(page.runs.state.activity).toEqual({ phase: 'active', run, asked: null })
    expect(page.runs.state.list).toMatchObject([{ id: run, phase: 'running', carriedOut: 'here' }])
    await until(() => page.runs.state.activity.phase === 'idle')
    expect(shownRun(page.runs.state)).toMatchObject({
      phase: 'finished',
      stages: { sft: { phase: 'finished', steps: 6 } },
    })
    expect(lossSteps(page, run)).toEqual([0, 1, 2, 3, 4, 5])
    await until(() => page.runs.state.list[0]?.phase === 'finished')
    expect(page.runs.eventsOf(run)[0]?.type).toBe('runStarted')
  })

  test('of the past open with everything they left', async () => {
    const profile = shared()
    const first = open(profile)
    const run = await started(first)
    await until(() => first.runs.state.activity.phase === 'idle')
    const later = open(profile)
    await later.runs.load()
    await later.runs.showLatest('doc_2')
    expect(later.runs.state.shown).toBeNull()
    await later.runs.showLatest('doc_1')
    expect(later.runs.state.shown).toBe(run)
    expect(await later.runs.show(run)).toBeNull()
    expect(shownRun(later.runs.state)).toEqual(shownRun(first.runs.state))
    expect(lossSteps(later, run)).toEqual([0, 1, 2, 3, 4, 5])
    expect(later.runs.eventsOf(run)).toEqual(first.runs.eventsOf(run))
    await later.runs.show(null)
    expect([shownRun(later.runs.state), lossSteps(later, run)]).toEqual([null, []])
    expect(await later.runs.show('run_9' as RunId)).toMatchObject({ code: 'PS6007' })
  })

  test('cut off by a reload show as interrupted and go on when their document is opened again', async () => {
    const profile = shared()
    const first = open(profile)
    const run = await started(first)
    await until(() => savesOf(first, run) >= 1)
    first.close()
    const next = open(profile)
    await next.runs.load()
    expect(next.runs.state.list).toMatchObject([{ id: run, phase: 'interrupted', carriedOut: null }])
    expect(await next.runs.resumeInterrupted('doc_2')).toBeNull()
    expect(await next.runs.resumeInterrupted('doc_1')).toBe(run)
    expect(next.runs.state.shown).toBe(run)
    await until(() => next.runs.state.activity.phase === 'idle')
    expect(shownRun(next.runs.state)?.phase).toBe('finished')
    expect(lossSteps(next, run)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('go on in one of two tabs that open their document at once', async () => {
    const profile = shared()
    const first = open(profile)
    const run = await started(first, LONG)
    await until(() => lossSteps(first, run).length > 0)
    const next = [open(profile), open(profile)]
    // The old page is still there when the new ones look, as in a reload.
    const resumed = Promise.all(next.map((page) => page.runs.resumeInterrupted('doc_1')))
    setTimeout(() => first.close(), 300)
    expect((await resumed).sort()).toEqual([null, run].sort())
    expect(next.map((page) => page.runs.state.problem)).toEqual([null, null])
  })

  test('of another tab can be watched, not taken, and show as interrupted when that tab is gone', async () => {
    const profile = shared()
    const [first, second] = [open(profile), open(profile)]
    const run = await started(first, LONG)
    await second.runs.load()
    expect(second.runs.state.list).toMatchObject([{ id: run, phase: 'running', carriedOut: 'elsewhere' }])
    await second.runs.show(run)
    const seen = lossSteps(second, run).length
    await until(() => lossSteps(second, run).length > seen)
    expect(await second.runs.resume(run)).toMatchObject({ code: 'WK0003' })
    expect(second.runs.state.activity).toEqual({ phase: 'idle' })
    first.close()
    await until(() => second.runs.state.list[0]?.phase === 'interrupted')
    expect(shownRun(second.runs.state)?.phase).toBe('interrupted')
  })

  test('survive a crash of the worker', async () => {
    const page = open(shared())
    const run = await started(page)
    await until(() => savesOf(page, run) >= 1)
    page.crash()
    expect(page.runs.state.problem).toMatchObject({ code: 'SV0001' })
    await until(() => page.runs.state.activity.phase === 'active')
    await until(() => page.runs.state.activity.phase === 'idle')
    expect(shownRun(page.runs.state)?.phase).toBe('finished')
    expect(lossSteps(page, run)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('pause, continue and stop, each shown as asked until the run answers', async () => {
    const page = open(shared())
    const run = await started(page, LONG)
    await page.runs.pause()
    expect(page.runs.state.activity).toMatchObject({ asked: 'pause' })
    await until(() => shownRun(page.runs.state)?.phase === 'paused')
    expect(page.runs.state.activity).toMatchObject({ asked: null })
    await page.runs.continue()
    await until(() => shownRun(page.runs.state)?.phase === 'running')
    await page.runs.stop()
    await until(() => page.runs.state.activity.phase === 'idle')
    expect(shownRun(page.runs.state)?.phase).toBe('stopped')
    expect(page.runs.eventsOf(run).map((event) => event.type)).toContain('runContinued')
  })

  test('begin one at a time', async () => {
    const page = open(shared())
    const run = await started(page, LONG)
    expect(await page.runs.start(REQUEST)).toMatchObject({ ok: false, error: { code: 'SV0005' } })
    expect(await page.runs.remove(run)).toMatchObject({ code: 'SV0005' })
    expect(page.runs.state.shown).toBe(run)
    await page.runs.stop()
    await until(() => page.runs.state.activity.phase === 'idle')
    expect(await page.runs.remove(run)).toBeNull()
    expect(page.runs.state).toMatchObject({ list: [], shown: null })
  })

  test('that are refused leave the page as it was, with the reason', async () => {
    const page = open(shared())
    const plan = planOf(sftStage({ dataset: { ...FEW, source: { type: 'builtin', name: 'nope' } } }))
    expect(await page.runs.start({ ...REQUEST, plan })).toMatchObject({ ok: false, error: { code: 'WK0001' } })
    expect(page.runs.state).toMatchObject({ activity: { phase: 'idle' }, shown: null, list: [] })
    expect(page.runs.state.problem).toMatchObject({ code: 'WK0001' })
    page.runs.dismissProblem()
    expect(page.runs.state.problem).toBeNull()
  })
})
