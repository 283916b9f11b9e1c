/** One series as growing typed arrays: doubling on append, cut back when a run returns to a saved step. */
export type Series = {
  length: number
  steps: Float64Array
  values: Float64Array
  times: Float64Array
}

type Points = { readonly steps: Float64Array; readonly values: Float64Array; readonly times: Float64Array }

const FIRST_CAPACITY = 256

export function createSeries(): Series {
  return {
    length: 0,
    steps: new Float64Array(FIRST_CAPACITY),
    values: new Float64Array(FIRST_CAPACITY),
    times: new Float64Array(FIRST_CAPACITY),
  }
}

export function appendPoints(series: Series, points: Points): void {
  const added = points.steps.length
  const needed = series.length + added
  if (needed > series.steps.length) {
    const capacity = Math.max(needed, series.steps.length * 2)
    series.steps = grown(series.steps, capacity, series.length)
    series.values = grown(series.values, capacity, series.length)
    series.times = grown(series.times, capacity, series.length)
  }
  series.steps.set(points.steps, series.length)
  series.values.set(points.values, series.length)
  series.times.set(points.times, series.length)
  series.length = needed
}

/** Drops the points at or after `step`; says whether there were any. */
export function truncateSeries(series: Series, step: number): boolean {
  if (series.length === 0 || series.steps[series.length - 1]! < step) return false
  let low = 0
  let high = series.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (series.steps[middle]! < step) low = middle + 1
    else high = middle
  }
  series.length = low
  return true
}

function grown(array: Float64Array, capacity: number, length: number): Float64Array {
  const next = new Float64Array(capacity)
  next.set(array.subarray(0, length))
  return next
}
