/** Two workers against one, beside what the machine itself gives a second thread; memory of a worker. */
import { Worker } from 'node:worker_threads'
import { Core } from '#src/backend/engine/core.ts'
import { packJob, planMicroBatches } from '#src/backend/engine/datums.ts'
import { loadEngine } from '#src/backend/engine/index.ts'
import type { SpawnWorker } from '#src/backend/engine/index.ts'
import type { SimdVariant } from '#src/backend/engine/kernels/kernels.ts'
import { resolveLoss } from '#src/backend/engine/losses.ts'
import { initialLora, planLora } from '#src/backend/engine/loraLayout.ts'
import { rowCosts } from '#src/backend/engine/sharedRows.ts'
import { modelFiles, randomData, SIZES } from './models.ts'
import type { PeakOrder } from './peakWorker.ts'
import { atLeast, interleave, noted, wallSeconds } from './timing.ts'
import type { Row } from './timing.ts'
import { ADAPTER, SAMPLE, step, withBundled } from './work.ts'

const ROUNDS = 15
const MOST_MB = 150

export async function twoWorkers(spawn: SpawnWorker, variant: SimdVariant): Promise<Row[]> {
  const size = SIZES.S
  const data = randomData(16, () => 128, size.vocab)
  const [one, two] = [
    await loadEngine(modelFiles(size), { shards: 1, spawn }),
    await loadEngine(modelFiles(size), { shards: 2, spawn }),
  ]
  const [a, b] = [one.createAdapter(ADAPTER), two.createAdapter(ADAPTER)]
  return withBundled('bench/engine/peakWorker.ts', async (script) => {
    const threads = [new Worker(script), new Worker(script)] as const
    const peak = (thread: Worker): Promise<void> =>
      new Promise((resolve) => {
        thread.once('message', () => resolve())
        thread.postMessage({ variant, rounds: 8e6 } satisfies PeakOrder)
      })
    try {
      const seconds = await interleave(
        {
          one: () => step(one, a, data),
          two: () => step(two, b, data),
          peakOne: () => peak(threads[0]),
          peakTwo: () => Promise.all(threads.map(peak)),
        },
        ROUNDS,
        wallSeconds,
      )
      return [
        atLeast('S step, two workers ÷ one', seconds.one / seconds.two, 1.6),
        noted(
          'the yardstick on two threads ÷ one: what the machine had to give',
          (2 * seconds.peakOne) / seconds.peakTwo,
        ),
      ]
    } finally {
      one.close()
      two.close()
      await Promise.all(threads.map((thread) => thread.terminate()))
    }
  })
}

/** What a worker of M has reserved after training steps and 16 sequences sampled: weights, merged weights, activations, caches. */
export async function workerMemory(variant: SimdVariant): Promise<Row> {
  const size = SIZES.M
  const core = await Core.load(modelFiles(size), variant)
  const layout = planLora(core.model.plan, ADAPTER)
  const data = randomData(16, () => 128, size.vocab)
  for (let version = 0; version < 2; version++) {
    const weights = { version, layout, data: initialLora(layout) }
    for (const [from, to] of planMicroBatches(rowCosts(data))) {
      await core.batch(weights, packJob(data.slice(from, to), 'cross_entropy', resolveLoss('cross_entropy', {}), true))
    }
    const prompt = Int32Array.from([1, 2, 3, 4, 5, 6, 7, 8])
    await core.sampler.sample(weights, { prompt, first: 0, count: 16, params: { ...SAMPLE, maxTokens: 16, seed: 1 } })
    core.drop(version)
  }
  const value = Math.round(core.model.heap.bytes / 1e6)
  return { name: 'M memory of a worker, MB', value, goal: `≤ ${MOST_MB}`, holds: value <= MOST_MB }
}
