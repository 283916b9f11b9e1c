import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { SeriesView } from '#src/store/metrics.ts'
import { useStores } from '../shell/useStores.ts'
import { motion, paintSlot } from './motion.ts'
import { onThemeChange } from '../theme/themeChanges.ts'

/**
 * A curve painted straight from the metric buffers, at most once per frame: React and the moving cards know nothing of its
 * points. While something is moved all curves wait for the same few frames. That is cheaper than a compositing layer for each,
 * which every frame of the movement would have to sort (measured with 30 curves of 10 points a second).
 */
export function Sparkline({
  run,
  stage,
  series,
  width,
  height,
  color = 'var(--accent)',
  label,
}: {
  readonly run: RunId
  readonly stage: StageId
  readonly series: string
  /** CSS pixels. */
  readonly width: number
  readonly height: number
  readonly color?: string
  readonly label: string
}): ReactElement {
  const { metrics } = useStores()
  const canvas = useRef<HTMLCanvasElement>(null)

  useEffect(() => {
    const element = canvas.current
    if (!element) return
    let version = -1
    // Asking for it makes the browser settle all styles, so it is asked once and not at every point.
    let stroke = getComputedStyle(element).color
    let slot = 0
    const paint = (): void => {
      const view = metrics.read(run, stage, series)
      if (!view || view.version === version) return
      version = view.version
      draw(element, view, stroke)
    }
    paint()
    const stops = [
      metrics.subscribeFrame(({ now }) => {
        const next = paintSlot(now)
        if (motion.active() && next === slot) return
        slot = next
        paint()
      }),
      motion.onRest(paint),
      onThemeChange(() => {
        stroke = getComputedStyle(element).color
        version = -1
        paint()
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }, [metrics, run, stage, series, width, height, color])

  const scale = typeof devicePixelRatio === 'number' ? Math.min(2, Math.max(1, devicePixelRatio)) : 1
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={label}
      width={Math.round(width * scale)}
      height={Math.round(height * scale)}
      className="tg-spark"
      style={{ width, height, color }}
    />
  )
}

/** At most one point per pixel column is drawn: of the points that share one, the lowest and the highest. */
function draw(canvas: HTMLCanvasElement, view: SeriesView, stroke: string): void {
  const context = canvas.getContext('2d')
  if (!context) return
  const { width, height } = canvas
  const { length, steps, values } = view
  context.clearRect(0, 0, width, height)
  if (length === 0) return
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  if (low > high) return
  const pad = 2 * (height > 40 ? 2 : 1)
  const span = high - low || 1
  const first = steps[0]!
  const range = steps[length - 1]! - first || 1
  const y = (value: number): number => height - pad - ((value - low) / span) * (height - 2 * pad)
  const x = (i: number): number => pad + ((steps[i]! - first) / range) * (width - 2 * pad)
  context.beginPath()
  let column = -1
  let columnLow = 0
  let columnHigh = 0
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    const at = x(i)
    const next = Math.floor(at)
    if (next !== column) {
      if (column >= 0 && columnLow !== columnHigh) {
        context.lineTo(column, y(columnLow))
        context.lineTo(column, y(columnHigh))
      }
      if (column < 0) context.moveTo(at, y(value))
      else context.lineTo(at, y(value))
      column = next
      columnLow = value
      columnHigh = value
    } else {
      columnLow = Math.min(columnLow, value)
      columnHigh = Math.max(columnHigh, value)
    }
  }
  context.lineWidth = width > 300 ? 3 : 1.5
  context.lineJoin = 'round'
  context.strokeStyle = stroke
  context.stroke()
  const last = length - 1
  context.beginPath()
  context.arc(x(last), y(values[last]!), context.lineWidth * 1.3, 0, 2 * Math.PI)
  context.fillStyle = stroke
  context.fill()
}
