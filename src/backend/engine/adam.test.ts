import { describe, expect, it } from 'vitest'
import { adamStep, freshAdam } from './adam.ts'
import type { AdamParams } from './engineApi.ts'

const PARAMS: AdamParams = { learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradClipNorm: 0 }
const f32 = (...values: number[]): Float32Array => Float32Array.from(values)

describe('an Adam step', () => {
  it('first moves every parameter by the learning rate against its gradient', () => {
    const { params, result } = adamStep(f32(1, 1, 1), f32(3, -0.01, 0), freshAdam(3), PARAMS)
    expect(params[0]).toBeCloseTo(0.9, 6)
    expect(params[1]).toBeCloseTo(1.1, 6)
    expect(params[2]).toBe(1)
    expect(result.gradNorm).toBeCloseTo(Math.hypot(3, 0.01), 6)
    expect(result.step).toBe(1)
  })

  // Values from the recurrences of Kingma & Ba (2015), algorithm 1, worked out by hand for two steps.
  it('follows the published recurrences at the second step', () => {
    const first = adamStep(f32(1), f32(2), freshAdam(1), PARAMS)
    const { params } = adamStep(first.params, f32(-1), first.state, PARAMS)
    const m = 0.9 * (0.1 * 2) + 0.1 * -1
    const v = 0.95 * (0.05 * 4) + 0.05 * 1
    const expected = 0.9 - (0.1 * (m / (1 - 0.81))) / (Math.sqrt(v / (1 - 0.9025)) + 1e-8)
    expect(params[0]).toBeCloseTo(expected, 5)
  })

  it('decays weights apart from the gradient', () => {
    const { params } = adamStep(f32(2), f32(0), freshAdam(1), { ...PARAMS, weightDecay: 0.5 })
    expect(params[0]).toBeCloseTo(2 * (1 - 0.1 * 0.5), 6)
  })

  it('scales the gradient down to the largest norm allowed, and leaves smaller ones alone', () => {
    const clipped = { ...PARAMS, gradClipNorm: 1 }
    const large = adamStep(f32(0, 0), f32(3, 4), freshAdam(2), clipped)
    expect(large.state.m[0]).toBeCloseTo(0.1 * 0.6, 5)
    const small = adamStep(f32(0, 0), f32(0.3, 0.4), freshAdam(2), clipped)
    expect(small.state.m[0]).toBeCloseTo(0.1 * 0.3, 6)
  })

  it('refuses a gradient that is not finite, and a step out of range, and changes nothing', () => {
    const state = freshAdam(1)
    expect(() => adamStep(f32(1), f32(NaN), state, PARAMS)).toThrow('not finite')
    expect(() => adamStep(f32(1), f32(1), state, { ...PARAMS, learningRate: 1e39 })).toThrow('range of f32')
    expect(state).toEqual(freshAdam(1))
  })
})
