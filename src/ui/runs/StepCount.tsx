import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { Metrics } from '#src/store/metrics.ts'
import { duration } from './timeWords.ts'

const SERIES = ['train/loss', 'reward/total'] as const

/** Steps done and time left, written into the page from the metric buffers without a render. */
export function StepCount({
  metrics,
  run,
  stage,
  total,
  from,
}: {
  readonly metrics: Metrics
  readonly run: RunId
  readonly stage: StageId
  readonly total: number
  readonly from: number
}): ReactElement {
  const text = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    let painted = 0
    const paint = (now: number): void => {
      if (!text.current || now - painted < 200) return
      painted = now
      const series = SERIES.map((name) => metrics.read(run, stage, name)).find((view) => view && view.length > 0)
      const done = series ? series.steps[series.length - 1]! + 1 : from
      text.current.textContent = `step ${done} of ${total}${left(series ?? null, total)}`
    }
    paint(performance.now())
    return metrics.subscribeFrame((frame) => paint(frame.now))
  }, [metrics, run, stage, total, from])
  return (
    <span ref={text}>
      step {from} of {total}
    </span>
  )
}

/** From the pace of the last steps, which is what the next ones will be like. */
function left(series: { length: number; steps: Float64Array; times: Float64Array } | null, total: number): string {
  if (!series || series.length < 3) return ''
  const last = series.length - 1
  const first = Math.max(0, last - 20)
  const steps = series.steps[last]! - series.steps[first]!
  if (steps <= 0) return ''
  const pace = (series.times[last]! - series.times[first]!) / steps
  const rest = total - series.steps[last]! - 1
  return rest > 0 ? ` · ${duration(pace * rest)} left` : ''
}
