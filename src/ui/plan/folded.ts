/** Long sweeps of a plan, folded: nobody reads hundreds of trials, and whoever must can unfold them. */
import type { PipelineConfig, Plan } from '#src/ir/pipelineConfig.ts'

export type Fold = {
  /** Of a longer row of trials so many stages stand before the fold. */
  readonly shown: number
  /** So few more are not worth a fold. */
  readonly spared: number
}

export type PlanPart =
  | { readonly stage: PipelineConfig; readonly number: number }
  /** Stands before the stages that it hides or, when it is open, that follow it. */
  | { readonly fold: string; readonly open: boolean; readonly stages: readonly PipelineConfig[] }

/** @param unfolded folds that are open */
export function folded(
  { stages, variants }: Pick<Plan, 'stages' | 'variants'>,
  unfolded: ReadonlySet<string>,
  { shown, spared }: Fold,
): readonly PlanPart[] {
  const sweepOf = (stage: PipelineConfig): string | null => variants[stage.id]?.[0]?.sweep ?? null
  const parts: PlanPart[] = []
  for (let i = 0; i < stages.length;) {
    const sweep = sweepOf(stages[i]!)
    let end = i + 1
    while (sweep !== null && end < stages.length && sweepOf(stages[end]!) === sweep) end += 1
    const row = stages.slice(i, end).map((stage, n) => ({ stage, number: i + n + 1 }))
    if (sweep === null || row.length <= shown + spared) parts.push(...row)
    else {
      // A sweep may come twice, before and behind an evaluation: each has its own fold.
      const fold = row[0]!.stage.id
      const open = unfolded.has(fold)
      parts.push(...row.slice(0, shown), { fold, open, stages: stages.slice(i + shown, end) })
      if (open) parts.push(...row.slice(shown))
    }
    i = end
  }
  return parts
}
