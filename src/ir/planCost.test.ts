import { expect, test } from 'vitest'
import { NOTHING_SPENT } from './cost.ts'
import type { Plan } from './pipelineConfig.ts'
import { planCost } from './planCost.ts'
import { PRICES } from './prices.ts'

const prices = {
  ...PRICES,
  free: [],
  models: { dear: { prefill: 3, sample: 9, train: 5 }, cheap: { prefill: 1, sample: 1, train: 1 } },
}
const spent = { ...NOTHING_SPENT, prefilled: 1e6, sampled: 2e6 }
const tokens = { low: { ...spent, sampled: 0 }, high: spent }

function evaluation(...models: readonly string[]): Plan {
  const policies = models.map((name) => ({ model: { name, loraRank: 8 } }))
  const stages = [{ id: 'eval', mode: 'evaluate', conditions: [], evaluation: { policies } }]
  return { stages, decisions: [], estimates: { eval: { saves: 0, tokens } } } as unknown as Plan
}

test('an evaluation is priced by the models of all its policies', () => {
  expect(planCost(evaluation('dear'), prices).dollars).toEqual({ low: 3, high: 21 })
  expect(planCost(evaluation('cheap', 'dear'), prices).dollars).toEqual({ low: 2, high: 12 })
  expect(planCost(evaluation('dear', 'cheap'), prices).dollars).toEqual({ low: 2, high: 12 })
})

test('an evaluation with a model that has no price has none', () => {
  expect(planCost(evaluation('dear', 'unheard-of'), prices)).toMatchObject({
    complete: false,
    stages: [{ dollars: null }],
  })
})

test('a stage behind an open gate may cost nothing, and all that it costs is in the most', () => {
  const plan = evaluation('dear')
  const gated = {
    ...plan,
    stages: [plan.stages[0]!, { ...plan.stages[0]!, conditions: [{ decision: 'gate', outcome: 'passed' }] }],
  } as unknown as Plan
  expect(planCost(gated, prices).dollars).toEqual({ low: 3, high: 42 })
  expect(planCost(gated, prices).stages.map((stage) => stage.dollars)).toEqual([
    { low: 3, high: 21 },
    { low: 3, high: 21 },
  ])
  expect(planCost(gated, prices, new Map(), () => false).dollars).toEqual({ low: 6, high: 42 })
})
