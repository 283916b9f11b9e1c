import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scoreInterval } from './interval.ts'

test('Wilson’s interval of 0/1 scores equals published values', () => {
  // 8 of 10: 0.490 to 0.943; 0 of 20: 0 to 0.161.
  const eight = scoreInterval([1, 1, 1, 1, 1, 1, 1, 1, 0, 0])
  expect([eight.score, eight.n, eight.low.toFixed(3), eight.high.toFixed(3)]).toEqual([0.8, 10, '0.490', '0.943'])
  const none = scoreInterval(Array.from({ length: 20 }, () => 0))
  expect([none.low, none.high.toFixed(3)]).toEqual([0, '0.161'])
})

test('other scores get the normal interval: mean ± 1.96 standard errors', () => {
  const { score, low, high } = scoreInterval([0.2, 0.4, 0.6, 0.8])
  // Sample deviation 0.2582, so the half-width is 1.96 · 0.2582 / 2.
  expect([score.toFixed(3), low.toFixed(3), high.toFixed(3)]).toEqual(['0.500', '0.247', '0.753'])
  expect(scoreInterval([0.3])).toEqual({ score: 0.3, n: 1, low: 0.3, high: 0.3 })
})

test('the interval holds the score and stays between 0 and 1 for 0/1 scores', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 300 }), (scores) => {
      const { score, low, high } = scoreInterval(scores)
      expect(low).toBeLessThanOrEqual(score)
      expect(high).toBeGreaterThanOrEqual(score)
      expect([low >= 0, high <= 1]).toEqual([true, true])
    }),
  )
})
