import { describe, expect, test } from 'vitest'
import type { StageId } from '../base/ids.ts'
import { expertPoints } from './series.ts'
import type { Points } from './series.ts'
import { EXACT, LESSON, planOf, rlStage, small } from './testing/plans.ts'
import { smallBackend, testRun } from './testing/trainingHost.ts'
import { createWatch } from './watch.ts'

/** Codes said at each step of a stream of points. */
function said(stream: readonly Points[]): readonly (readonly string[])[] {
  const watch = createWatch('rl' as StageId)
  return stream.map((points) => watch.observe(points).map((d) => d.code))
}

const steps = (count: number, points: (i: number) => Points): Points[] =>
  Array.from({ length: count }, (_, i) => points(i))
/** A run that learns: nothing to say. */
const sound = (i: number): Points => ({
  'optim/kl_sample_train_v1': 0.001,
  'groups/frac_mixed': 0.6,
  'optim/entropy': 2 - i / 50,
  'reward/total': i / 50,
  'time/step': 2 + (i % 3),
})

test('a run that learns gives no alarm', () => {
  expect(said(steps(40, sound)).flat()).toEqual([])
})

describe('is told once', () => {
  test.each<readonly [code: string, first: number, stream: readonly Points[]]>([
    ['TR5101', 3, steps(9, (i) => ({ ...sound(i), 'optim/kl_sample_train_v1': i < 3 ? 0.009 : -0.02 }))],
    ['TR5103', 4, steps(9, (i) => ({ ...sound(i), 'groups/frac_mixed': 0.2 }))],
    ['TR5104', 6, steps(9, (i) => ({ ...sound(i), 'optim/entropy': i < 6 ? 1 : 0.19 }))],
    ['TR5105', 19, steps(30, (i) => ({ ...sound(i), 'reward/total': 0.3 + (i % 2) / 1000 }))],
    ['TR5107', 7, steps(9, (i) => ({ ...sound(i), 'rollouts/tokens_mean': i < 7 ? 40 : 13 }))],
    ['TR5109', 5, steps(9, (i) => ({ ...sound(i), 'train/e_frac_with_tokens': i < 5 ? 0.9 - i / 25 : 0.6 }))],
    ['TR5106', 12, steps(15, (i) => ({ ...sound(i), 'time/step': i === 12 || i === 14 ? 30 : 2 }))],
  ])('%s, at step %d', (code, first, stream) => {
    const all = said(stream)
    expect(all.flat()).toEqual([code])
    expect(all.findIndex((codes) => codes.length > 0)).toBe(first)
  })
})

test('constant groups count only in a row, a solved task may stay where it is, and quick steps may vary', () => {
  expect(said(steps(20, (i) => ({ ...sound(i), 'groups/frac_mixed': i % 5 === 4 ? 1 : 0 }))).flat()).toEqual([])
  expect(said(steps(30, (i) => ({ ...sound(i), 'reward/total': 1 }))).flat()).toEqual([])
  expect(said(steps(30, (i) => ({ ...sound(i), 'time/step': i === 20 ? 0.9 : 0.01 }))).flat()).toEqual([])
})

test('rows that are nearly never or nearly always answered right at the start are told, later ones are not', () => {
  const told = (of: (i: number) => number, series = ['reward/a', 'reward/b']): readonly string[] => {
    const watch = createWatch('rl' as StageId, series)
    const points = steps(30, (i) => ({ ...sound(i), 'reward/a': of(i), 'reward/b': of(i) }))
    return points.flatMap((one) => watch.observe(one).map((d) => `${d.code} ${d.message}`))
  }
  expect(told(() => 0.02)).toEqual([])
  expect(told(() => 0.019)).toEqual([expect.stringMatching(/^TR5111 .* 1\.9 % are right: .* too hard/)])
  expect(told(() => 0.95)).toEqual([])
  expect(told(() => 0.96)).toEqual([expect.stringMatching(/^TR5111 .* 96 % are right: .* little left/)])
  expect(told((i) => (i < 5 ? 0.5 : 1))).toEqual([])
  expect(told(() => 0, [])).toEqual([])
})

test('a disagreement beyond 0.1 is an error', () => {
  const [found] = createWatch('rl' as StageId).observe({ 'optim/kl_sample_train_v1': 0.2 })
  expect(found).toMatchObject({ code: 'TR5102', severity: 'error', at: { on: 'stage', stage: 'rl' } })
})

test.each([
  ['train/loss', NaN],
  ['optim/unclipped_grad_l2_norm', Infinity],
  ['optim/kl_sample_train_v1', NaN],
  ['reward/total', -Infinity],
])('the metric %s that was finite and is %d stops the stage', (series, value) => {
  const watch = createWatch('rl' as StageId)
  expect(watch.observe({ ...sound(0), [series]: 0.001 })).toEqual([])
  const [found] = watch.observe({ ...sound(1), [series]: value })
  expect(found).toMatchObject({ code: 'TR5108', severity: 'error' })
  expect(found!.message).toContain(series)
})

test('a metric that a server never tells stops nothing', () => {
  expect(said(steps(9, (i) => ({ ...sound(i), 'optim/grad_norm': NaN }))).flat()).toEqual([])
})

test('a clock that stands still stops nothing', () => {
  expect(
    said([
      { ...sound(0), 'train/tokens_per_second': Infinity },
      { ...sound(1), 'time/train': NaN },
    ]).flat(),
  ).toEqual([])
})

test('experts are found under their names, whatever a server adds to them', () => {
  const metrics = { 'loss:sum': 3, 'e_frac_with_tokens:mean': 0.9, 'e_max_violation:max': 2 }
  expect(expertPoints(metrics)).toEqual({ 'train/e_frac_with_tokens': 0.9, 'train/e_max_violation_max': 2 })
})

test('a real run whose answers all earn the same says so in its log', { timeout: 60_000 }, async () => {
  const rl = { rewards: [{ ...EXACT, weight: 0 }], groupSize: 2, sampling: { temperature: 1, topP: 1, maxTokens: 2 } }
  const stage = small(rlStage({ dataset: { ...rlStage().dataset, limit: 10 }, rl, hyperparameters: { batchSize: 2 } }))
  const run = testRun(smallBackend(), planOf(stage), { prompts: LESSON.prompts })
  await run.run()
  const told = run.events.flatMap((e) => (e.type === 'log' && e.diagnostic ? [e.diagnostic.code] : []))
  expect(told).toContain('TR5103')
})
