/** Node only: worker_threads as shard workers, and the flag that Node 20 needs for relaxed SIMD. */
import v8 from 'node:v8'
import { parentPort, Worker } from 'node:worker_threads'
import { relaxedSimdRuns } from './kernels/kernels.ts'
import type { ShardPort, SpawnWorker } from './shardPort.ts'

/** Call before the first kernel is compiled. Node 22 has the feature on and reports an error for the flag, so look first. */
export function enableRelaxedSimd(): void {
  if (!relaxedSimdRuns()) v8.setFlagsFromString('--experimental-wasm-relaxed-simd')
}

/** Spawns `script`, a JavaScript module whose body is `serveShard(nodeParentPort())`. */
export function nodeSpawner(script: URL): SpawnWorker {
  return () => {
    const worker = new Worker(script)
    // A shard waits for work for as long as the engine lives: that alone must not keep the process alive.
    worker.unref()
    let closed = false
    return {
      post: (message, transfer) => worker.postMessage(message, [...(transfer ?? [])]),
      listen(onMessage, onError) {
        worker.on('message', onMessage)
        worker.on('error', onError)
        worker.on('exit', (code) => {
          if (!closed) onError(new Error(`a shard worker ended with code ${code}`))
        })
      },
      busy(outstanding) {
        if (outstanding) worker.ref()
        else worker.unref()
      },
      close() {
        closed = true
        void worker.terminate()
      },
    }
  }
}

/** The worker's own end. */
export function nodeParentPort(): ShardPort {
  const port = parentPort
  if (!port) throw new Error('this script is a worker and was started as a program')
  return {
    post: (message, transfer) => port.postMessage(message, [...(transfer ?? [])]),
    listen: (onMessage, onError) => {
      port.on('message', onMessage)
      port.on('messageerror', onError)
    },
    close: () => port.close(),
  }
}
