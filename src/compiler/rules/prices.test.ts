import { expect, test } from 'vitest'
import { oneSft } from '../../../tests/golden/drawings.ts'
import { factsOf } from '../../../tests/support/facts.ts'
import { expectGolden } from '../../../tests/support/golden.ts'
import { facts, pipeline, registry } from '../../../tests/support/pipeline.ts'
import { PRICES } from '../../ir/prices.ts'
import type { PriceTable } from '../../ir/prices.ts'
import { compile } from '../compile.ts'
import { budgetProblems, priceProblems } from './prices.ts'

const plan = compile(pipeline(), registry, facts).plan!
const DAY = 86_400_000
const read = Date.parse(`${PRICES.asOf}T00:00:00Z`)
const model = plan.stages.flatMap((stage) => (stage.mode === 'evaluate' ? [] : [stage.model.name]))[0]!
const paid: PriceTable = { ...PRICES, free: [], models: { [model]: { prefill: 1, sample: 1, train: 1 } } }

test('prices of a week are believed, older ones are told with their age', () => {
  expect(priceProblems(plan, paid, read + 7.9 * DAY)).toEqual([])
  const found = priceProblems(plan, paid, read + 8 * DAY)
  expect(found).toMatchObject([{ code: 'CM3771', severity: 'warning', data: { days: 8 } }])
  expectGolden('tests/golden/diagnostics/CM3771 prices of eight days.json', found)
})

test('a model without a price is told once, at its field', () => {
  const found = priceProblems(plan, { ...paid, models: {} }, read + 100 * DAY)
  expect(found).toMatchObject([{ code: 'CM3772', at: { on: 'field', field: 'name' } }])
  expectGolden('tests/golden/diagnostics/CM3772 no price.json', found)
})

test('models that cost nothing need no prices', () => {
  expect(priceProblems(plan, { ...PRICES, free: [model] }, read + 100 * DAY)).toEqual([])
})

test('a budget below what the plan takes at the least is told beforehand, dollars and tokens each', () => {
  const counted = factsOf({
    'pig-latin-sft': { rows: 100, tokens: [{ model, prompt: Array(100).fill(20), completion: Array(100).fill(10) }] },
  })
  const sft = compile(oneSft().doc, registry, counted).plan!
  // 6 batches of 16 rows of 30 tokens, of which the last is not read.
  const trained = 6 * 16 * 29
  expect(sft.estimates['sft']!.tokens!.low.trained).toBe(trained)
  const none = { dollars: null, tokens: null, minutes: 1 }
  expect(budgetProblems(sft, paid, none)).toEqual([])
  expect(budgetProblems(sft, paid, { ...none, dollars: 1, tokens: trained })).toEqual([])
  const found = budgetProblems(
    sft,
    { ...paid, models: { [model]: { prefill: 1, sample: 1, train: 1e6 } } },
    {
      dollars: 2,
      tokens: trained - 1,
      minutes: null,
    },
  )
  expect(found).toMatchObject([
    { code: 'CM3773', severity: 'warning', data: { what: 'dollars' } },
    { code: 'CM3773', severity: 'warning', data: { what: 'tokens' } },
  ])
  expectGolden('tests/golden/diagnostics/CM3773 a budget for half of it.json', found)
})
