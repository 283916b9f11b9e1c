/** Points of runs, outside React and proxies: growing typed arrays per series, dirty marks, one frame loop for whoever paints. */
import type { RunId, StageId } from '../base/ids.ts'
import type { MetricBatch } from '../ir/runEvent.ts'
import { appendPoints, createSeries, truncateSeries } from './metricsSeries.ts'
import type { Series } from './metricsSeries.ts'

/** Arrays are the live buffers: read the first `length` entries and copy nothing; they are replaced when they grow. */
export type SeriesView = {
  readonly run: RunId
  readonly stage: StageId
  readonly series: string
  readonly length: number
  readonly steps: Float64Array
  readonly values: Float64Array
  /** Wall-clock milliseconds of each point. */
  readonly times: Float64Array
  /** Grows with every change: cheap "has it changed since I painted?". */
  readonly version: number
}

export type MetricPoint = { readonly step: number; readonly value: number; readonly time: number }

/** What changed since the last frame. */
export type MetricFrame = {
  /** Timestamp of the frame in milliseconds, as `requestAnimationFrame` gives it. */
  readonly now: number
  readonly dirty: readonly SeriesView[]
  touches(run: RunId, stage: StageId, series?: string): boolean
}

export type Metrics = {
  /** Adds new points. Points at or after a batch's first step that are already there are void: the run went back to a saved state. */
  append(batches: readonly MetricBatch[]): void
  /** Drops points of a stage at or after `step`, as `stageResumed` says. */
  truncate(run: RunId, stage: StageId, step: number): void
  /** Replaces everything known of a run, e.g. by what storage has. */
  replace(run: RunId, batches: readonly MetricBatch[]): void
  forget(run: RunId): void
  /** All series of a stage, in the order in which they first appeared. */
  seriesOf(run: RunId, stage: StageId): readonly SeriesView[]
  read(run: RunId, stage: StageId, series: string): SeriesView | null
  /** The newest point of a series, e.g. for "loss 1.23, step 40" on a card. */
  latest(run: RunId, stage: StageId, series: string): MetricPoint | null
  /**
   * Calls `paint` once per animation frame in which any series changed, and once soon after subscribing, perhaps with
   * nothing dirty. The one frame loop of the page for high-rate data; it rests while nothing changes.
   */
  subscribeFrame(paint: (frame: MetricFrame) => void): () => void
}

/** Asks for one call at the next frame; injected so that tests decide when a frame is. */
export type FrameClock = (frame: (now: number) => void) => void

type Stored = Series & { readonly run: RunId; readonly stage: StageId; readonly series: string; version: number }

export function createMetrics(nextFrame: FrameClock = animationFrame): Metrics {
  /** run → stage → series */
  const runs = new Map<string, Map<string, Map<string, Stored>>>()
  const dirty = new Set<Stored>()
  const painters = new Set<(frame: MetricFrame) => void>()
  let scheduled = false

  function ensure(run: RunId, stage: StageId, name: string): Stored {
    let stages = runs.get(run)
    if (!stages) runs.set(run, (stages = new Map()))
    let series = stages.get(stage)
    if (!series) stages.set(stage, (series = new Map()))
    let stored = series.get(name)
    if (!stored) series.set(name, (stored = { ...createSeries(), run, stage, series: name, version: 0 }))
    return stored
  }

  function touch(series: Stored): void {
    series.version++
    dirty.add(series)
    schedule()
  }

  function schedule(): void {
    if (scheduled || painters.size === 0) return
    scheduled = true
    nextFrame(paintAll)
  }

  function paintAll(now: number): void {
    scheduled = false
    const changed = [...dirty]
    dirty.clear()
    const frame: MetricFrame = {
      now,
      dirty: changed,
      touches: (run, stage, series) =>
        changed.some((c) => c.run === run && c.stage === stage && (series === undefined || c.series === series)),
    }
    for (const paint of painters) paint(frame)
  }

  function append(batches: readonly MetricBatch[]): void {
    for (const batch of batches) {
      if (batch.steps.length === 0) continue
      const series = ensure(batch.run, batch.stage, batch.series)
      truncateSeries(series, batch.steps[0]!)
      appendPoints(series, batch)
      touch(series)
    }
  }

  /** What is shown of the run must be repainted even though its series are gone. */
  function forget(run: RunId): void {
    for (const stage of runs.get(run)?.values() ?? []) {
      for (const series of stage.values()) {
        series.length = 0
        touch(series)
      }
    }
    runs.delete(run)
  }

  const read = (run: RunId, stage: StageId, series: string): SeriesView | null =>
    runs.get(run)?.get(stage)?.get(series) ?? null

  return {
    append,
    truncate(run, stage, step) {
      for (const series of runs.get(run)?.get(stage)?.values() ?? []) if (truncateSeries(series, step)) touch(series)
    },
    replace(run, batches) {
      forget(run)
      append(batches)
    },
    forget,
    seriesOf: (run, stage) => [...(runs.get(run)?.get(stage)?.values() ?? [])],
    read,
    latest(run, stage, name) {
      const view = read(run, stage, name)
      if (!view || view.length === 0) return null
      const i = view.length - 1
      return { step: view.steps[i]!, value: view.values[i]!, time: view.times[i]! }
    },
    subscribeFrame(paint) {
      painters.add(paint)
      schedule()
      return () => {
        painters.delete(paint)
      }
    },
  }
}

function animationFrame(frame: (now: number) => void): void {
  if (typeof requestAnimationFrame === 'function') requestAnimationFrame(frame)
  else setTimeout(() => frame(performance.now()), 16)
}
