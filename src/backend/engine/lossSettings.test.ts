/** Slopes of every loss under random settings against central differences of its definition, in f64. */
import { describe, expect, it } from 'vitest'
import { seededRng } from '../../base/rng.ts'
import { evaluateLoss, lossNames, resolveLoss } from './losses.ts'
import type { LossConfig, LossName } from './engineApi.ts'

type Token = { lp: number; w: number; q: number; a: number }

/** The loss of one token at `x`; what carries no gradient is taken at `lp`. */
const DEFINITIONS: Record<LossName, (x: number, token: Token, config: LossConfig) => number> = {
  cross_entropy: (x, { w }) => -w * x,
  importance_sampling: (x, { q, a }) => -Math.exp(x - q) * a,
  ppo(x, { q, a }, config) {
    const r = Math.exp(x - q)
    return -Math.min(r * a, clip(r, config) * a)
  },
  cispo: (x, { lp, q, a }, config) => -clip(Math.exp(lp - q), config) * x * a,
  dro: (x, { q, a }, config) => -(x * a - 0.5 * config['beta']! * (x - q) ** 2),
}

function clip(r: number, config: LossConfig): number {
  return Math.min(config['clip_high_threshold']!, Math.max(config['clip_low_threshold']!, r))
}

function randomSettings(loss: LossName, next: () => number): LossConfig {
  if (loss === 'dro') return { beta: next() * 2 }
  if (loss === 'ppo' || loss === 'cispo')
    return { clip_low_threshold: next() * 0.9, clip_high_threshold: 1 + next() * 2 }
  return {}
}

const STEP = 1e-5

describe('the slope of each loss, under random settings, is that of its definition', () => {
  it.each(lossNames)('%s', (loss) => {
    const rng = seededRng(11)
    const next = (): number => rng.next()
    let compared = 0
    for (let round = 0; round < 400; round++) {
      const config = resolveLoss(loss, randomSettings(loss, next))
      const [lp, w, q, a] = [-3 * next(), next(), -3 * next(), 2 * next() - 1].map(Math.fround) as [
        number,
        number,
        number,
        number,
      ]
      // At a corner there is no one slope.
      const r = Math.exp(lp - q)
      const corners = [config['clip_low_threshold'], config['clip_high_threshold']]
      if (corners.some((corner) => corner !== undefined && Math.abs(r - corner) < 1e-3)) continue
      const token = { lp, w, q, a }
      const at = (x: number): number => DEFINITIONS[loss](x, token, config)
      const slopes = new Float32Array(1)
      const one = (value: number): Float32Array => Float32Array.of(value)
      const inputs = { weights: one(w), logprobs: one(q), advantages: one(a) }
      const value = evaluateLoss(loss, config, one(lp), inputs, slopes)
      expect(value).toBeCloseTo(at(lp), 9)
      expect(slopes[0]).toBeCloseTo((at(lp + STEP) - at(lp - STEP)) / (2 * STEP), 4)
      compared++
    }
    expect(compared).toBeGreaterThan(350)
  })

  it('moves with every setting', () => {
    const slope = (loss: LossName, config: LossConfig, lp: number): number => {
      const slopes = new Float32Array(1)
      const inputs = { logprobs: Float32Array.of(-1), advantages: Float32Array.of(1) }
      evaluateLoss(loss, resolveLoss(loss, config), Float32Array.of(lp), inputs, slopes)
      return slopes[0]!
    }
    expect(slope('ppo', { clip_high_threshold: 1.2 }, -0.5)).not.toBe(slope('ppo', { clip_high_threshold: 3 }, -0.5))
    expect(slope('cispo', { clip_low_threshold: 0.9 }, -2)).not.toBe(slope('cispo', { clip_low_threshold: 0.1 }, -2))
    expect(slope('dro', { beta: 0.1 }, -2)).not.toBe(slope('dro', { beta: 1 }, -2))
    expect(() => resolveLoss('ppo', { clip_low_threshold: 2, clip_high_threshold: 1 })).toThrow(/above/)
  })
})
