import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { average, deviation, groupAdvantages, isConstant, klShift } from './advantages.ts'

const reward = fc.integer({ min: -8, max: 8 }).map((eighths) => eighths / 8)
const group = fc.array(reward, { minLength: 2, maxLength: 16 })

describe('group advantages', () => {
  test('are the rewards minus the mean of the group', () => {
    expect(groupAdvantages([1, 0, 0, 1], false)).toEqual([0.5, -0.5, -0.5, 0.5])
    expect(groupAdvantages([1, 0, 0, 1], true).map((a) => Math.round(a * 1e6) / 1e6)).toEqual([1, -1, -1, 1])
  })

  test('sum to nothing and keep the order of the rewards', () => {
    fc.assert(
      fc.property(group, fc.boolean(), (rewards, normalize) => {
        const advantages = groupAdvantages(rewards, normalize)
        expect(advantages.reduce((sum, a) => sum + a, 0)).toBeCloseTo(0, 9)
        for (const [i, r] of rewards.entries())
          for (const [j, s] of rewards.entries()) if (r > s) expect(advantages[i]!).toBeGreaterThan(advantages[j]!)
      }),
    )
  })

  test('of a constant group are exactly zero, whatever rounding would make of its mean', () => {
    expect(isConstant([0.1, 0.1, 0.1])).toBe(true)
    expect(groupAdvantages([0.1, 0.1, 0.1], true)).toEqual([0, 0, 0])
  })
})

describe('the KL shift', () => {
  const policy = [
    [-1, -2, -3],
    [-0.5, -4],
  ]
  const reference = [
    [-2, -2, -2],
    [-1.5, -4],
  ]

  test('is the coefficient times what a token differs from the batch’s mean', () => {
    const { mean, shifts } = klShift(policy, reference, 0.5, 0)
    // d = 1, 0, -1 and 1, 0
    expect(mean).toBeCloseTo(0.2, 12)
    expect(shifts.flat().map((x) => Math.round(x * 1e9) / 1e9)).toEqual([-0.4, 0.1, 0.6, -0.4, 0.1])
  })

  test('adds the discounted shifts of the tokens that follow in the same answer', () => {
    const { shifts } = klShift(policy, reference, 0.5, 0.5)
    expect(shifts[0]![1]).toBeCloseTo(0.1 + 0.5 * 0.6, 12)
    expect(shifts[0]![0]).toBeCloseTo(-0.4 + 0.5 * (0.1 + 0.5 * 0.6), 12)
    expect(shifts[1]![1]).toBeCloseTo(0.1, 12)
  })

  test('redistributes: without a discount it sums to nothing over the batch', () => {
    const logprobs = fc.array(fc.double({ min: -20, max: 0, noNaN: true }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(fc.tuple(logprobs), { minLength: 1, maxLength: 5 }), fc.nat(), (answers, seed) => {
        const q = answers.map(([values]) => values)
        const ref = q.map((values, i) => values.map((x, t) => x - ((seed + i * 7 + t * 3) % 5)))
        const sum = klShift(q, ref, 0.3, 0)
          .shifts.flat()
          .reduce((total, x) => total + x, 0)
        expect(sum).toBeCloseTo(0, 9)
      }),
    )
  })
})

test('the deviation is that of the population', () => {
  expect(deviation([1, 3])).toBe(1)
  expect(average([1, 3])).toBe(2)
})
