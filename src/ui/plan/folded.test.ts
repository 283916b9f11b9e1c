import { expect, test } from 'vitest'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { folded } from './folded.ts'
import type { PlanPart } from './folded.ts'

const trial = { sweep: 'rates', trial: 0, values: {} }

/** A sweep of so many trials, then an evaluation and a trainer behind it. */
function planOf(trials: number): Pick<Plan, 'stages' | 'variants'> {
  const ids = Array.from({ length: trials }, (_, i) => `sft~${i}`)
  return {
    stages: [...ids, 'eval', 'rl'].map((id) => ({ id })),
    variants: Object.fromEntries(ids.map((id) => [id, [trial]])),
  } as unknown as Plan
}

const words = (parts: readonly PlanPart[]): readonly string[] =>
  parts.map((part) =>
    'fold' in part
      ? `${part.open ? 'open' : 'fold'} ${part.fold} of ${part.stages.length}`
      : `${part.number} ${part.stage.id}`,
  )
const some = { shown: 8, spared: 4 }
const first = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `${i + 1} sft~${i}`)

test('of a long sweep the first trials are shown, and how many there are more', () => {
  const parts = folded(planOf(100), new Set(), some)
  expect(words(parts)).toEqual([...first(8), 'fold sft~0 of 92', '101 eval', '102 rl'])
})

test('none need be shown before the fold, and an open fold stands before its stages', () => {
  const none = { shown: 0, spared: 3 }
  expect(words(folded(planOf(12), new Set(), none))).toEqual(['fold sft~0 of 12', '13 eval', '14 rl'])
  expect(words(folded(planOf(12), new Set(['sft~0']), none))).toEqual([
    'open sft~0 of 12',
    ...first(12),
    '13 eval',
    '14 rl',
  ])
})

test('a short sweep and a plan without any show every stage', () => {
  // Twelve trials are shown, thirteen are not.
  expect(words(folded(planOf(12), new Set(), some))).toEqual([...first(12), '13 eval', '14 rl'])
  expect(folded(planOf(13), new Set(), some)).toHaveLength(11)
  expect(words(folded(planOf(0), new Set(), some))).toEqual(['1 eval', '2 rl'])
})

test('one sweep on both sides of an evaluation has two folds', () => {
  const { stages, variants } = planOf(20)
  const behind = stages.slice(0, 20).map((stage) => ({ ...stage, id: `rl-${stage.id}` })) as unknown as Plan['stages']
  const plan = {
    stages: [...stages, ...behind],
    variants: { ...variants, ...Object.fromEntries(behind.map(({ id }) => [id, [trial]])) } as Plan['variants'],
  }
  const parts = words(folded(plan, new Set(['rl-sft~0']), { shown: 0, spared: 0 }))
  expect(parts.slice(0, 4)).toEqual(['fold sft~0 of 20', '21 eval', '22 rl', 'open rl-sft~0 of 20'])
  expect(parts).toHaveLength(24)
})
