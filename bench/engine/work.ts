/** What the engine's benches have in common: the adapter, a training step, how to sample, a bundled worker. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import type { AdamParams, AdapterId, Datum, Engine, LoraShape, SampleParams } from '#src/backend/engine/index.ts'

/** Rank 16 on all layers but the unembedding. */
export const ADAPTER: LoraShape = { rank: 16, alpha: 32, seed: 1, trainAttn: true, trainMlp: true, trainUnembed: false }

const ADAM: AdamParams = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-12, weightDecay: 0, gradClipNorm: 0 }

export const SAMPLE: SampleParams = {
  maxTokens: 96,
  temperature: 1,
  topP: 1,
  topK: -1,
  seed: 1,
  stopTokens: [],
  stopSequences: [],
}

export async function step(engine: Engine, id: AdapterId, data: readonly Datum[]): Promise<void> {
  await engine.forwardBackward(id, data, 'cross_entropy')
  await engine.optimStep(id, ADAM)
}

/** Bundles a worker's script for as long as `work` runs. `script` is relative to the repository. */
export async function withBundled<T>(script: string, work: (bundle: URL) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tunegraph-bench-'))
  try {
    await build({
      configFile: false,
      logLevel: 'error',
      resolve: { alias: { '#src': fileURLToPath(new URL('../../src', import.meta.url)) } },
      build: {
        ssr: fileURLToPath(new URL(`../../${script}`, import.meta.url)),
        outDir: folder,
        emptyOutDir: false,
        rolldownOptions: { output: { entryFileNames: 'worker.mjs' } },
      },
    })
    return await work(pathToFileURL(join(folder, 'worker.mjs')))
  } finally {
    await rm(folder, { recursive: true })
  }
}
