/** The optimizer against torch's AdamW behind its gradient clipping, for settings of every field: models/adam.py makes the file. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { adamStep, freshAdam } from '#src/backend/engine/adam.ts'

type Step = { norm: number; weights: number[]; m: number[]; v: number[] }
type Golden = {
  start: number[]
  gradients: number[][]
  cases: { name: string; params: Record<string, number>; steps: Step[] }[]
}

const golden = JSON.parse(readFileSync(new URL('./adam.json', import.meta.url), 'utf8')) as Golden

/** Largest difference, as a share of the largest value: f32 holds what torch holds in f64. */
function apart(ours: Float32Array, theirs: readonly number[]): number {
  const size = Math.max(...theirs.map(Math.abs), 1e-30)
  return Math.max(...theirs.map((x, i) => Math.abs(x - ours[i]!))) / size
}

describe('Adam goes the way of torch', () => {
  test.each(golden.cases)('$name', ({ params: given, steps }) => {
    const params = {
      learningRate: given['learning_rate']!,
      beta1: given['beta1']!,
      beta2: given['beta2']!,
      eps: given['eps']!,
      weightDecay: given['weight_decay']!,
      gradClipNorm: given['grad_clip_norm']!,
    }
    let weights = Float32Array.from(golden.start)
    let state = freshAdam(weights.length)
    steps.forEach((wanted, i) => {
      const taken = adamStep(weights, Float32Array.from(golden.gradients[i]!), state, params)
      weights = Float32Array.from(taken.params)
      state = taken.state
      expect(taken.result.gradNorm / wanted.norm).toBeCloseTo(1, 6)
      expect(apart(weights, wanted.weights), `weights after ${i + 1} steps`).toBeLessThan(1e-6)
      expect(apart(state.m, wanted.m), `first moment after ${i + 1} steps`).toBeLessThan(1e-6)
      expect(apart(state.v, wanted.v), `second moment after ${i + 1} steps`).toBeLessThan(1e-6)
    })
  })

  test('each setting leads elsewhere', () => {
    const ends = golden.cases.map(({ steps }) => steps.at(-1)!.weights.map((x) => x.toFixed(5)).join())
    expect(new Set(ends).size).toBe(golden.cases.length)
  })
})
