import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { learningRate } from './schedules.ts'

const rates = (schedule: 'constant' | 'linear' | 'cosine', warmupRatio: number, total: number): number[] =>
  Array.from({ length: total }, (_, step) =>
    Number(learningRate({ learningRate: 1, schedule, warmupRatio }, step, total).toFixed(6)),
  )

describe('the learning rate', () => {
  test('falls evenly to the last step, or along a half cosine, or not at all', () => {
    expect(rates('linear', 0, 4)).toEqual([1, 0.75, 0.5, 0.25])
    expect(rates('cosine', 0, 4)).toEqual([1, 0.853553, 0.5, 0.146447])
    expect(rates('constant', 0, 4)).toEqual([1, 1, 1, 1])
  })

  test('rises over the warm-up to its full value and wastes no step at zero', () => {
    expect(rates('linear', 0.4, 5)).toEqual([0.5, 1, 1, 0.666667, 0.333333])
    expect(rates('constant', 1, 4)).toEqual([0.25, 0.5, 0.75, 1])
  })

  test('is that of the recipe after warm-up: decay over the steps that remain', () => {
    // Warm-up of 2 in 20, then cosine over 18: step 11 is half-way.
    expect(rates('cosine', 0.1, 20)[11]).toBe(0.5)
  })

  test('is always above zero and never above the full rate', () => {
    const spec = fc.record({
      schedule: fc.constantFrom('constant' as const, 'linear' as const, 'cosine' as const),
      warmupRatio: fc.double({ min: 0, max: 1, noNaN: true }),
      learningRate: fc.constant(2),
    })
    fc.assert(
      fc.property(spec, fc.integer({ min: 1, max: 300 }), fc.nat(), (hyper, total, n) => {
        const rate = learningRate(hyper, n % total, total)
        expect(rate).toBeGreaterThan(0)
        expect(rate).toBeLessThanOrEqual(2)
      }),
    )
  })
})
