/** How far a stage is and how fast, from its newest points. */
import type { RunId, StageId } from '#src/base/ids.ts'
import type { Metrics, SeriesView } from '#src/store/metrics.ts'

/** The series that a stage writes at every step, by what is worth watching most. */
export const MAIN_SERIES = ['reward/total', 'train/loss'] as const

export function mainSeries(metrics: Metrics, run: RunId, stage: StageId): SeriesView | null {
  for (const name of MAIN_SERIES) {
    const view = metrics.read(run, stage, name)
    if (view && view.length > 0) return view
  }
  return null
}

/** Optimizer steps that have points. */
export function stepsDone(metrics: Metrics, run: RunId, stage: StageId): number {
  const view = mainSeries(metrics, run, stage)
  return view ? view.steps[view.length - 1]! + 1 : 0
}

/** Milliseconds per step over the last steps, which is what the next ones will take; null before there are three. */
export function paceOf(metrics: Metrics, run: RunId, stage: StageId): number | null {
  const view = mainSeries(metrics, run, stage)
  if (!view || view.length < 3) return null
  const last = view.length - 1
  const first = Math.max(0, last - 20)
  const steps = view.steps[last]! - view.steps[first]!
  return steps > 0 ? (view.times[last]! - view.times[first]!) / steps : null
}
