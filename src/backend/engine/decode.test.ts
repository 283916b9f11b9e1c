import { describe, expect, it } from 'vitest'
import { loadEngine } from './index.ts'
import type { Engine, SampleParams } from './index.ts'
import { randomModel, randomTokens } from './testing/randomModel.ts'
import { referenceLogprobs } from './testing/reference.ts'

const model = randomModel()
const { vocab_size: vocab, max_position_embeddings: context } = model.config
const load = (): Promise<Engine> => loadEngine(model.files, { simd: 'strict' })
const free = (maxTokens: number, seed = 7): SampleParams => ({
  maxTokens,
  temperature: 1,
  topP: 1,
  topK: -1,
  seed,
  stopTokens: [],
  stopSequences: [],
})

describe('the forward pass', () => {
  it.each([1, 2, 15, 16, 17, 31, 32, 33, 64, 100, 257, context - 1])('agrees with f64 at length %i', async (length) => {
    const engine = await load()
    const tokens = randomTokens(length, vocab, length)
    const targets = randomTokens(length, vocab, length + 1)
    const { logprobs } = await engine.forward(null, [{ tokens, targets }], 'cross_entropy')
    const expected = referenceLogprobs(model, null, tokens, targets)
    const worst = Math.max(...expected.map((x, i) => Math.abs(x - logprobs[0]![i]!)))
    expect(worst).toBeLessThan(1e-4)
  })

  it('gives each datum the same bits alone and in company', async () => {
    const engine = await load()
    const data = [40, 1, 33, 7].map((n, i) => ({
      tokens: randomTokens(n, vocab, i),
      targets: randomTokens(n, vocab, i + 50),
    }))
    const together = await engine.forward(null, data, 'cross_entropy')
    for (const [i, datum] of data.entries()) {
      const alone = await engine.forward(null, [datum], 'cross_entropy')
      expect(together.logprobs[i]).toEqual(alone.logprobs[0])
    }
  })
})

describe('decoding with the cache', () => {
  it.each([1, 16, 33, 250])('gives the bits of the full forward pass after a prompt of %i', async (length) => {
    const engine = await load()
    const prompt = randomTokens(length, vocab, 3)
    for (const sample of await engine.sample(null, prompt, 2, free(60))) {
      const all = await engine.promptLogprobs(null, Int32Array.from([...prompt, ...sample.tokens]))
      expect(sample.logprobs).toEqual(all.slice(length))
    }
  })

  it('gives them with an adapter', async () => {
    const engine = await load()
    const id = engine.createAdapter({ rank: 4, alpha: 8, seed: 1, trainAttn: true, trainMlp: true, trainUnembed: true })
    const datum = { tokens: randomTokens(20, vocab, 1), targets: randomTokens(20, vocab, 2) }
    await engine.forwardBackward(id, [datum], 'cross_entropy')
    const adam = { learningRate: 0.02, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradClipNorm: 0 }
    await engine.optimStep(id, adam)
    const prompt = randomTokens(9, vocab, 3)
    const [sample] = await engine.sample(id, prompt, 1, free(12))
    const all = Int32Array.from([...prompt, ...sample!.tokens])
    expect(sample!.logprobs).toEqual((await engine.promptLogprobs(id, all)).slice(9))
    expect(sample!.logprobs).not.toEqual((await engine.promptLogprobs(null, all)).slice(9))
  })

  it('gives a sequence the same tokens alone and among others, whatever joins on the way', async () => {
    const engine = await load()
    const prompts = [5, 1, 40, 17, 5].map((n, i) => randomTokens(n, vocab, i))
    const together = await Promise.all(prompts.map((p, i) => engine.sample(null, p, i === 2 ? 70 : 3, free(8 + i, i))))
    for (const [i, prompt] of prompts.entries()) {
      expect(await engine.sample(null, prompt, i === 2 ? 70 : 3, free(8 + i, i))).toEqual(together[i])
    }
  })

  it('numbers the samples of a call: the first n of more are those of fewer', async () => {
    const engine = await load()
    const prompt = randomTokens(6, vocab, 9)
    const many = await engine.sample(null, prompt, 200, free(5))
    expect(many.slice(0, 3)).toEqual(await engine.sample(null, prompt, 3, free(5)))
    expect(new Set(many.map((s) => s.tokens.join())).size).toBeGreaterThan(100)
  })
})

describe('prompt log-probabilities', () => {
  it('start with NaN and agree with the likeliest tokens', async () => {
    const engine = await load()
    const tokens = randomTokens(12, vocab, 4)
    const own = await engine.promptLogprobs(null, tokens)
    const top = await engine.promptTopLogprobs(null, tokens, vocab)
    expect(own[0]).toBeNaN()
    expect(top.tokens.slice(0, vocab)).toEqual(new Int32Array(vocab))
    expect(top.logprobs[0]).toBe(-99999)
    for (let t = 1; t < tokens.length; t++) {
      const row = top.tokens.subarray(t * vocab, (t + 1) * vocab)
      const values = top.logprobs.subarray(t * vocab, (t + 1) * vocab)
      expect(values[row.indexOf(tokens[t]!)]).toBe(own[t])
      expect([...values]).toEqual([...values].sort((a, b) => b - a))
      expect(values.reduce((s, x) => s + Math.exp(x), 0)).toBeCloseTo(1, 5)
    }
  })

  it('of a single token are one NaN', async () => {
    const engine = await load()
    expect([...(await engine.promptLogprobs(null, Int32Array.of(1)))]).toEqual([NaN])
  })
})
