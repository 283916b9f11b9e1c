import { afterAll, describe, expect, test } from 'vitest'
import type { StageId } from '../base/ids.ts'
import { LESSON, SHORT, SMALL_MODEL, evaluateStage, planOf, rlStage, sftStage, small } from './testing/plans.ts'
import { smallBackend, testRun, tinyBackend } from './testing/trainingHost.ts'

const backend = tinyBackend()
const quick = smallBackend()
afterAll(() => Promise.all([backend.close(), quick.close()]))

describe('a supervised stage', () => {
  test('lowers the held-out loss and says what it did', async () => {
    const run = testRun(backend, planOf(sftStage({ hyperparameters: { epochs: 2, learningRate: 3e-3 } })), LESSON)
    expect(await run.run()).toBe('finished')
    const { first, last, steps, totalSteps } = run.state().stages['sft'] as unknown as {
      readonly [key: string]: number
    }
    expect([steps, totalSteps]).toEqual([12, 12])
    expect(last!).toBeLessThan(first! * 0.8)
    expect(run.points('heldout/loss').map(([, step]) => step)).toEqual([0, 2, 4, 6, 8, 10, 12])
    expect(run.points('heldout/loss').at(-1)![2]).toBe(last)
    expect(run.points('train/loss')).toHaveLength(12)
    expect(run.state().checkpoints).toMatchObject([{ name: 'final', step: 12, rolling: false }])
  })
})

describe('a reinforcement stage', () => {
  test('raises its reward', async () => {
    const vowel = { type: 'regex', pattern: '[aeiou]', flags: '', compareGroup: false } as const
    const stage = rlStage({
      hyperparameters: { epochs: 5, learningRate: 0.03 },
      rl: { groupSize: 8, rewards: [{ ...SHORT, grader: vowel }] },
    })
    const run = testRun(quick, planOf(small(stage)), LESSON)
    expect(await run.run()).toBe('finished')
    const rewards = run.points('reward/total').map(([, , value]) => value)
    expect(rewards).toHaveLength(20)
    const mean = (part: readonly number[]): number => part.reduce((sum, x) => sum + x, 0) / part.length
    expect(mean(rewards.slice(-5))).toBeGreaterThan(mean(rewards.slice(0, 5)) + 0.2)
    expect(run.rollouts).toHaveLength(20 * 4 * 8)
    for (const [, , gap] of run.points('optim/kl_sample_train_v1')) expect(Math.abs(gap)).toBeLessThan(1e-3)
  })
})

test('stages follow one another over checkpoints, and each policy is evaluated', async () => {
  const sft = sftStage({ checkpointing: [{ node: null, name: 'after', every: 4, ttlSeconds: 3600 }] })
  const rl = rlStage({
    start: { from: 'stage', stage: 'sft' as StageId, checkpoint: 'after', load: 'weights' },
    dependsOn: ['sft' as StageId],
  })
  const policies = [
    ...evaluateStage().evaluation.policies,
    {
      label: 'rl',
      node: rl.node,
      model: SMALL_MODEL,
      source: { from: 'stage', stage: rl.id, checkpoint: 'final', load: 'weights' },
      conditions: [],
    },
  ] as const
  const evaluate = evaluateStage({ evaluation: { ...evaluateStage().evaluation, policies }, dependsOn: [rl.id] })
  const run = testRun(quick, planOf(small(sft), small(rl), small(evaluate)), LESSON)
  expect(await run.run()).toBe('finished')
  expect(run.state().checkpoints.map((c) => [c.stage, c.name, c.step, c.expiresAt === null])).toEqual([
    ['sft', 'after-000004', 4, false],
    ['sft', 'after', 6, false],
    ['sft', 'final', 6, true],
    ['rl', 'final', 4, true],
  ])
  expect(run.state().evaluations['evaluate']!.map((r) => [r.label, r.n])).toEqual([
    ['base', 16],
    ['rl', 16],
  ])
})
