import { expect, test } from 'vitest'
import { expectGolden } from '../../../tests/support/golden.ts'
import { facts, pipeline, registry } from '../../../tests/support/pipeline.ts'
import { PRICES } from '../../ir/prices.ts'
import type { PriceTable } from '../../ir/prices.ts'
import { compile } from '../compile.ts'
import { priceProblems } from './prices.ts'

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
