/** Where jobs run: on the calling thread, or in a shard worker. Both give the same bits. */
import type { BatchOutput, Core, TopOutput } from './core.ts'
import type { BatchJob } from './datums.ts'
import { EngineError } from './errors.ts'
import type { SimdVariant } from './kernels/kernels.ts'
import type { LoraWeights } from './packCache.ts'
import type { SampleJob } from './sampler.ts'
import type { ShardPort } from './shardPort.ts'
import type { ShardReply, ShardRequest, ShardTask, ShardValue } from './shardProtocol.ts'
import type { ModelFiles, SampledSequence } from './engineApi.ts'

export interface Executor {
  /** Batches it can hold at once without idling between them. */
  readonly depth: number
  batch(weights: LoraWeights | null, job: BatchJob): Promise<BatchOutput>
  top(weights: LoraWeights | null, tokens: Int32Array, k: number): Promise<TopOutput>
  sample(weights: LoraWeights | null, job: SampleJob, signal?: AbortSignal): Promise<SampledSequence[]>
  /** The version will not be used again. */
  drop(version: number): void
  close(): void
}

export function localExecutor(core: Core): Executor {
  return {
    depth: 2,
    batch: (weights, job) => core.batch(weights, job),
    top: (weights, tokens, k) => core.top(weights, tokens, k),
    sample: (weights, job, signal) => whileListening(signal, (onAbort) => core.sampler.sample(weights, job, onAbort)),
    drop: (version) => core.drop(version),
    close: () => core.sampler.close(),
  }
}

/** Runs `work`, which registers what an abort should do; the listener goes when the work is done, as signals may outlive it. */
async function whileListening<T>(
  signal: AbortSignal | undefined,
  work: (onAbort: (cancel: () => void) => void) => Promise<T>,
): Promise<T> {
  let cancel = (): void => {}
  const listener = (): void => cancel()
  signal?.addEventListener('abort', listener, { once: true })
  try {
    return await work((given) => {
      cancel = given
    })
  } finally {
    signal?.removeEventListener('abort', listener)
  }
}

type Waiting = { resolve(value: ShardValue): void; reject(error: unknown): void }

/** Loads the model in the worker behind `port`; rejects with the worker's reason if it cannot. */
export async function remoteExecutor(port: ShardPort, files: ModelFiles, variant: SimdVariant): Promise<Executor> {
  const waiting = new Map<number, Waiting>()
  const known = new Set<number>()
  let nextId = 0
  let broken: Error | null = null
  /** A dead worker answers nothing any more: what waits and what comes later is refused with the reason. */
  const fail = (error: Error): void => {
    broken ??= error
    for (const w of waiting.values()) w.reject(broken)
    waiting.clear()
  }
  const send = (request: ShardRequest): void => port.post(request)
  const run = <T extends ShardValue>(task: ShardTask, signal?: AbortSignal): Promise<T> =>
    whileListening(
      signal,
      (onAbort) =>
        new Promise<T>((resolve, reject) => {
          if (broken) return reject(broken)
          const id = nextId++
          if (waiting.size === 0) port.busy?.(true)
          waiting.set(id, { resolve: resolve as (value: ShardValue) => void, reject })
          onAbort(() => send({ kind: 'cancel', id }))
          send({ kind: 'task', id, task })
        }),
    )
  const announce = (weights: LoraWeights | null): number | null => {
    if (weights && !known.has(weights.version)) {
      known.add(weights.version)
      send({ kind: 'weights', version: weights.version, shape: weights.layout.shape, data: weights.data })
    }
    return weights?.version ?? null
  }
  port.listen((message) => {
    const reply = message as ShardReply
    const waiter = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (waiting.size === 0) port.busy?.(false)
    if (reply.ok) waiter?.resolve(reply.value)
    else if (reply.error.kind === 'bug') waiter?.reject(new Error(reply.error.message))
    else waiter?.reject(new EngineError(reply.error.kind, reply.error.message))
  }, fail)
  await run({ op: 'load', files, variant })
  return {
    depth: 2,
    batch: (weights, job) => run<BatchOutput>({ op: 'batch', version: announce(weights), job }),
    top: (weights, tokens, k) => run<TopOutput>({ op: 'top', version: announce(weights), tokens, k }),
    sample: (weights, job, signal) => run<SampledSequence[]>({ op: 'sample', version: announce(weights), job }, signal),
    drop(version) {
      if (known.delete(version)) send({ kind: 'drop', version })
    },
    close() {
      port.close()
      fail(new EngineError('closed', 'the engine was closed'))
    },
  }
}
