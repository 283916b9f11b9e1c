/** Points of a stage's metric series. Names are the field's, `group/name`. */
import type { StageId } from '../base/ids.ts'
import type { RunContext } from './runContext.ts'

export type Points = { readonly [series: string]: number | null | undefined }

/** Records one point per series at `step`, which is the number of updates in the weights measured. Gaps stay gaps. */
export type RecordPoints = (step: number, points: Points) => void

export function recorder(ctx: RunContext, stage: StageId): RecordPoints {
  return (step, points) => {
    const time = ctx.now()
    for (const [series, value] of Object.entries(points)) {
      if (value === null || value === undefined || !Number.isFinite(value)) continue
      const [steps, values, times] = [[step], [value], [time]].map((one) => Float64Array.from(one))
      ctx.metrics({ stage, series, steps: steps!, values: values!, times: times! })
    }
  }
}

/** What optimizer steps report, under `optim/`, without the suffix that says how chunks were merged. */
export function optimizerPoints(metrics: Readonly<Record<string, number>>): Points {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      `optim/${name.replace(/:[a-z_]+$/, '').replace(/^optim\//, '')}`,
      value,
    ]),
  )
}

/** How evenly tokens reach the experts of a mixture, where a server tells: its `e_…` metrics of a pass, under `train/`. */
export function expertPoints(metrics: Readonly<Record<string, number>>): Points {
  return Object.fromEntries(
    Object.entries(metrics)
      .filter(([name]) => name.startsWith('e_'))
      .map(([name, value]) => [`train/${name.replace(/:mean$/, '').replace(/:/, '_')}`, value]),
  )
}
