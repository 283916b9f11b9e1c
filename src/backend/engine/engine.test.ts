import { describe, expect, it } from 'vitest'
import { loadEngine, readSafetensors, writeSafetensors } from './index.ts'
import type { AdamParams, AdapterId, AdapterState, Datum, Engine, LoraShape, LossName } from './index.ts'
import { randomModel, randomTokens } from './testing/randomModel.ts'

const model = randomModel()
const { vocab_size: vocab, max_position_embeddings: context } = model.config
const SHAPE: LoraShape = { rank: 8, alpha: 16, seed: 3, trainAttn: true, trainMlp: true, trainUnembed: true }
const ADAM: AdamParams = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.01, gradClipNorm: 1 }
const load = (): Promise<Engine> => loadEngine(model.files, { simd: 'strict' })

const datum = (length: number, seed: number): Datum => ({
  tokens: randomTokens(length, vocab, seed),
  targets: randomTokens(length, vocab, seed + 1000),
})
const batch = [datum(20, 1), datum(7, 2), datum(33, 3)]

async function train(engine: Engine, id: AdapterId, steps: number): Promise<number[]> {
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    losses.push((await engine.forwardBackward(id, batch, 'cross_entropy')).loss)
    await engine.optimStep(id, ADAM)
  }
  return losses
}

const exported = (engine: Engine, id: AdapterId): Promise<AdapterState> => engine.exportAdapter(id, { optimizer: true })

describe('training', () => {
  it('lowers the loss, from the base model on', async () => {
    const engine = await load()
    const id = engine.createAdapter(SHAPE)
    const start = await engine.forward(null, batch, 'cross_entropy')
    const losses = await train(engine, id, 25)
    expect(losses[0]).toBe(start.loss)
    expect(losses[24]!).toBeLessThan(losses[0]! / 2)
  })

  it('adds up gradients over calls, in the order of the calls and without waiting for each', async () => {
    const engine = await load()
    const [a, b] = [engine.createAdapter(SHAPE), engine.createAdapter(SHAPE)]
    const calls = [
      engine.forwardBackward(a, batch.slice(0, 1), 'cross_entropy'),
      engine.forwardBackward(a, batch.slice(1), 'cross_entropy'),
      engine.optimStep(a, { ...ADAM, gradClipNorm: 0 }),
    ] as const
    const apart = await calls[2]
    await engine.forwardBackward(b, batch, 'cross_entropy')
    const together = await engine.optimStep(b, { ...ADAM, gradClipNorm: 0 })
    expect(apart.gradNorm).toBeCloseTo(together.gradNorm, 3)
    expect((await calls[0]).loss + (await calls[1]).loss).toBeCloseTo(
      (await engine.forward(null, batch, 'cross_entropy')).loss,
      3,
    )
  })

  it('keeps adapters apart and the base as it was', async () => {
    const engine = await load()
    const [a, b] = [engine.createAdapter(SHAPE), engine.createAdapter({ ...SHAPE, rank: 32, trainUnembed: false })]
    const before = await engine.forward(null, batch, 'cross_entropy')
    const alone = await (async () => {
      const other = await load()
      const id = other.createAdapter(SHAPE)
      await train(other, id, 3)
      return exported(other, id)
    })()
    await Promise.all([train(engine, a, 3), train(engine, b, 3)])
    expect(await exported(engine, a)).toEqual(alone)
    expect(await engine.forward(null, batch, 'cross_entropy')).toEqual(before)
  })

  it('starts from a seed: the same gives the same matrices, another gives others, B is zero', async () => {
    const engine = await load()
    const state = (seed: number): Promise<AdapterState> =>
      engine.exportAdapter(engine.createAdapter({ ...SHAPE, seed }), { optimizer: false })
    const [one, again, other] = [await state(1), await state(1), await state(2)]
    expect(again).toEqual(one)
    const name = 'base_model.model.model.layers.1.self_attn.k_proj.lora_A.weight'
    expect(other.tensors[name]).not.toEqual(one.tensors[name])
    expect(one.tensors[name.replace('lora_A', 'lora_B')]!.data.every((x) => x === 0)).toBe(true)
  })
})

describe('saving and loading', () => {
  it('reproduces the next step bit for bit, through a safetensors file', async () => {
    const engine = await load()
    const id = engine.createAdapter(SHAPE)
    await train(engine, id, 3)
    const state = await exported(engine, id)
    const file = readSafetensors(writeSafetensors(new Map(Object.entries(state.tensors))))
    for (const [name, tensor] of Object.entries(state.tensors)) expect(file.get(name)).toEqual(tensor)
    const other = await load()
    const copy = await other.importAdapter(structuredClone(state))
    expect(await exported(other, copy)).toEqual(state)
    expect(await train(other, copy, 2)).toEqual(await train(engine, id, 2))
    expect(await exported(other, copy)).toEqual(await exported(engine, id))
  })

  it('restores in place and drops gradients that were under way', async () => {
    const engine = await load()
    const id = engine.createAdapter(SHAPE)
    await train(engine, id, 2)
    const state = await exported(engine, id)
    const next = await train(engine, id, 1)
    await engine.forwardBackward(id, batch, 'cross_entropy')
    await engine.restoreAdapter(id, state)
    expect(await exported(engine, id)).toEqual(state)
    expect(await train(engine, id, 1)).toEqual(next)
  })

  it('refuses states that do not fit, by name', async () => {
    const engine = await load()
    const state = await exported(engine, engine.createAdapter(SHAPE))
    const name = Object.keys(state.tensors)[0]!
    const { [name]: _, ...rest } = state.tensors
    await expect(engine.importAdapter({ ...state, tensors: rest })).rejects.toThrow(name)
    const wrong = { ...state.tensors, [name]: { shape: [1, 2] as const, data: new Float32Array(2) } }
    await expect(engine.importAdapter({ ...state, tensors: wrong })).rejects.toThrow('shape [1, 2]')
    await expect(engine.restoreAdapter(engine.createAdapter({ ...SHAPE, rank: 4 }), state)).rejects.toThrow('rank')
  })
})

describe('a snapshot', () => {
  it('stays as it is while the original trains on, and cannot be trained', async () => {
    const engine = await load()
    const id = engine.createAdapter(SHAPE)
    await train(engine, id, 2)
    const snapshot = engine.snapshotAdapter(id)
    const params = { maxTokens: 10, temperature: 1, topP: 1, topK: -1, seed: 4, stopTokens: [], stopSequences: [] }
    const prompt = randomTokens(5, vocab, 8)
    const before = await engine.sample(snapshot, prompt, 4, params)
    const during = engine.sample(snapshot, prompt, 4, params)
    await train(engine, id, 3)
    expect(await during).toEqual(before)
    expect(await engine.sample(snapshot, prompt, 4, params)).toEqual(before)
    expect(await engine.sample(id, prompt, 4, params)).not.toEqual(before)
    await expect(engine.forwardBackward(snapshot, batch, 'cross_entropy')).rejects.toThrow('snapshot')
    engine.dropAdapter(id)
    expect(await engine.sample(snapshot, prompt, 4, params)).toEqual(before)
  })
})

describe('refused calls', () => {
  const rl = (d: Datum): Datum => ({ ...d, logprobs: new Float32Array(20), advantages: new Float32Array(20) })
  const first = batch[0]!
  it.each<[string, LossName, Datum[], Record<string, number>?]>([
    ['no data', 'cross_entropy', []],
    ['has no tokens', 'cross_entropy', [{ tokens: new Int32Array(0), targets: new Int32Array(0) }]],
    ['token 37 at 1', 'cross_entropy', [{ tokens: Int32Array.of(0, 37), targets: Int32Array.of(0, 0) }]],
    ['token -100 at 0', 'cross_entropy', [{ tokens: Int32Array.of(0), targets: Int32Array.of(-100) }]],
    ['at most 320', 'cross_entropy', [datum(context + 1, 1)]],
    ['targets has 7 values', 'cross_entropy', [{ tokens: first.tokens, targets: batch[1]!.targets }]],
    ['weights has 3 values', 'cross_entropy', [{ ...first, weights: new Float32Array(3) }]],
    ['not finite', 'cross_entropy', [{ ...first, weights: new Float32Array(20).fill(NaN) }]],
    ['needs logprobs', 'ppo', [first]],
    ['needs advantages', 'dro', [{ ...first, logprobs: new Float32Array(20) }]],
    ['no setting "epsilon"', 'ppo', [rl(first)], { epsilon: 0.2 }],
    ['above', 'ppo', [rl(first)], { clip_low_threshold: 2 }],
    ['unknown loss', 'mse' as LossName, [first]],
    ['for cross_entropy only', 'ppo', [{ ...rl(datum(20, 1)), targetsPerToken: 2 }]],
  ])('say why: %s', async (message, loss, data, config) => {
    const engine = await load()
    const id = engine.createAdapter(SHAPE)
    await expect(engine.forwardBackward(id, data, loss, config)).rejects.toThrow(message)
    expect((await engine.optimStep(id, ADAM)).gradNorm).toBe(0)
  })

  it('say when training has diverged, and leave the adapter as it was', async () => {
    const engine = await load()
    const id = engine.createAdapter(SHAPE)
    await train(engine, id, 1)
    const before = await exported(engine, id)
    await engine.forwardBackward(id, batch, 'cross_entropy')
    await expect(engine.optimStep(id, { ...ADAM, learningRate: 1e39 })).rejects.toMatchObject({ kind: 'diverged' })
    expect(await exported(engine, id)).toEqual(before)
    const tensors = Object.fromEntries(
      Object.entries(before.tensors).map(([k, t]) => [k, { ...t, data: t.data.map(() => 3e38) }]),
    )
    const wild = await engine.importAdapter({ shape: SHAPE, tensors })
    const params = { maxTokens: 3, temperature: 0, topP: 1, topK: -1, stopTokens: [], stopSequences: [] }
    await expect(engine.sample(wild, Int32Array.of(1, 2), 2, params)).rejects.toMatchObject({ kind: 'diverged' })
    await engine.forwardBackward(wild, batch, 'cross_entropy')
    await expect(engine.optimStep(wild, ADAM)).rejects.toMatchObject({ kind: 'diverged' })
  })

  it.each([0, 3, 128, 1.5])('refuse rank %d', async (rank) => {
    const engine = await load()
    expect(() => engine.createAdapter({ ...SHAPE, rank })).toThrow('power of two')
  })

  it('refuse dropped adapters and closed engines', async () => {
    const engine = await load()
    const id = engine.createAdapter(SHAPE)
    engine.dropAdapter(id)
    await expect(engine.forwardBackward(id, batch, 'cross_entropy')).rejects.toMatchObject({ kind: 'unknownAdapter' })
    const long = { maxTokens: 300, temperature: 1, topP: 1, topK: -1, stopTokens: [], stopSequences: [] }
    const cut = engine.sample(null, Int32Array.of(1), 20, long)
    setTimeout(() => engine.close(), 3)
    await expect(cut).rejects.toMatchObject({ kind: 'closed' })
    await expect(engine.forward(null, batch, 'cross_entropy')).rejects.toMatchObject({ kind: 'closed' })
  })

  it.each<[string, Partial<AdamParams>]>([
    ['learning_rate', { learningRate: -1 }],
    ['beta1', { beta1: 1 }],
    ['beta2', { beta2: NaN }],
    ['eps', { eps: 0 }],
    ['weight_decay', { weightDecay: -1 }],
    ['grad_clip_norm', { gradClipNorm: -1 }],
  ])('refuse %s out of range', async (name, change) => {
    const engine = await load()
    const id = engine.createAdapter(SHAPE)
    await expect(engine.optimStep(id, { ...ADAM, ...change })).rejects.toThrow(name)
  })
})
