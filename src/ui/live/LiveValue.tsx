import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { RunId, StageId } from '#src/base/ids.ts'
import { useStores } from '../shell/useStores.ts'

/** Text of a card follows at most this often; the eye reads no faster. */
const PAINT_MS = 250

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
    let painted = -PAINT_MS
    let timer: ReturnType<typeof setTimeout> | null = null
    const paint = (): void => {
      timer = null
      painted = performance.now()
      const latest = metrics.latest(run, stage, series)
      if (text.current) text.current.textContent = latest ? shownValue(latest.value) : empty
    }
    paint()
    const stop = metrics.subscribeFrame((frame) => {
      if (frame.touches(run, stage, series))
        timer ??= setTimeout(paint, Math.max(0, PAINT_MS - (performance.now() - painted)))
    })
    return () => {
      stop()
      if (timer) clearTimeout(timer)
    }
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
