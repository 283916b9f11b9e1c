import { describe, expect, it } from 'vitest'
import { Core } from './core.ts'
import { packJob } from './datums.ts'
import { localExecutor } from './executor.ts'
import { resolveLoss } from './losses.ts'
import { initialLora, planLora } from './loraLayout.ts'
import type { LoraWeights } from './packCache.ts'
import { Pool } from './pool.ts'
import { randomModel, randomTokens } from './testing/randomModel.ts'
import { Turns } from './turns.ts'

/** Adds `count` pieces to a lane and returns a promise of the last. */
function addAll(turns: Turns, lane: string, cost: number, count: number): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => turns.add(lane, cost, () => {})))
}

function recorded(turns: Turns): string[] {
  const order: string[] = []
  turns.onTurn = (lane) => order.push(lane)
  return order
}

describe('turns', () => {
  it('give lanes equal shares of work, however it is cut', async () => {
    const turns = new Turns()
    const order = recorded(turns)
    await Promise.all([addAll(turns, 'coarse', 100, 4), addAll(turns, 'fine', 10, 40)])
    expect(order).toHaveLength(44)
    // While both have work, neither is ahead by more than one coarse piece.
    let coarse = 0
    let fine = 0
    for (const lane of order.slice(0, order.lastIndexOf('fine'))) {
      if (lane === 'coarse') coarse += 100
      else fine += 10
      expect(Math.abs(coarse - fine)).toBeLessThanOrEqual(100)
    }
  })

  it('neither starve a newcomer nor pay it for the time before it came', async () => {
    const turns = new Turns()
    const order = recorded(turns)
    let late: Promise<unknown> | null = null
    const early: Promise<unknown>[] = []
    for (let i = 0; i < 40; i++) {
      early.push(
        turns.add('early', 5, () => {
          if (i === 19) late = addAll(turns, 'late', 5, 10)
        }),
      )
    }
    await Promise.all(early)
    await late
    const after = order.slice(20)
    expect(after.slice(0, 20).filter((lane) => lane === 'late')).toHaveLength(10)
    expect(after.slice(0, 6).filter((lane) => lane === 'early').length).toBeGreaterThanOrEqual(2)
  })

  it('let a piece go on while nobody waits, and count what it does more', async () => {
    const turns = new Turns()
    const order = recorded(turns)
    let other: Promise<unknown> | null = null
    await turns.add('long', 10, () => {
      for (let i = 0; i < 3; i++) expect(turns.again(10)).toBe(true)
      other = addAll(turns, 'other', 10, 4)
      expect(turns.again(10)).toBe(false)
    })
    expect(turns.again(10)).toBe(false)
    await Promise.all([other, addAll(turns, 'long', 10, 2)])
    // The newcomer enters at the level of the last helping, as if it had been a piece of its own; then they alternate.
    expect(order.slice(0, 4)).toEqual(['long', 'long', 'long', 'long'])
    expect(order.slice(4)).toEqual(['other', 'long', 'other', 'long', 'other', 'other'])
  })

  it('hold a place for a lane that adds its next piece when it hears of the last', async () => {
    const turns = new Turns()
    const order = recorded(turns)
    const chain = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) await turns.add('chain', 1, () => {})
    }
    await Promise.all([chain(), addAll(turns, 'queue', 1, 10)])
    for (let i = 0; i < 20; i += 2) expect(order.slice(i, i + 2).toSorted()).toEqual(['chain', 'queue'])
  })

  it('go on after a piece that fails', async () => {
    const turns = new Turns()
    const failed = turns.add('a', 1, () => {
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await turns.add('a', 1, () => 'yes')).toBe('yes')
  })
})

const model = randomModel()
const vocab = model.config.vocab_size
const PARAMS = { maxTokens: 120, temperature: 1, topP: 1, topK: -1, seed: 4, stopTokens: [], stopSequences: [] }

async function scene() {
  const core = await Core.load(model.files, 'strict')
  const shape = { rank: 4, alpha: 8, seed: 3, trainAttn: true, trainMlp: true, trainUnembed: false }
  const layout = planLora(core.model.plan, shape)
  const weights = (version: number): LoraWeights => ({ version, layout, data: initialLora(layout) })
  const order: string[] = []
  core.turns.onTurn = (lane) => order.push(lane)
  const job = packJob(
    [{ tokens: randomTokens(64, vocab, 1), targets: randomTokens(64, vocab, 2) }],
    'cross_entropy',
    resolveLoss('cross_entropy', {}),
    true,
  )
  const sample = (version: number, count: number): Promise<unknown> =>
    core.sampler.sample(weights(version), { prompt: randomTokens(5, vocab, 3), first: 0, count, params: PARAMS })
  return { core, weights, order, job, sample }
}

describe('one thread', () => {
  it('trains one model while it samples another: each gets its share', async () => {
    const { core, weights, order, job, sample } = await scene()
    const sampling = sample(0, 32)
    const training = Promise.all(Array.from({ length: 30 }, () => core.batch(weights(1), job)))
    await Promise.all([sampling, training])
    // The first token comes with the prompt.
    expect(order.filter((lane) => lane === 'sample 0')).toHaveLength(119)
    expect(order.filter((lane) => lane === 'batch 1')).toHaveLength(30)
    // 64 rows forward and backward cost 192, a step of 32 sequences 72: batches come among the steps, neither first nor last.
    const both = order.slice(order.indexOf('sample 0'), order.lastIndexOf('batch 1'))
    const steps = both.filter((lane) => lane === 'sample 0').length
    const batches = both.filter((lane) => lane === 'batch 1').length
    expect(steps / batches).toBeGreaterThan(2)
    expect(steps / batches).toBeLessThan(3.4)
  })

  it('lets new requests join the sequences that are being decoded', async () => {
    const { core, order, sample } = await scene()
    let second: Promise<unknown> | null = null
    core.turns.onTurn = (lane) => {
      order.push(lane)
      if (order.length === 60) second = sample(0, 8)
    }
    await sample(0, 8)
    await second
    // Apart they would take 238 steps; together the second ends as many steps after the first as it came late.
    expect(order.length).toBeGreaterThanOrEqual(119 + 59)
    expect(order.length).toBeLessThan(119 + 70)
  })

  it('gives the batches of two models in turn, also those that still wait for a worker', async () => {
    const { core, weights, order, job } = await scene()
    const pool = new Pool([localExecutor(core)])
    const all = (version: number, count: number): Promise<unknown> =>
      Promise.all(Array.from({ length: count }, () => pool.batch(weights(version), job)))
    const long = all(1, 40)
    await Promise.all([all(2, 5), long])
    // The short call is through after about as many batches of the long one as it has itself.
    expect(order.lastIndexOf('batch 2')).toBeLessThan(16)
  })
})
