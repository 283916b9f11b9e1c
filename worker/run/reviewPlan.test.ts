import { afterEach, describe, expect, test } from 'vitest'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { PRICES } from '#src/ir/prices.ts'
import { freshStorage } from '#src/persist/testing/freshStorage.ts'
import { testLocks } from '#src/persist/testing/locks.ts'
import { tinyBackend } from '#src/training/testing/trainingHost.ts'
import { createServiceClient } from '#src/tinker/index.ts'
import { planOf, sftStage } from '#src/training/testing/plans.ts'
import type { ReviewRequest, RunLimits, StartRun } from '../protocol.ts'
import { openTab } from './testing/tab.ts'
import type { Tab } from './testing/tab.ts'
import { served } from './testing/served.ts'

const SFT = 'sft' as StageId

const planWith = (learningRate: number): Plan =>
  planOf(sftStage({ heldout: null, hyperparameters: { batchSize: 2, maxSteps: 3, learningRate } }))

const ask = (plan: Plan, over: Partial<ReviewRequest> = {}): ReviewRequest => ({
  plan,
  whole: true,
  docId: 'doc_1',
  asked: [],
  live: 'now',
  ...over,
})

let tabs: Tab[] = []
afterEach(() => {
  for (const tab of tabs) tab.kill()
  tabs = []
})

function tab(): Tab {
  const opened = openTab({ storage: freshStorage(), locks: testLocks() })
  tabs.push(opened)
  return opened
}

async function ran({ host, heard }: Tab, run: string, plan: Plan, limits?: RunLimits): Promise<void> {
  const request: StartRun = { run: run as RunId, plan, docId: 'doc_1', docVersion: 1, title: 'Lesson', assets: {} }
  expect(await host.start(limits ? { ...request, limits } : request)).toBeNull()
  await heard((message) => message.type === 'released' && message.run === run)
}

describe('a plan reviewed', () => {
  test('is new where nothing has run', async () => {
    const review = await tab().host.reviewPlan(ask(planWith(1e-3)))
    expect(review).toMatchObject({ last: null, paces: [], problem: null })
    expect(review?.stages).toMatchObject([{ stage: SFT, from: null, before: null, reasons: [{ type: 'new' }] }])
  })

  test('takes over what ran, with its pace, and names the field that changed since', async () => {
    const t = tab()
    await ran(t, 'r_1', planWith(1e-3))
    const same = await t.host.reviewPlan(ask(planWith(1e-3)))
    expect(same?.stages).toMatchObject([{ from: 'r_1', reasons: [], before: { run: 'r_1', steps: 3 } }])
    expect(same?.last).toMatchObject({ run: 'r_1', gone: [] })
    expect(same?.paces[0]?.[1].low).toBeGreaterThan(0)
    const changed = await t.host.reviewPlan(ask(planWith(2e-3)))
    expect(changed?.stages).toMatchObject([
      {
        from: null,
        before: { run: 'r_1' },
        reasons: [{ type: 'changed', field: 'learningRate', old: 1e-3, new: 2e-3 }],
      },
    ])
  })

  test('runs again what was asked for, and what has lost its save', async () => {
    const t = tab()
    await ran(t, 'r_1', planWith(1e-3))
    const asked = await t.host.reviewPlan(ask(planWith(1e-3), { asked: [SFT] }))
    expect(asked?.stages).toMatchObject([{ from: null, reasons: [{ type: 'asked' }] }])
    await t.host.dropCheckpoints('r_1' as RunId)
    const gone = await t.host.reviewPlan(ask(planWith(1e-3)))
    expect(gone?.stages).toMatchObject([{ from: null, reasons: [{ type: 'gone' }] }])
  })

  test('a budget given with the run stops it after saving', async () => {
    const t = tab()
    const budget = { dollars: null, tokens: 1, minutes: null }
    await ran(t, 'r_1', planWith(1e-3), { budget, prices: PRICES })
    const stopped = t.feed
      .flatMap((message) => (message.type === 'events' ? message.events : []))
      .find((event) => event.type === 'runStopped')
    expect(stopped).toMatchObject({ diagnostic: { code: 'TR5010' } })
    const reviewed = await t.host.reviewPlan(ask(planWith(1e-3)))
    expect(reviewed?.stages).toMatchObject([
      { from: null, before: null, reasons: [{ type: 'stopped', stage: SFT, old: expect.any(Number), new: null }] },
    ])
    expect(reviewed!.stages[0]!.reasons[0]!.old).toBeGreaterThan(0)
    // With other settings there is no result to compare with, either.
    const other = await t.host.reviewPlan(ask(planWith(2e-3)))
    expect(other?.stages).toMatchObject([{ reasons: [{ type: 'stopped' }] }])
    await ran(t, 'r_2', planWith(1e-3))
    const finished = await t.host.reviewPlan(ask(planWith(2e-3)))
    expect(finished?.stages).toMatchObject([{ reasons: [{ type: 'changed' }] }])
  })

  test('on a server far away is asked about little and seldom unless somebody wants to know', async () => {
    const backend = tinyBackend()
    const server = await served((request) => backend.fetch(request))
    const listed = (): number => server.asked.filter((path) => /\/training_runs\/[^/]+\/checkpoints/.test(path)).length
    const t = tab()
    expect(await t.host.connect({ ref: { type: 'custom', url: server.url } })).toMatchObject({ ok: true })
    await ran(t, 'r_1', planWith(1e-3))
    const before = listed()
    const review = (live: ReviewRequest['live']) => t.host.reviewPlan(ask(planWith(1e-3), { live }))
    expect(await review('never')).toMatchObject({ verified: false, stages: [{ from: 'r_1' }] })
    expect(listed() - before).toBe(0)
    for (let i = 0; i < 3; i++)
      expect(await review('recent')).toMatchObject({ verified: true, stages: [{ from: 'r_1' }] })
    expect(listed() - before).toBe(1)
    expect(await review('now')).toMatchObject({ verified: true })
    expect(listed() - before).toBe(2)
    const saves = t.feed
      .flatMap((message) => (message.type === 'events' ? message.events : []))
      .flatMap((event) => (event.type === 'checkpointSaved' ? [event.checkpoint.statePath] : []))
    const client = createServiceClient({ baseUrl: server.url })
    for (const path of saves) await (await client.rest()).deleteCheckpoint(path)
    await client.close()
    // What was heard a moment ago is believed, until somebody wants to know.
    expect(await review('recent')).toMatchObject({ stages: [{ from: 'r_1' }] })
    expect(await review('now')).toMatchObject({ verified: true, stages: [{ from: null, reasons: [{ type: 'gone' }] }] })
    expect(await review('recent')).toMatchObject({ stages: [{ from: null }] })
    await server.close()
    await backend.close()
  })
})
