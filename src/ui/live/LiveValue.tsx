import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { RunId, StageId } from '#src/base/ids.ts'
import { onSlowTick } from '../canvas/slowTicks.ts'
import { useStores } from '../shell/useStores.ts'

/** The newest value of a series, written into the page without a render. */
export function LiveValue({
  run,
  stage,
  series,
  empty = '–',
}: {
  readonly run: RunId
  readonly stage: StageId
  readonly series: string
  readonly empty?: string
}): ReactElement {
  const { metrics } = useStores()
  const text = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    let version = -1
    return onSlowTick(() => {
      const view = metrics.read(run, stage, series)
      if (!text.current || (view?.version ?? 0) === version) return
      version = view?.version ?? 0
      text.current.textContent = view && view.length > 0 ? shownValue(view.values[view.length - 1]!) : empty
    })
  }, [metrics, run, stage, series, empty])
  return (
    <span ref={text} className="tabular">
      {empty}
    </span>
  )
}

/** Three significant digits, never jumping in width by more than one character. */
export function shownValue(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1)
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(3)
}
