/** Starts an engine over a model folder's files. */
import { countParameters } from './baseWeights.ts'
import { Core } from './core.ts'
import { ShardedEngine } from './engine.ts'
import { localExecutor, remoteExecutor } from './executor.ts'
import type { Executor } from './executor.ts'
import { relaxedSimdRuns } from './kernels/kernels.ts'
import { planLinears } from './linears.ts'
import { parseModelConfig } from './modelConfig.ts'
import { Pool } from './pool.ts'
import type { Engine, EngineOptions, ModelFiles } from './engineApi.ts'

/**
 * With `spawn`, `shards` workers (2 unless said) each load the model and do all arithmetic, and the calling thread stays
 * free; without, the calling thread computes, in pieces. Rejects with an EngineError of kind `badModel`.
 */
export async function loadEngine(files: ModelFiles, options: EngineOptions = {}): Promise<Engine> {
  const dims = parseModelConfig(files.config)
  const variant = options.simd !== 'strict' && relaxedSimdRuns() ? 'relaxed' : 'strict'
  const executors: Executor[] = []
  if (options.spawn) {
    const { spawn, shards = 2 } = options
    const ports = await Promise.all(Array.from({ length: Math.max(1, shards) }, (_, i) => spawn(i)))
    try {
      executors.push(...(await Promise.all(ports.map((port) => remoteExecutor(port, files, variant)))))
    } catch (error) {
      for (const port of ports) port.close()
      throw error
    }
  } else executors.push(localExecutor(await Core.load(files, variant)))
  return new ShardedEngine(dims, planLinears(dims), new Pool(executors), {
    parameters: countParameters(dims),
    layers: dims.layers,
    vocabSize: dims.vocab,
    maxContext: dims.maxContext,
    simd: variant,
    shards: executors.length,
  })
}
