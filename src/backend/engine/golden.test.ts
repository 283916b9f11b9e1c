import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { joinWeights, loadEngine, weightFiles, WEIGHT_INDEX } from './index.ts'
import type { AdapterState, Engine, SampleParams } from './index.ts'

type Sequence = { name: string; ids: number[]; logprobs: number[] }
type Greedy = { prompt: number[]; continuation: number[] }
type Golden = {
  sequences: Sequence[]
  greedy: Greedy[]
  lora: {
    rank: number
    alpha: number
    amplitude_a: number
    amplitude_b: number
    seed: number
    targets: string[]
    sequences: Sequence[]
    greedy: Greedy[]
  }
}

const models = fileURLToPath(new URL('../../../models/', import.meta.url))
const read = (path: string): unknown => JSON.parse(readFileSync(models + path, 'utf8'))
const names = readdirSync(models + 'golden').map((file) => file.replace(/\.json$/, ''))

function weightsOf(name: string): Uint8Array {
  const whole = `${models}${name}/model.safetensors`
  if (existsSync(whole)) return readFileSync(whole)
  const index = read(`${name}/${WEIGHT_INDEX}`)
  const parts = weightFiles(index).map((file) => [file, readFileSync(`${models}${name}/${file}`)] as const)
  return joinWeights(index, new Map(parts))
}

function load(name: string): Promise<Engine> {
  const weights = weightsOf(name)
  return loadEngine({ config: read(`${name}/config.json`), weights }, { simd: 'strict' })
}

const GREEDY: SampleParams = { maxTokens: 0, temperature: 0, topP: 1, topK: -1, stopTokens: [], stopSequences: [] }

async function compare(
  engine: Engine,
  id: Parameters<Engine['sample']>[0],
  golden: Pick<Golden, 'sequences' | 'greedy'>,
) {
  for (const { name, ids, logprobs } of golden.sequences) {
    const got = await engine.promptLogprobs(id, Int32Array.from(ids))
    const worst = Math.max(...logprobs.map((x, i) => Math.abs(x - got[i + 1]!)))
    expect(worst, name).toBeLessThan(1e-4)
  }
  for (const { prompt, continuation } of golden.greedy) {
    const params = { ...GREEDY, maxTokens: continuation.length }
    const [sample] = await engine.sample(id, Int32Array.from(prompt), 1, params)
    expect([...sample!.tokens]).toEqual(continuation)
  }
}

/** The adapter that models/golden.py describes: A and B filled by a linear congruential generator. */
function goldenAdapter(lora: Golden['lora'], blank: AdapterState): AdapterState {
  let x = lora.seed
  const fill = (length: number, amplitude: number): Float32Array =>
    Float32Array.from({ length }, () => {
      x = (Math.imul(1664525, x) + 1013904223) >>> 0
      return (x / 2 ** 32 - 0.5) * 2 * amplitude
    })
  const tensors = { ...blank.tensors }
  for (const [name, { shape }] of Object.entries(blank.tensors)) {
    const amplitude = name.endsWith('lora_A.weight') ? lora.amplitude_a : lora.amplitude_b
    tensors[name] = { shape, data: fill(shape[0] * shape[1], amplitude) }
  }
  return { shape: blank.shape, tensors }
}

describe.each(names)('%s against values made with transformers', (name) => {
  const golden = read(`golden/${name}.json`) as Golden

  it('gives the same log-probabilities and greedy continuations', async () => {
    const engine = await load(name)
    await compare(engine, null, golden)
  })

  it('gives them with an adapter too', async () => {
    const engine = await load(name)
    const { rank, alpha } = golden.lora
    const id = engine.createAdapter({ rank, alpha, seed: 0, trainAttn: true, trainMlp: true, trainUnembed: false })
    const blank = await engine.exportAdapter(id, { optimizer: false })
    await compare(engine, await engine.importAdapter(goldenAdapter(golden.lora, blank)), golden.lora)
  })
})
