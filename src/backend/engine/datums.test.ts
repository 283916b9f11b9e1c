import { describe, expect, it } from 'vitest'
import { seededRng } from '../../base/rng.ts'
import { planMicroBatches } from './datums.ts'

describe('splitting a batch for the workers', () => {
  it('keeps every datum once and in order, whatever the lengths', () => {
    const rng = seededRng(3)
    for (let round = 0; round < 300; round++) {
      const costs = Array.from({ length: 1 + rng.int(60) }, () => rng.int(round % 3 === 0 ? 500 : 60))
      const stretches = planMicroBatches(costs)
      const covered = stretches.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))
      expect(covered).toEqual(costs.map((_, i) => i))
      expect(stretches.every(([from, to]) => to > from)).toBe(true)
    }
  })

  it('shares the work evenly between two and four workers', () => {
    const costs = Array.from({ length: 64 }, (_, i) => 20 + ((i * 17) % 41))
    const sums = planMicroBatches(costs).map(([from, to]) => costs.slice(from, to).reduce((a, b) => a + b, 0))
    expect(sums.length % 4).toBe(0)
    expect(Math.max(...sums) / Math.min(...sums)).toBeLessThan(1.35)
    expect(Math.max(...sums)).toBeLessThan(300)
  })

  it('does not split what is too small to gain from it', () => {
    expect(planMicroBatches([30, 40])).toEqual([[0, 2]])
  })
})
