/** Whether the sums of a plan can be believed. Not a part of `compile`: it needs to know what day it is. Recipes §8 V68, V69. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { PipelineConfig, Plan } from '../../ir/pipelineConfig.ts'
import type { Budget } from '../../ir/budget.ts'
import { planCost } from '../../ir/planCost.ts'
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

/** What a plan takes at the very least, where that is more than the budget: the run will stop before its end. V68. */
export function budgetProblems(plan: Plan, prices: PriceTable, { dollars, tokens }: Budget): Diagnostic[] {
  const found: Diagnostic[] = []
  const beyond = (what: string, least: string, limit: string): void => {
    const message = `All stages together take at least ${least}, more than the budget of ${limit}: the run will stop on the way, with its state saved.`
    found.push(compilerDiagnostic('CM3773', { on: 'document' }, message, { data: { what } }))
  }
  const cost = planCost(plan, prices).dollars.low
  if (dollars !== null && cost > dollars) beyond('dollars', `$${cost.toFixed(2)}`, `$${dollars}`)
  const least = plan.stages.reduce((sum, stage) => sum + leastTokens(plan, stage), 0)
  if (tokens !== null && least > tokens) beyond('tokens', times(least, 'token'), times(tokens, 'token'))
  return found
}

/** A stage behind a gate may not run at all. */
function leastTokens({ estimates }: Plan, { id, conditions }: PipelineConfig): number {
  const low = conditions.length > 0 ? null : estimates[id]?.tokens?.low
  return low ? low.trained + low.prefilled + low.cached + low.sampled : 0
}
