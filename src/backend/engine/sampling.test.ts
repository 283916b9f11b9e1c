import { describe, expect, it } from 'vitest'
import { Core } from './core.ts'
import { EngineError, loadEngine } from './index.ts'
import type { Engine, SampleParams } from './index.ts'
import { randomModel, randomTokens } from './testing/randomModel.ts'

const model = randomModel()
const { vocab_size: vocab, max_position_embeddings: context } = model.config
const load = (): Promise<Engine> => loadEngine(model.files, { simd: 'strict' })
const base: SampleParams = {
  maxTokens: 1,
  temperature: 1,
  topP: 1,
  topK: -1,
  seed: 1,
  stopTokens: [],
  stopSequences: [],
}
const prompt = randomTokens(6, vocab, 2)

/** The model's distribution after the prompt, likeliest first. */
async function next(engine: Engine): Promise<{ token: number; p: number }[]> {
  const top = await engine.promptTopLogprobs(null, Int32Array.from([...prompt, 0]), vocab)
  const at = prompt.length * vocab
  return Array.from({ length: vocab }, (_, i) => ({ token: top.tokens[at + i]!, p: Math.exp(top.logprobs[at + i]!) }))
}

/** Frequencies of the first token over many samples, and the log-probability reported for each. */
async function draws(engine: Engine, params: Partial<SampleParams>, n = 4000) {
  const counts = new Map<number, { share: number; logprob: number }>()
  for (const s of await engine.sample(null, prompt, n, { ...base, ...params })) {
    const token = s.tokens[0]!
    const seen = counts.get(token) ?? { share: 0, logprob: s.logprobs[0]! }
    counts.set(token, { share: seen.share + 1 / n, logprob: seen.logprob })
  }
  return counts
}

function expectDistribution(got: Awaited<ReturnType<typeof draws>>, wanted: { token: number; p: number }[]): void {
  const total = wanted.reduce((s, w) => s + w.p, 0)
  const known = new Set(wanted.map((w) => w.token))
  expect([...got.keys()].filter((token) => !known.has(token))).toEqual([])
  for (const { token, p } of wanted) {
    const share = p / total
    const seen = got.get(token)
    // Five standard deviations of a share of 4000 draws.
    expect(Math.abs((seen?.share ?? 0) - share)).toBeLessThan(5 * Math.sqrt(share / 4000) + 1e-3)
    if (seen) expect(seen.logprob).toBeCloseTo(Math.log(share), 4)
  }
}

describe('the distribution that tokens are drawn from', () => {
  it("is the model's own at temperature 1", async () => {
    const engine = await load()
    expectDistribution(await draws(engine, {}), await next(engine))
  })

  it('is sharpened or flattened by the temperature', async () => {
    const engine = await load()
    const own = await next(engine)
    for (const temperature of [0.5, 2]) {
      const wanted = own.map(({ token, p }) => ({ token, p: p ** (1 / temperature) }))
      expectDistribution(await draws(engine, { temperature }), wanted)
    }
  })

  it('keeps the k likeliest tokens', async () => {
    const engine = await load()
    expectDistribution(await draws(engine, { topK: 3 }), (await next(engine)).slice(0, 3))
  })

  it('keeps the smallest head that reaches top-p, the token that crosses it included', async () => {
    const engine = await load()
    const own = await next(engine)
    const topP = own[0]!.p + own[1]!.p / 2
    expectDistribution(await draws(engine, { topP }), own.slice(0, 2))
    expectDistribution(await draws(engine, { topP: own[0]!.p / 2 }), own.slice(0, 1))
  })

  it('applies top-p to what top-k left', async () => {
    const engine = await load()
    const own = await next(engine)
    const [a, b, c] = [own[0]!, own[1]!, own[2]!]
    const topP = (a.p + b.p / 2) / (a.p + b.p + c.p)
    expectDistribution(await draws(engine, { topK: 3, topP }), own.slice(0, 2))
  })

  it('is a single token at temperature 0, with its log-probability under the model', async () => {
    const engine = await load()
    const [first] = await next(engine)
    const got = await draws(engine, { temperature: 0 }, 3)
    expect([...got.keys()]).toEqual([first!.token])
    expect(got.get(first!.token)!.logprob).toBeCloseTo(Math.log(first!.p), 5)
  })
})

describe('the end of a sequence', () => {
  const long = { ...base, maxTokens: 20 }

  it('comes at max_tokens, with as many tokens', async () => {
    const engine = await load()
    const [s] = await engine.sample(null, prompt, 1, long)
    expect(s!.stopReason).toBe('length')
    expect(s!.tokens.length).toBe(20)
    expect(s!.logprobs.length).toBe(20)
    const [none] = await engine.sample(null, prompt, 1, { ...base, maxTokens: 0 })
    expect(none).toEqual({ tokens: new Int32Array(0), logprobs: new Float32Array(0), stopReason: 'length' })
  })

  it('comes with a stop token, which is included', async () => {
    const engine = await load()
    const [whole] = await engine.sample(null, prompt, 1, long)
    const stop = whole!.tokens[4]!
    const end = whole!.tokens.indexOf(stop) + 1
    const [s] = await engine.sample(null, prompt, 1, { ...long, stopTokens: [stop] })
    expect(s!.stopReason).toBe('stop')
    expect(s!.tokens).toEqual(whole!.tokens.slice(0, end))
  })

  it('comes with a stop sequence, which is included, but not with a part of one', async () => {
    const engine = await load()
    const [whole] = await engine.sample(null, prompt, 1, long)
    const stop = Array.from(whole!.tokens.subarray(3, 6))
    const [s] = await engine.sample(null, prompt, 1, { ...long, stopSequences: [[...stop, vocab - 1, 0], stop] })
    expect(s!.stopReason).toBe('stop')
    expect(s!.tokens).toEqual(whole!.tokens.slice(0, 6))
  })

  it('gives its memory back: many calls need no more than one', async () => {
    const core = await Core.load(model.files, 'strict')
    const run = (seed: number, first: number): Promise<unknown> =>
      core.sampler.sample(null, {
        prompt,
        first,
        count: 60,
        params: { ...long, maxTokens: 90, seed, stopTokens: [1, 2] },
      })
    await run(0, 0)
    const { bytes } = core.model.heap
    for (let seed = 0; seed < 10; seed++) await run(seed, 0)
    // Room for how the free blocks happen to lie; a leak would make it ten times as much.
    expect(core.model.heap.bytes).toBeLessThan(1.25 * bytes)
  })
})

describe('a cancelled call', () => {
  it('rejects, and others in the same batch go on', async () => {
    const engine = await load()
    const stop = new AbortController()
    const given = engine.sample(null, prompt, 50, { ...base, maxTokens: 300 }, stop.signal)
    const kept = engine.sample(null, prompt, 2, { ...base, maxTokens: 30 })
    setTimeout(() => stop.abort(), 5)
    await expect(given).rejects.toMatchObject({ kind: 'cancelled' })
    const alone = await engine.sample(null, prompt, 2, { ...base, maxTokens: 30 })
    expect(await kept).toEqual(alone)
  })

  it('rejects at once when the signal is already down', async () => {
    const engine = await load()
    await expect(engine.sample(null, prompt, 1, base, AbortSignal.abort())).rejects.toBeInstanceOf(EngineError)
  })
})

describe('refused sampling requests', () => {
  it.each<[string, Partial<SampleParams>, Int32Array, number]>([
    ['max_tokens', { maxTokens: -1 }, prompt, 1],
    ['temperature', { temperature: -0.1 }, prompt, 1],
    ['temperature', { temperature: NaN }, prompt, 1],
    ['top_p', { topP: 0 }, prompt, 1],
    ['top_p', { topP: 1.1 }, prompt, 1],
    ['top_k', { topK: -2 }, prompt, 1],
    ['seed', { seed: -1 }, prompt, 1],
    ['stop sequence', { stopSequences: [[]] }, prompt, 1],
    ['number of samples', {}, prompt, 0],
    ['prompt is empty', {}, new Int32Array(0), 1],
    ['outside 0', {}, Int32Array.of(1, vocab), 1],
    ['outside 0', {}, Int32Array.of(-1), 1],
    ['exceeds the context', { maxTokens: context - prompt.length + 1 }, prompt, 1],
  ])('name the field: %s', async (message, params, tokens, n) => {
    const engine = await load()
    await expect(engine.sample(null, tokens, n, { ...base, ...params })).rejects.toThrow(message)
  })
})
