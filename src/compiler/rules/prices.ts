/** Whether the sums of a plan can be believed. Not a part of `compile`: it needs to know what day it is. Recipes §8 V69. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { Plan } from '../../ir/pipelineConfig.ts'
import { ageInDays, priceOf } from '../../ir/prices.ts'
import type { PriceTable } from '../../ir/prices.ts'
import { compilerDiagnostic } from '../codes.ts'
import { times } from './rule.ts'

/** Days after which prices are looked up anew before they are believed. */
export const STALE_DAYS = 7

/** @param now milliseconds since the epoch */
export function priceProblems({ stages }: Plan, prices: PriceTable, now: number): Diagnostic[] {
  const found: Diagnostic[] = []
  const told = new Set<string>()
  let paid = false
  for (const stage of stages) {
    const models = stage.mode === 'evaluate' ? stage.evaluation.policies.map((policy) => policy.model) : [stage.model]
    for (const { name, node } of models) {
      if (prices.free.includes(name)) continue
      if (priceOf(name, prices)) paid = true
      else if (!told.has(name)) {
        told.add(name)
        const message = `Nobody published a complete price of ${name}, so what it costs is left out of the sums.`
        found.push(compilerDiagnostic('CM3772', { on: 'field', node, field: 'name' }, message))
      }
    }
  }
  const days = ageInDays(prices, now)
  if (!paid || days <= STALE_DAYS) return found
  const message = `The prices are of ${prices.asOf}, ${times(days, 'day')} ago, and may have changed; a newer table can take their place.`
  return [...found, compilerDiagnostic('CM3771', { on: 'document' }, message, { data: { days } })]
}
