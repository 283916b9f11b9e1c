/** A budget is one of the whole run, however often it stopped or was cut off and went on. */
import { afterAll, describe, expect, test } from 'vitest'
import { RUN_SPENT_NOTHING } from '../ir/spent.ts'
import type { RunSpent } from '../ir/spent.ts'
import { PRICES } from '../ir/prices.ts'
import { NO_BUDGET, createFuse } from './fuse.ts'
import { LESSON, SMALL_MODEL, planOf, sftStage, small } from './testing/plans.ts'
import { smallBackend, testRun } from './testing/trainingHost.ts'
import type { TestRun } from './testing/trainingHost.ts'

const backend = smallBackend()
afterAll(() => backend.close())

const sft = sftStage({
  dataset: { ...sftStage().dataset, limit: 32 },
  hyperparameters: { epochs: 4, batchSize: 8, gradientAccumulation: 1 },
})
const plan = planOf(small(sft))
const STEPS = 16

const trained = (run: TestRun): number => run.state().spent.models[SMALL_MODEL.name]?.trained ?? 0
const lastStep = (run: TestRun): number => run.points('train/loss').at(-1)?.[1] ?? -1

describe('a budget', () => {
  test('goes on from what the run had spent when it stopped', async () => {
    const whole = testRun(backend, plan, LESSON)
    expect(await whole.run()).toBe('finished')
    const all = trained(whole)
    expect(all).toBeGreaterThan(0)
    expect(lastStep(whole)).toBe(STEPS - 1)

    const run = testRun(backend, plan, LESSON)
    const tokens = Math.ceil(all / 2)
    expect(await run.run({ budget: { tokens } })).toBe('stopped')
    const spent = trained(run)
    expect(spent).toBeGreaterThanOrEqual(tokens)
    // The same budget is used up before anything is sent; a larger one counts what was spent before.
    expect(await run.run({ budget: { tokens }, resume: run.state() })).toBe('stopped')
    expect(trained(run)).toBe(spent)
    expect(run.state().failure).toMatchObject({ code: 'TR5010' })
    expect(await run.run({ budget: { tokens: spent + 1 }, resume: run.state() })).toBe('stopped')
    expect(trained(run)).toBeLessThan(all)
    expect(await run.run({ resume: run.state() })).toBe('finished')
    expect(trained(run)).toBe(all)
  })

  test('counts what is trained twice, because a cut-off run goes on from its last save', async () => {
    const run = testRun(backend, plan, LESSON)
    const crash = run.run({
      rollingSaveMs: 0,
      onEvent: (event) => {
        if (event.type === 'checkpointSaved' && event.checkpoint.step === 4) throw new Error('cut off')
      },
    })
    await crash.catch(() => undefined)
    expect(run.state().phase).toBe('running')
    const before = trained(run)
    expect(before).toBeGreaterThan(0)
    expect(await run.run({ resume: run.state() })).toBe('finished')
    expect(trained(run)).toBeGreaterThan(before)
  })

  test('in dollars and minutes goes by what was used before, too', () => {
    const model = 'Qwen/Qwen3-8B'
    const before: RunSpent = { models: { [model]: { trained: 1e9, prefilled: 0, cached: 0, sampled: 0 } }, minutes: 30 }
    let now = 0
    const fuse = (limits: Partial<typeof NO_BUDGET>, was: RunSpent) =>
      createFuse({ ...NO_BUDGET, ...limits }, PRICES, () => now, was)
    expect(fuse({ dollars: 1 }, RUN_SPENT_NOTHING).blown()).toBeNull()
    const prompts = { models: { [model]: { trained: 0, prefilled: 1, cached: 3, sampled: 1 } }, minutes: 0 }
    expect([5, 6].map((tokens) => fuse({ tokens }, prompts).blown()?.data)).toEqual([{ what: 'tokens' }, undefined])
    expect(fuse({ dollars: 1 }, before).blown()).toMatchObject({ data: { what: 'dollars' } })
    const minutes = fuse({ minutes: 31 }, before)
    now = 59_000
    expect(minutes.blown()).toBeNull()
    now = 60_000
    expect(minutes.blown()).toMatchObject({ data: { what: 'minutes' } })
    expect(minutes.spent()).toEqual({ ...before, minutes: 31 })
  })
})
