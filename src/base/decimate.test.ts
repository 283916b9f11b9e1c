import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimate, smooth } from './decimate.ts'

const series = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 500 })

describe('decimating a curve', () => {
  test('keeps its lowest and highest value and its order, and never more than two points a bucket', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 60 }), (values, buckets) => {
        const y = Float64Array.from(values)
        const x = Float64Array.from(values, (_, i) => i)
        const out = decimate({ length: y.length, x, y }, buckets)
        expect(out.length).toBeLessThanOrEqual(Math.max(2 * buckets, 0))
        expect(Math.min(...out.map((p) => p[1]))).toBe(Math.min(...values))
        expect(Math.max(...out.map((p) => p[1]))).toBe(Math.max(...values))
        expect(out.every((p, i) => i === 0 || p[0] > out[i - 1]![0])).toBe(true)
      }),
    )
  })

  test('leaves gaps where values are not finite', () => {
    const x = Float64Array.of(0, 1, 2)
    expect(decimate({ length: 3, x, y: Float64Array.of(1, NaN, 3) }, 10)).toEqual([
      [0, 1],
      [2, 3],
    ])
  })
})

describe('smoothing', () => {
  test('leaves a constant unchanged from the first value on', () => {
    const flat = smooth(Float64Array.of(5, 5, 5, 5), 4, 0.9)
    for (const value of flat) expect(value).toBeCloseTo(5, 12)
  })

  test('stays within the range of what it has seen', () => {
    fc.assert(
      fc.property(series, fc.double({ min: 0, max: 0.99, noNaN: true }), (values, weight) => {
        const out = smooth(Float64Array.from(values), values.length, weight)
        const slack = 1e-6 * (1 + Math.max(...values.map(Math.abs)))
        for (let i = 0; i < out.length; i++) {
          const seen = values.slice(0, i + 1)
          expect(out[i]!).toBeGreaterThanOrEqual(Math.min(...seen) - slack)
          expect(out[i]!).toBeLessThanOrEqual(Math.max(...seen) + slack)
        }
      }),
    )
  })
})
