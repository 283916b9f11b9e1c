/** The plan that the dialog shows, with what earlier runs left for it, asked anew whenever the plan changes. */
import { useEffect, useMemo, useState } from 'react'
import { useSnapshot } from 'valtio'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { PRICES } from '#src/ir/prices.ts'
import type { PriceTable } from '#src/ir/prices.ts'
import type { Selection } from '#src/ir/selection.ts'
import { plannedPart } from '#src/store/commands/running.ts'
import { planTable } from '#src/store/planTable.ts'
import type { PlanTable } from '#src/store/planTable.ts'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'

type Review = Awaited<ReturnType<ReturnType<typeof useStores>['reviews']['look']>>

export type ShownPlan = {
  readonly plan: Plan
  readonly table: PlanTable
  /** Null while the history is being read, and where it cannot be. */
  readonly review: Review
  readonly looking: boolean
  /** How many trials each sweep has, by its node. */
  readonly trials: ReadonlyMap<string, number>
  readonly prices: PriceTable
  /** Whether the sums can be believed. */
  readonly priceProblems: readonly Diagnostic[]
}

/** Null while there is no plan. */
export function usePlan(selection: Selection, fresh: boolean): ShownPlan | null {
  const { problems, prefs } = useEditor()
  const { reviews, runs } = useStores()
  const { plan: whole } = useSnapshot(problems.state)
  const { list } = useSnapshot(runs.state)
  const prices = usePrices(prefs)
  const key = JSON.stringify(selection)
  const part = useMemo(
    () => (whole === null ? null : plannedPart({ problems }, JSON.parse(key) as Selection)),
    [whole, problems, key],
  )
  const [answer, setAnswer] = useState<{ readonly plan: Plan; readonly review: Review } | null>(null)

  useEffect(() => {
    if (!part) return
    let stale = false
    void reviews.look(part.plan, key === '{}', part.asked).then((review) => {
      if (!stale) setAnswer({ plan: part.plan, review })
    })
    return () => {
      stale = true
    }
    // A run that ended meanwhile changes what may be taken over.
  }, [part, reviews, key, list])

  const known = answer !== null && answer.plan === part?.plan
  const review = known ? answer.review : null
  const table = useMemo(() => part && planTable(part.plan, review, { prices, fresh }), [part, review, prices, fresh])
  const priceProblems = useMemo(() => (part ? reviews.priceProblems(part.plan, prices) : []), [part, reviews, prices])
  const trials = useMemo(() => trialsOf(part?.plan.variants ?? {}), [part])
  return part && table && { plan: part.plan, table, review, looking: !known, trials, prices, priceProblems }
}

export function usePrices(prefs: ReturnType<typeof useEditor>['prefs']): PriceTable {
  return (useSnapshot(prefs).prices as PriceTable | null) ?? PRICES
}

function trialsOf(variants: Plan['variants']): ReadonlyMap<string, number> {
  const trials = new Map<string, number>()
  // Several nodes are in a trial, and the highest number tells how many there are.
  for (const { sweep, trial } of Object.values(variants).flat()) {
    trials.set(sweep, Math.max(trials.get(sweep) ?? 0, trial + 1))
  }
  return trials
}
