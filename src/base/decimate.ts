/** Fewer points, same picture: the lowest and the highest point of each bucket survive, in their order. */
export type Points = { readonly length: number; readonly x: Float64Array; readonly y: Float64Array }

/** At most 2 × `buckets` points of the first `length`; x ascending. Non-finite values are left out. */
export function decimate(points: Points, buckets: number): [number, number][] {
  const { length, x, y } = points
  const out: [number, number][] = []
  if (length <= buckets * 2) {
    for (let i = 0; i < length; i++) if (Number.isFinite(y[i]!)) out.push([x[i]!, y[i]!])
    return out
  }
  for (let b = 0; b < buckets; b++) {
    const from = Math.floor((b * length) / buckets)
    const to = Math.floor(((b + 1) * length) / buckets)
    let low = -1
    let high = -1
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(y[i]!)) continue
      if (low < 0 || y[i]! < y[low]!) low = i
      if (high < 0 || y[i]! > y[high]!) high = i
    }
    if (low < 0) continue
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) out.push([x[i]!, y[i]!])
  }
  return out
}

/**
 * Exponential moving average, corrected for its start (as Adam's moments are), so that the first values are not pulled to 0.
 * @param weight of the past, 0 … <1; 0 returns the values. Non-finite values are skipped and stay gaps.
 */
export function smooth(values: Float64Array, length: number, weight: number): Float64Array {
  const out = new Float64Array(length)
  let mean = 0
  let seen = 0
  for (let i = 0; i < length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) {
      out[i] = NaN
      continue
    }
    seen++
    mean = weight * mean + (1 - weight) * value
    out[i] = mean / (1 - weight ** seen)
  }
  return out
}
