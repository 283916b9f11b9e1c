import { describe, expect, it } from 'vitest'
import { evaluateLoss, lossNames, resolveLoss } from './losses.ts'
import type { LossName } from './engineApi.ts'

const f32 = (...values: number[]): Float32Array => Float32Array.from(values)

/** Loss and slopes of one-token calls, so that each token's part shows. */
function each(name: LossName, config: Record<string, number>, lp: number[], inputs: Record<string, number[]>) {
  return lp.map((x, i) => {
    const slopes = f32(0)
    const one = Object.fromEntries(Object.entries(inputs).map(([key, values]) => [key, f32(values[i]!)]))
    return { loss: evaluateLoss(name, resolveLoss(name, config), f32(x), one, slopes), slope: slopes[0]! }
  })
}

function expectClose(got: { loss: number; slope: number }[], losses: number[], slopes: number[]): void {
  got.forEach(({ loss, slope }, i) => {
    expect(loss).toBeCloseTo(losses[i]!, 5)
    expect(slope).toBeCloseTo(slopes[i]!, 5)
  })
}

describe('the losses, value and slope per token', () => {
  it('cross_entropy: minus weight times log-probability', () => {
    const got = each('cross_entropy', {}, [-0.5, -1, -2], { weights: [1, 0.5, 0] })
    expectClose(got, [0.5, 0.5, 0], [-1, -0.5, 0])
  })

  it('cross_entropy without weights counts every token', () => {
    const slopes = f32(0, 0)
    expect(evaluateLoss('cross_entropy', {}, f32(-1, -2), {}, slopes)).toBe(3)
    expect([...slopes]).toEqual([-1, -1])
  })

  it('importance_sampling: minus ratio times advantage, masked tokens left out', () => {
    const inputs = { logprobs: [-0.7, -1, -1.5], advantages: [1, -1, 2], mask: [1, 1, 0] }
    const got = each('importance_sampling', {}, [-0.5, -1, -2], inputs)
    expectClose(got, [-1.221403, 1, 0], [-1.221403, 1, 0])
  })

  it('ppo: the four corners of ratio and advantage at the default bounds', () => {
    const inputs = { logprobs: [-0.5, -0.5, 0.5, 0.5], advantages: [1, -1, 1, -1] }
    const got = each('ppo', {}, [0, 0, 0, 0], inputs)
    expectClose(got, [-1.2, 1.648721, -0.606531, 0.8], [0, 1.648721, -0.606531, 0])
  })

  it('cispo: the clipped ratio is a constant factor of the log-probability', () => {
    const inputs = { logprobs: [-3, -1], advantages: [2, -1] }
    const got = each('cispo', { clip_high_threshold: 3 }, [-1, -2], inputs)
    const r = Math.exp(-1)
    expectClose(got, [6, -2 * r], [-6, r])
  })

  it('dro: advantage with a quadratic pull towards the sampler', () => {
    const got = each('dro', { beta: 0.5 }, [-1], { logprobs: [-3], advantages: [2] })
    expectClose(got, [-(-2 - 0.25 * 4)], [-(2 - 0.5 * 2)])
  })

  it('agree with REINFORCE where the policy is the sampler', () => {
    for (const name of ['importance_sampling', 'ppo', 'cispo', 'dro'] as const) {
      const [token] = each(name, {}, [-1.5], { logprobs: [-1.5], advantages: [0.7] })
      expect(token!.slope).toBeCloseTo(-0.7, 6)
    }
  })

  it('are the five of the API', () => {
    expect(lossNames).toEqual(['cross_entropy', 'importance_sampling', 'ppo', 'cispo', 'dro'])
  })
})
