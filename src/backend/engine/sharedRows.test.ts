import { describe, expect, it } from 'vitest'
import { loadEngine } from './index.ts'
import type { Datum } from './index.ts'
import { shareRows } from './sharedRows.ts'
import { randomModel, randomTokens } from './testing/randomModel.ts'

const model = randomModel()
const vocab = model.config.vocab_size

/** Next-token data of a prompt and a continuation. */
function datum(prompt: Int32Array, length: number, seed: number): Datum {
  const all = Int32Array.from([...prompt, ...randomTokens(length, vocab, seed)])
  return { tokens: all.slice(0, -1), targets: all.slice(1) }
}

const [first, second] = [randomTokens(20, vocab, 100), randomTokens(14, vocab, 101)]
const group = (prompt: Int32Array, lengths: readonly number[]): Datum[] =>
  lengths.map((length, i) => datum(prompt, length, length * 10 + i))

describe('sharing the rows of common beginnings', () => {
  it('computes the prompt of a group once', () => {
    // The last token of the prompt has another target in each datum, so 19 of its 20 positions are alike.
    const { runs, rows } = shareRows(group(first, [5, 9, 1]))
    expect(runs.map((r) => [r.length, r.prefix])).toEqual([
      [19, null],
      [5, 0],
      [9, 0],
      [1, 0],
    ])
    expect(rows).toBe(19 + 5 + 9 + 1)
  })

  it('keeps groups of different prompts apart, even where these begin alike', () => {
    const other = Int32Array.from([...first.slice(0, 8), ...second])
    const { runs } = shareRows([...group(first, [5, 9, 4]), ...group(other, [3, 6])])
    expect(runs.filter((r) => r.prefix === null).map((r) => r.length)).toEqual([19, 21])
  })

  it('leaves datums that differ as they are, and shares all of those that do not', () => {
    expect(shareRows([datum(first, 3, 1), datum(second, 3, 2)]).rows).toBe(22 + 16)
    const twin = datum(first, 3, 1)
    expect(shareRows([twin, twin]).rows).toBe(22)
  })

  it('does not share a beginning whose targets differ', () => {
    const a = datum(first, 3, 1)
    expect(shareRows([a, { ...a, targets: a.targets.map((t) => (t + 1) % vocab) }]).rows).toBe(44)
  })

  it('changes no bit of a log-probability, and the gradient by rounding alone', async () => {
    const engine = await loadEngine(model.files, { simd: 'strict' })
    const shape = { rank: 4, alpha: 8, seed: 1, trainAttn: true, trainMlp: true, trainUnembed: true }
    const adam = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradClipNorm: 0 }
    const [a, b] = [engine.createAdapter(shape), engine.createAdapter(shape)]
    const data = [...group(first, [40, 3, 17]), ...group(second, [30, 60])]
    const together = await engine.forwardBackward(a, data, 'cross_entropy')
    for (const [i, one] of data.entries()) {
      const alone = await engine.forwardBackward(b, [one], 'cross_entropy')
      expect(together.logprobs[i]).toEqual(alone.logprobs[0])
    }
    const norms = [await engine.optimStep(a, adam), await engine.optimStep(b, adam)].map((r) => r.gradNorm)
    expect(Math.abs(norms[0]! / norms[1]! - 1)).toBeLessThan(1e-5)
  })
})
