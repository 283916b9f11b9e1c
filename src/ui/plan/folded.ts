/** Long sweeps of a plan, folded: nobody reads hundreds of trials, and whoever must can unfold them. */
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { PlanRow } from '#src/store/planTable.ts'

/** Of a longer row of trials so many are shown. */
const SHOWN_TRIALS = 8
/** So few more are not worth a fold. */
const SPARED = 4

export type PlanPart =
  | { readonly row: PlanRow; readonly number: number }
  /** So many stages that are not shown, of the sweep of this node. */
  | { readonly sweep: string; readonly stages: number }

/** @param unfolded nodes of sweeps whose stages are all shown */
export function folded(rows: readonly PlanRow[], plan: Plan, unfolded: ReadonlySet<string>): readonly PlanPart[] {
  const parts: PlanPart[] = []
  for (let i = 0; i < rows.length;) {
    const sweep = sweepOf(plan, rows[i]!)
    let end = i + 1
    while (sweep !== null && end < rows.length && sweepOf(plan, rows[end]!) === sweep) end += 1
    const all = sweep === null || unfolded.has(sweep) || end - i <= SHOWN_TRIALS + SPARED
    const shown = all ? end : i + SHOWN_TRIALS
    for (let n = i; n < shown; n++) parts.push({ row: rows[n]!, number: n + 1 })
    if (sweep !== null && shown < end) parts.push({ sweep, stages: end - shown })
    i = end
  }
  return parts
}

function sweepOf({ variants }: Plan, { stage }: PlanRow): string | null {
  return variants[stage.id]?.[0]?.sweep ?? null
}
