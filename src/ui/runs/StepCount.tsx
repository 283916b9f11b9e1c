import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { RunId, StageId } from '#src/base/ids.ts'
import { paceOf, stepsDone } from '../canvas/stageProgress.ts'
import { useStores } from '../shell/useStores.ts'
import { duration } from './timeWords.ts'

/** The eye reads no faster. */
const PAINT_MS = 200

/** Steps done and time left, written into the page from the metric buffers without a render. */
export function StepCount({
  run,
  stage,
  total,
  from,
}: {
  readonly run: RunId
  readonly stage: StageId
  readonly total: number
  readonly from: number
}): ReactElement {
  const { metrics } = useStores()
  const text = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    let painted = -PAINT_MS
    return metrics.subscribeFrame(({ now }) => {
      if (!text.current || now - painted < PAINT_MS) return
      painted = now
      const done = Math.max(from, stepsDone(metrics, run, stage))
      const pace = paceOf(metrics, run, stage)
      const left = pace === null || done >= total ? '' : ` · ${duration(pace * (total - done))} left`
      text.current.textContent = `step ${done} of ${total}${left}`
    })
  }, [metrics, run, stage, total, from])
  return (
    <span ref={text}>
      step {from} of {total}
    </span>
  )
}
