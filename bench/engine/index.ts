/** The engine against the ceiling of its own kernels, against PyTorch, and two workers against one. */
import { loadEngine } from '#src/backend/engine/index.ts'
import { instantiateKernels } from '#src/backend/engine/kernels/kernels.ts'
import type { Kernels } from '#src/backend/engine/kernels/kernels.ts'
import { Heap } from '#src/backend/engine/heap.ts'
import { enableRelaxedSimd, nodeSpawner } from '#src/backend/engine/nodeShards.ts'
import { groupedData, modelFiles, randomData, SIZES, stepFlops } from './models.ts'
import { againstTorch } from './peer.ts'
import { firstAnswer } from './serve.ts'
import { atLeast, cpuSeconds, interleave, noted } from './timing.ts'
import type { Row } from './timing.ts'
import { ADAPTER, SAMPLE, step, withBundled } from './work.ts'
import { twoWorkers, workerMemory } from './workers.ts'

const ROUNDS = 5
/** More for the step: neighbours on the same processor take its caches from time to time, and the yardstick needs none. */
const STEP_ROUNDS = 11
const PEAK_ROUNDS = 2e6

type Log = (line: string) => void

/** Called by bench/run.mjs. */
export async function bench({ log = () => {} }: { log?: Log } = {}): Promise<Row[]> {
  enableRelaxedSimd()
  const rows: Row[] = []
  const add = (...more: Row[]): void => {
    for (const row of more) log(`${row.name}: ${row.value} (${row.goal})`)
    rows.push(...more)
  }
  add(...(await products()))
  add(...(await steps('S', 0.5)))
  add(...(await steps('M', 0.6)))
  add(...(await shortSequences()))
  const { variant } = await newKernels()
  add(await workerMemory(variant))
  await withBundled('src/backend/engine/nodeShard.ts', async (script) => {
    const spawn = nodeSpawner(script)
    add(...(await twoWorkers(spawn, variant)))
    add(...(await againstTorch(spawn)))
  })
  add(...(await firstAnswer()))
  return rows
}

async function newKernels(): Promise<{ kernels: Kernels; heap: Heap; variant: 'strict' | 'relaxed' }> {
  const probe = await loadEngine(modelFiles({ layers: 1, hidden: 16, heads: 1, kvHeads: 1, ffn: 16, vocab: 16 }))
  const variant = probe.info.simd
  const instance = await instantiateKernels(variant)
  return { kernels: instance.kernels, heap: new Heap(instance), variant }
}

async function products(): Promise<Row[]> {
  const { kernels, heap, variant } = await newKernels()
  const [m, n, k] = [2048, 256, 256]
  const a = heap.alloc(m * (k + 16))
  const b = heap.alloc(k * n)
  const c = heap.alloc(m * (n + 16))
  heap.f32(a, m * (k + 16)).fill(0.5)
  heap.f32(b, k * n).fill(0.25)
  const seconds = await interleave(
    {
      peak: () => kernels.peak(PEAK_ROUNDS, 1.0000001),
      gemm: () => {
        for (let i = 0; i < 20; i++) kernels.gemm(m, n, k, a, k + 16, 1, b, k * 16, c, n + 16, 16, false)
      },
    },
    ROUNDS,
    cpuSeconds,
  )
  const peak = (96 * PEAK_ROUNDS) / seconds.peak
  const gemm = (20 * 2 * m * n * k) / seconds.gemm
  return [noted(`peak, ${variant} SIMD, GF/s`, peak / 1e9), atLeast('product 2048×256×256 ÷ peak', gemm / peak, 0.6)]
}

/** 16 sequences of 128 tokens, as the bake-off trained. */
async function steps(name: 'S' | 'M', floor: number): Promise<Row[]> {
  const { kernels } = await newKernels()
  const size = SIZES[name]
  const engine = await loadEngine(modelFiles(size))
  const id = engine.createAdapter(ADAPTER)
  const data = randomData(16, () => 128, size.vocab)
  const prompt = Int32Array.from([1, 2, 3, 4, 5, 6, 7, 8])
  const peak = (): unknown => kernels.peak(PEAK_ROUNDS, 1.0000001)
  const train = (): unknown => step(engine, id, data)
  const alone = await interleave({ peak, train }, STEP_ROUNDS, cpuSeconds)
  const seconds = await interleave(
    {
      train,
      sixteen: () => engine.sample(id, prompt, 16, SAMPLE),
      single: () => engine.sample(id, prompt, 1, SAMPLE),
    },
    ROUNDS,
    cpuSeconds,
  )
  engine.close()
  const ratio = stepFlops(size, data) / alone.train / ((96 * PEAK_ROUNDS) / alone.peak)
  const perSecond = (16 * 128) / seconds.train
  return [
    atLeast(`${name} step ÷ peak`, ratio, floor),
    noted(`${name} training, tokens/s`, (16 * 128) / alone.train),
    noted(`${name} sampling 16 sequences, tokens/s`, (16 * SAMPLE.maxTokens) / seconds.sixteen),
    atLeast(`${name} sampling 16 sequences ÷ training`, (16 * SAMPLE.maxTokens) / seconds.sixteen / perSecond, 1),
    atLeast(`${name} sampling 1 sequence ÷ training`, SAMPLE.maxTokens / seconds.single / perSecond, 0.5),
  ]
}

/** The lessons' regime on the shipped shape: 64 sequences of 20–60 tokens; 8 samples each of 8 prompts; 64 and 128 samples of 16 tokens. */
async function shortSequences(): Promise<Row[]> {
  const size = SIZES.tiny
  const engine = await loadEngine(modelFiles(size))
  const id = engine.createAdapter(ADAPTER)
  const data = randomData(64, (i) => 20 + ((i * 17) % 41), size.vocab)
  const tokens = data.reduce((sum, d) => sum + d.tokens.length, 0)
  const groups = groupedData(8, 8, size.vocab)
  const grouped = groups.reduce((sum, d) => sum + d.tokens.length, 0)
  const prompt = data[0]!.tokens
  const params = { ...SAMPLE, maxTokens: 16 }
  const seconds = await interleave(
    {
      step: () => step(engine, id, data),
      groups: () => step(engine, id, groups),
      many: () => engine.sample(id, prompt, 64, params),
      most: () => engine.sample(id, prompt, 128, params),
    },
    ROUNDS,
    cpuSeconds,
  )
  engine.close()
  return [
    noted('tiny training, 64 short sequences, tokens/s', tokens / seconds.step),
    noted('tiny training, 8 groups of 8 samples, tokens/s', grouped / seconds.groups),
    noted('tiny sampling, 64 × 16 tokens, tokens/s', (64 * 16) / seconds.many),
    noted('tiny sampling, 128 × 16 tokens, tokens/s', (128 * 16) / seconds.most),
  ]
}
