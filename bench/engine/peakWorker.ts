/** A worker that runs the yardstick when asked: how much a second thread of this machine gives, whoever else uses it. */
import { parentPort } from 'node:worker_threads'
import { instantiateKernels } from '#src/backend/engine/kernels/kernels.ts'
import type { Kernels, SimdVariant } from '#src/backend/engine/kernels/kernels.ts'

export type PeakOrder = { variant: SimdVariant; rounds: number }

const port = parentPort!
let kernels: Promise<Kernels> | null = null

port.on('message', ({ variant, rounds }: PeakOrder) => {
  kernels ??= instantiateKernels(variant).then((instance) => instance.kernels)
  void kernels.then(({ peak }) => port.postMessage(peak(rounds, 1.0000001)))
})
