/** The budget of a run: what it may cost at most in dollars, tokens or minutes, looked at between steps. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Budget } from '../ir/budget.ts'
import { costOf } from '../ir/cost.ts'
import type { Spent } from '../ir/cost.ts'
import type { PriceTable } from '../ir/prices.ts'
import { diagnoseTraining } from './codes.ts'

export { NO_BUDGET } from '../ir/budget.ts'
export type { Budget } from '../ir/budget.ts'

export type Fuse = {
  /** Counts what a stage has used of a model. */
  spend(model: string, used: Spent): void
  /** What is used up, as a reason to stop; null while there is room. */
  blown(): Diagnostic | null
  readonly spent: { readonly tokens: number; readonly dollars: number | null }
}

/** Ends a stage at a step boundary whose state is saved; the scheduler turns it into the end of the run. */
export class BudgetReached extends Error {
  readonly diagnostic: Diagnostic
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message)
    this.diagnostic = diagnostic
  }
}

export function createFuse(budget: Budget, prices: PriceTable, now: () => number): Fuse {
  const began = now()
  let tokens = 0
  let dollars = 0
  let unpriced = false
  const reached = (what: string, used: string, limit: string): Diagnostic => {
    const message = `The budget of ${limit} is used up (${used} so far); the state is saved, and the run can go on with a larger one.`
    return diagnoseTraining('TR5010', { on: 'document' }, message, { data: { what } })
  }
  return {
    spend(model, used) {
      tokens += used.trained + used.prefilled + used.sampled
      const cost = costOf(model, used, prices)
      if (cost === null) unpriced = true
      else dollars += cost
    },
    blown() {
      const minutes = (now() - began) / 60_000
      if (budget.minutes !== null && minutes >= budget.minutes)
        return reached('minutes', `${minutes.toFixed(1)}`, `${budget.minutes} minutes`)
      if (budget.tokens !== null && tokens >= budget.tokens)
        return reached('tokens', tokens.toLocaleString('en'), `${budget.tokens.toLocaleString('en')} tokens`)
      if (budget.dollars !== null && dollars >= budget.dollars)
        return reached('dollars', `$${dollars.toFixed(2)}`, `$${budget.dollars}`)
      return null
    },
    get spent() {
      return { tokens, dollars: unpriced ? null : dollars }
    },
  }
}
