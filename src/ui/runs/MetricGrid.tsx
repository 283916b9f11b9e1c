import { clsx } from 'clsx'
import { Suspense, lazy, useEffect, useMemo, useState } from 'react'
import type { ReactElement } from 'react'
import { createPortal } from 'react-dom'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import { useStores } from '../shell/useStores.ts'
import { chartsFor } from '../charts/chartSeries.ts'
import type { ChartLine } from '../charts/chartSeries.ts'

const MetricChart = lazy(() => import('../charts/MetricChart.tsx'))

/** Charts of every series that the stage has. The chart library comes with the first chart. */
export function MetricGrid({
  run,
  stage,
  empty,
  tools,
}: {
  readonly run: RunId
  readonly stage: PipelineConfig
  /** Why there is no chart, where there is none. */
  readonly empty: string
  /** Where the chart tools are shown. */
  readonly tools: HTMLElement | null
}): ReactElement {
  const names = useSeriesNames(run, stage.id)
  const [smoothing, setSmoothing] = useState(0.6)
  const [x, setX] = useState<'step' | 'time'>('step')
  const specs = useMemo(() => chartsFor(names, gradersOf(stage)), [names, stage])
  return (
    <>
      {tools
        ? createPortal(<ChartTools smoothing={smoothing} onSmoothing={setSmoothing} x={x} onX={setX} />, tools)
        : null}
      {specs.length === 0 ? <p className="p-4 text-xs text-muted">{empty}</p> : null}
      <div className="grid grid-cols-[repeat(auto-fill,minmax(min(260px,100%),1fr))] gap-px bg-line">
        {specs.map((spec) => (
          <figure key={spec.id} className="flex h-[clamp(8.25rem,100cqh,12rem)] flex-col bg-panel px-2 pt-1.5 pb-1">
            <figcaption className="flex items-baseline gap-2 px-1 text-xs" title={spec.unit || undefined}>
              <span className="truncate font-medium">{spec.title}</span>
              {spec.series.length > 2 ? null : <span className="truncate text-2xs text-faint">{spec.unit}</span>}
              {spec.series.length > 1 ? <Legend lines={spec.series} /> : null}
            </figcaption>
            <div className="min-h-0 flex-1">
              <Suspense fallback={null}>
                <MetricChart run={run} stage={stage.id} spec={spec} smoothing={smoothing} x={x} />
              </Suspense>
            </div>
          </figure>
        ))}
      </div>
    </>
  )
}

const LEGEND = ['bg-accent', 'bg-reward', 'bg-dataset', 'bg-scores', 'bg-good']

function Legend({ lines }: { readonly lines: readonly ChartLine[] }): ReactElement {
  return (
    <span className="ml-auto flex shrink-0 gap-2 text-2xs text-muted">
      {lines.map(({ label }, index) => (
        <span key={label} className="flex items-center gap-1">
          <span className={`h-0.5 w-2.5 rounded-full ${LEGEND[index % LEGEND.length]}`} />
          {label}
        </span>
      ))}
    </span>
  )
}

function ChartTools({
  smoothing,
  onSmoothing,
  x,
  onX,
}: {
  readonly smoothing: number
  onSmoothing(value: number): void
  readonly x: 'step' | 'time'
  onX(x: 'step' | 'time'): void
}): ReactElement {
  return (
    <>
      <label className="flex items-center gap-1.5 text-2xs text-muted">
        <span className="@max-md:sr-only">Smoothing</span>
        <input
          type="range"
          min={0}
          max={0.98}
          step={0.02}
          value={smoothing}
          className="w-20 min-w-0 accent-(--accent) @max-md:w-14"
          onChange={(event) => onSmoothing(Number(event.target.value))}
        />
      </label>
      <span role="group" aria-label="Over" className="flex rounded-md border border-line bg-sunken p-px text-2xs">
        {(['step', 'time'] as const).map((axis) => (
          <button
            key={axis}
            type="button"
            aria-pressed={x === axis}
            className={clsx(
              'rounded-sm px-1.5 leading-4 text-muted hover:text-text',
              x === axis && 'bg-panel text-text shadow-raised',
            )}
            onClick={() => onX(axis)}
          >
            {axis === 'step' ? 'Steps' : 'Time'}
          </button>
        ))}
      </span>
    </>
  )
}

function gradersOf(stage: PipelineConfig): { readonly [node: string]: string } {
  return stage.mode === 'rl' ? Object.fromEntries(stage.rl.rewards.map((r) => [r.node, r.title])) : {}
}

/** Names change a handful of times in a run: only then is there a render. */
function useSeriesNames(run: RunId, stage: StageId): readonly string[] {
  const { metrics } = useStores()
  const [names, setNames] = useState<readonly string[]>([])
  useEffect(() => {
    const read = (): void =>
      setNames((before) => {
        const now = metrics
          .seriesOf(run, stage)
          .filter((s) => s.length > 0)
          .map((s) => s.series)
        return now.length === before.length && now.every((name, i) => name === before[i]) ? before : now
      })
    let first = true
    return metrics.subscribeFrame((frame) => {
      if (first || frame.touches(run, stage)) read()
      first = false
    })
  }, [metrics, run, stage])
  return names
}
