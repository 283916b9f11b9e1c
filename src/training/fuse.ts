/** The budget of a run: what it may cost at most in dollars, tokens or minutes, looked at between steps. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Budget } from '../ir/budget.ts'
import { NOTHING_SPENT, added, costOf } from '../ir/cost.ts'
import { RUN_SPENT_NOTHING } from '../ir/spent.ts'
import type { RunSpent, Spent } from '../ir/spent.ts'
import type { PriceTable } from '../ir/prices.ts'
import type { RunEventBody } from '../ir/runEvent.ts'
import { diagnoseTraining } from './codes.ts'
import type { RunContext } from './runContext.ts'

export { NO_BUDGET } from '../ir/budget.ts'
export type { Budget } from '../ir/budget.ts'

export type Fuse = {
  /** Counts what a stage has used of a model. */
  spend(model: string, used: Spent): void
  /** What is used up, as a reason to stop; null while there is room. */
  blown(): Diagnostic | null
  /** All that the run has used, also before it was taken up again. */
  spent(): RunSpent
}

/** Ends a stage at a step boundary whose state is saved; the scheduler turns it into the end of the run. */
export class BudgetReached extends Error {
  readonly diagnostic: Diagnostic
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message)
    this.diagnostic = diagnostic
  }
}

/** @param before what the run had used when it stopped; a budget is one of the whole run */
export function createFuse(
  budget: Budget,
  prices: PriceTable,
  now: () => number,
  before: RunSpent = RUN_SPENT_NOTHING,
): Fuse {
  const began = now()
  const models = new Map<string, Spent>(Object.entries(before.models))
  const minutesNow = (): number => before.minutes + (now() - began) / 60_000
  const reached = (what: string, used: string, limit: string): Diagnostic => {
    const message = `The budget of ${limit} is used up (${used} so far); the state is saved, and the run can go on with a larger one.`
    return diagnoseTraining('TR5010', { on: 'document' }, message, { data: { what } })
  }
  return {
    spend: (model, used) => void models.set(model, added(models.get(model) ?? NOTHING_SPENT, used)),
    blown() {
      const minutes = minutesNow()
      if (budget.minutes !== null && minutes >= budget.minutes)
        return reached('minutes', `${minutes.toFixed(1)}`, `${budget.minutes} minutes`)
      const tokens = tokensOf(models.values())
      if (budget.tokens !== null && tokens >= budget.tokens)
        return reached('tokens', tokens.toLocaleString('en'), `${budget.tokens.toLocaleString('en')} tokens`)
      // A model without a price counts for nothing here; that it has none is said before the run.
      const dollars = [...models].reduce((sum, [model, used]) => sum + (costOf(model, used, prices) ?? 0), 0)
      if (budget.dollars !== null && dollars >= budget.dollars)
        return reached('dollars', `$${dollars.toFixed(2)}`, `$${budget.dollars}`)
      return null
    },
    spent: () => ({ models: Object.fromEntries(models), minutes: minutesNow() }),
  }
}

/** What was used since it was last told is lost when a run is cut off; so it is told at least so often while steps pass. */
const TOLD_MS = 30_000
const TOLD_AFTER: ReadonlySet<RunEventBody['type']> = new Set(['checkpointSaved', 'evaluated'])
const TOLD_BEFORE: ReadonlySet<RunEventBody['type']> = new Set(['stageFinished', 'stageFailed', 'stageStopped'])

/** The run's log learns what has been used whenever it learns of something that used it. */
export function withSpent(ctx: RunContext, fuse: Fuse): RunContext {
  let told = JSON.stringify(fuse.spent().models)
  let toldAt = ctx.now()
  const tell = async (): Promise<void> => {
    const spent = fuse.spent()
    const models = JSON.stringify(spent.models)
    if (models === told) return
    told = models
    toldAt = ctx.now()
    await ctx.emit({ type: 'spent', spent })
  }
  return {
    ...ctx,
    async emit(event) {
      if (TOLD_BEFORE.has(event.type)) await tell()
      await ctx.emit(event)
      if (TOLD_AFTER.has(event.type)) await tell()
    },
    async boundary() {
      if (ctx.now() - toldAt >= TOLD_MS) await tell()
      await ctx.boundary()
    },
  }
}

function tokensOf(spent: Iterable<Spent>): number {
  let tokens = 0
  // As the plan counts them: a prompt that is read again counts, too.
  for (const { trained, prefilled, cached, sampled } of spent) tokens += trained + prefilled + cached + sampled
  return tokens
}
