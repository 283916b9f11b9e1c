/** Gathers points until they are sent or stored: many small batches in, one batch per series out. */
import type { RunId, StageId } from '#src/base/ids.ts'
import type { MetricBatch } from '#src/ir/runEvent.ts'

type Gathered = {
  readonly run: RunId
  readonly stage: StageId
  readonly series: string
  readonly steps: number[]
  readonly values: number[]
  readonly times: number[]
}

export class PointBuffer {
  #bySeries = new Map<string, Gathered>()

  get empty(): boolean {
    return this.#bySeries.size === 0
  }

  add({ run, stage, series, steps, values, times }: MetricBatch): void {
    const key = JSON.stringify([run, stage, series])
    let gathered = this.#bySeries.get(key)
    if (!gathered) this.#bySeries.set(key, (gathered = { run, stage, series, steps: [], values: [], times: [] }))
    gathered.steps.push(...steps)
    gathered.values.push(...values)
    gathered.times.push(...times)
  }

  /** Everything gathered, in arrays of their own that may be transferred; the buffer is empty afterwards. */
  take(): MetricBatch[] {
    const all = [...this.#bySeries.values()]
    this.#bySeries = new Map()
    return all.map(({ run, stage, series, steps, values, times }) => ({
      run,
      stage,
      series,
      steps: Float64Array.from(steps),
      values: Float64Array.from(values),
      times: Float64Array.from(times),
    }))
  }
}
