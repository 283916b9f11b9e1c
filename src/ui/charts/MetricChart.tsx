/** One chart of one stage, fed from the metric buffers at most four times a second; smoothed line over its raw ghost. */
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { RunId, StageId } from '#src/base/ids.ts'
import { decimate, smooth } from '#src/base/decimate.ts'
import type { Metrics, SeriesView } from '#src/store/metrics.ts'
import { useStores } from '../shell/useStores.ts'
import { chartColours } from './chartColours.ts'
import type { ChartSpec } from './chartSeries.ts'
import { init } from './echartsParts.ts'
import type { EChartsType } from './echartsParts.ts'

const UPDATE_MS = 250
const BUCKETS = 200
const AXIS_TEXT = 10

export type XAxis = 'step' | 'time'

type Props = {
  readonly run: RunId
  readonly stage: StageId
  readonly spec: ChartSpec
  /** Weight of the past in the smoothed line, 0…0.99. */
  readonly smoothing: number
  readonly x: XAxis
}

export function MetricChart({ run, stage, spec, smoothing, x }: Props): ReactElement {
  const { metrics } = useStores()
  const host = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const element = host.current!
    const chart = init(element, undefined, { renderer: 'canvas' })
    let painted = 0
    let timer: ReturnType<typeof setTimeout> | null = null
    const paint = (): void => {
      timer = null
      painted = performance.now()
      draw(chart, element, metrics, { run, stage, spec, smoothing, x })
    }
    const soon = (): void => {
      timer ??= setTimeout(paint, Math.max(0, UPDATE_MS - (performance.now() - painted)))
    }
    paint()
    const stop = metrics.subscribeFrame((frame) => {
      if (spec.series.some((s) => frame.touches(run, stage, s.name))) soon()
    })
    const resized = new ResizeObserver(() => chart.resize())
    resized.observe(element)
    const themed = new MutationObserver(soon)
    themed.observe(document.documentElement, { attributeFilter: ['data-theme', 'class'] })
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', soon)
    return () => {
      stop()
      if (timer) clearTimeout(timer)
      resized.disconnect()
      themed.disconnect()
      scheme.removeEventListener('change', soon)
      chart.dispose()
    }
  }, [metrics, run, stage, spec, smoothing, x])

  return (
    <div
      ref={host}
      className="h-full w-full"
      role="img"
      aria-label={`${spec.title} over ${x === 'step' ? 'steps' : 'time'}`}
    />
  )
}

export default MetricChart

function draw(chart: EChartsType, element: HTMLElement, metrics: Metrics, props: Props): void {
  const colours = chartColours(element)
  const { run, stage, spec, smoothing, x } = props
  const lines = spec.series.flatMap(({ name, label, exact }, index) => {
    const view = metrics.read(run, stage, name)
    if (!view || view.length === 0) return []
    const colour = colours.series[index % colours.series.length]!
    const xs = x === 'step' ? view.steps : minutes(view)
    const raw = decimate({ length: view.length, x: xs, y: view.values }, BUCKETS)
    const line = {
      type: 'line' as const,
      showSymbol: view.length === 1,
      animation: false,
      silent: true,
      color: colour,
      lineStyle: { width: 1.75, color: colour },
    }
    if (smoothing === 0 || exact || view.length < 8) return [{ ...line, name: label, data: raw }]
    const soft = decimate({ length: view.length, x: xs, y: smooth(view.values, view.length, smoothing) }, BUCKETS)
    return [
      {
        ...line,
        name: `${label} (raw)`,
        data: raw,
        lineStyle: { width: 1, color: colour, opacity: 0.28 },
        tooltip: { show: false },
      },
      { ...line, name: label, data: soft },
    ]
  })
  chart.setOption(
    {
      animation: false,
      grid: { left: 4, right: 12, top: 8, bottom: 2, containLabel: true },
      textStyle: { fontFamily: colours.font, fontSize: 10.5 },
      tooltip: {
        trigger: 'axis',
        confine: true,
        backgroundColor: colours.panel,
        borderColor: colours.line,
        textStyle: { color: colours.text, fontSize: 11.5 },
        valueFormatter: (value: unknown) => (typeof value === 'number' ? shown(value) : '–'),
        axisPointer: { lineStyle: { color: colours.line } },
      },
      xAxis: {
        type: 'value',
        min: 'dataMin',
        max: 'dataMax',
        minInterval: x === 'step' ? 1 : 0,
        axisLine: { lineStyle: { color: colours.line } },
        axisTick: { show: false },
        axisLabel: {
          color: colours.faint,
          fontSize: AXIS_TEXT,
          margin: 6,
          hideOverlap: true,
          showMaxLabel: false,
          formatter: (value: number) => (x === 'step' ? String(Math.round(value)) : `${shown(value)} min`),
        },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        scale: true,
        splitNumber: 3,
        ...(spec.share ? { min: 0, max: 1, interval: 0.5 } : {}),
        axisLabel: { color: colours.faint, fontSize: AXIS_TEXT, margin: 6, formatter: (value: number) => shown(value) },
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { lineStyle: { color: colours.grid } },
      },
      series: lines,
    },
    { replaceMerge: ['series'] },
  )
}

function minutes(view: SeriesView): Float64Array {
  const out = new Float64Array(view.length)
  for (let i = 0; i < view.length; i++) out[i] = (view.times[i]! - view.times[0]!) / 60_000
  return out
}

function shown(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-2 || size >= 1e6) return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e')
  return String(Number(value.toPrecision(size >= 100 ? 4 : 3)))
}
