import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, serveShard } from './index.ts'
import type { AdamParams, AdapterState, Datum, Engine, LoraShape, SampledSequence, ShardPort } from './index.ts'
import { nodeSpawner } from './nodeShards.ts'
import { randomModel, randomTokens } from './testing/randomModel.ts'

const model = randomModel()
const vocab = model.config.vocab_size
const SHAPE: LoraShape = { rank: 4, alpha: 8, seed: 3, trainAttn: true, trainMlp: true, trainUnembed: false }
const ADAM: AdamParams = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradClipNorm: 1 }
const PARAMS = { maxTokens: 12, temperature: 1, topP: 1, topK: -1, seed: 4, stopTokens: [5], stopSequences: [] }

/** Many short sequences: several micro-batches, of unequal sizes. */
const batch: Datum[] = Array.from({ length: 40 }, (_, i) => ({
  tokens: randomTokens(3 + ((i * 7) % 40), vocab, i),
  targets: randomTokens(3 + ((i * 7) % 40), vocab, i + 500),
}))

type Record = { losses: number[]; state: AdapterState; samples: SampledSequence[]; info: Engine['info'] }

async function work(engine: Engine): Promise<Record> {
  const id = engine.createAdapter(SHAPE)
  const losses: number[] = []
  for (let i = 0; i < 3; i++) {
    losses.push((await engine.forwardBackward(id, batch, 'cross_entropy')).loss)
    await engine.optimStep(id, ADAM)
  }
  const samples = await engine.sample(id, randomTokens(6, vocab, 1), 30, PARAMS)
  const state = await engine.exportAdapter(id, { optimizer: true })
  const { info } = engine
  return { losses, state, samples, info }
}

/** A shard on this thread behind a real message channel: the protocol and structured clones without a thread. */
function channelShard(): ShardPort {
  const { port1, port2 } = new MessageChannel()
  const wrap = (port: typeof port1): ShardPort => ({
    post: (message, transfer) => port.postMessage(message, [...(transfer ?? [])]),
    listen: (onMessage) => void port.on('message', onMessage),
    close: () => port.close(),
  })
  serveShard(wrap(port2))
  return wrap(port1)
}

describe('data-parallel shards', () => {
  it('give the same bits whatever their number', async () => {
    const alone = await work(await loadEngine(model.files, { simd: 'strict' }))
    for (const shards of [1, 2, 3]) {
      const engine = await loadEngine(model.files, { simd: 'strict', shards, spawn: channelShard })
      const got = await work(engine)
      engine.close()
      expect(got.info.shards).toBe(shards)
      expect({ ...got, info: 0 }).toEqual({ ...alone, info: 0 })
    }
  })

  it('carry refusals, cancellation and closing across the port', async () => {
    const bad = { config: model.config, weights: new Uint8Array(3) }
    await expect(loadEngine(bad, { spawn: channelShard })).rejects.toMatchObject({ kind: 'badModel' })
    const engine = await loadEngine(model.files, { shards: 2, spawn: channelShard })
    const stop = new AbortController()
    const long = { ...PARAMS, maxTokens: 300, stopTokens: [] }
    const cancelled = engine.sample(null, randomTokens(6, vocab, 1), 40, long, stop.signal)
    setTimeout(() => stop.abort(), 5)
    await expect(cancelled).rejects.toMatchObject({ kind: 'cancelled' })
    const cut = engine.sample(null, randomTokens(6, vocab, 1), 40, long)
    setTimeout(() => engine.close(), 5)
    await expect(cut).rejects.toMatchObject({ kind: 'closed' })
  })
})

describe('worker threads', () => {
  let folder = ''
  let script: URL

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tunegraph-shard-'))
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: fileURLToPath(new URL('./nodeShard.ts', import.meta.url)),
        outDir: folder,
        emptyOutDir: false,
        rolldownOptions: { output: { entryFileNames: 'shard.mjs' } },
      },
    })
    script = pathToFileURL(join(folder, 'shard.mjs'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('train and sample with the same bits as the calling thread', async () => {
    expect(existsSync(script)).toBe(true)
    const alone = await work(await loadEngine(model.files, { simd: 'strict' }))
    const engine = await loadEngine(model.files, { simd: 'strict', shards: 2, spawn: nodeSpawner(script) })
    const got = await work(engine)
    engine.close()
    expect({ ...got, info: 0 }).toEqual({ ...alone, info: 0 })
  })

  it('that die reject what was asked of them', async () => {
    const engine = await loadEngine(model.files, { shards: 1, spawn: nodeSpawner(script) })
    const died: ((error: Error) => void)[] = []
    const dying = await loadEngine(model.files, {
      shards: 1,
      spawn: () => {
        const port = channelShard()
        return {
          ...port,
          listen: (onMessage, onError) => {
            died.push(onError)
            port.listen(onMessage, onError)
          },
        }
      },
    })
    died[0]!(new Error('out of memory'))
    await expect(dying.forward(null, batch, 'cross_entropy')).rejects.toThrow('out of memory')
    dying.close()
    const broken = loadEngine(model.files, { shards: 1, spawn: nodeSpawner(new URL('file:///nowhere/shard.mjs')) })
    await expect(broken).rejects.toThrow()
    engine.close()
    await expect(engine.forward(null, batch, 'cross_entropy')).rejects.toMatchObject({ kind: 'closed' })
  })
})
