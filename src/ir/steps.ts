/** How many steps a stage takes: one count for the compiler's promise and the loops' work. */
import type { Hyperparameters } from './pipelineConfig.ts'

export type StepCount = {
  /** Full batches of one epoch, ⌊rows / batch⌋; rows that do not fill a batch wait for the next epoch's shuffle. */
  readonly batchesPerEpoch: number
  /** Batches of the whole stage, after epochs and `maxSteps`. */
  readonly batches: number
  readonly optimizerSteps: number
}

type Size = Pick<Hyperparameters, 'batchSize' | 'epochs' | 'gradientAccumulation' | 'maxSteps'>

/**
 * SFT: one optimizer step per `gradientAccumulation` batches, counted through epochs; batches left over at the very end
 * take no step and are not trained. `maxSteps` limits optimizer steps.
 */
export function sftSteps(rows: number, size: Size): StepCount {
  const batchesPerEpoch = Math.floor(rows / size.batchSize)
  const all = Math.floor((batchesPerEpoch * size.epochs) / size.gradientAccumulation)
  const optimizerSteps = size.maxSteps > 0 ? Math.min(all, size.maxSteps) : all
  return { batchesPerEpoch, batches: optimizerSteps * size.gradientAccumulation, optimizerSteps }
}

/** RL: one batch of rollouts per step, `substeps` optimizer steps each. `maxSteps` limits batches of rollouts. */
export function rlSteps(rows: number, size: Size, substeps: number): StepCount {
  const batchesPerEpoch = Math.floor(rows / size.batchSize)
  const all = batchesPerEpoch * size.epochs
  const batches = size.maxSteps > 0 ? Math.min(all, size.maxSteps) : all
  return { batchesPerEpoch, batches, optimizerSteps: batches * substeps }
}
