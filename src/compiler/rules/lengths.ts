/** How long and how large a stage is. Sources: recipes §7.2, §8 V3, V35, V36, V74, V75; features 5.18. */
import type { Fix } from '../../base/diagnostic.ts'
import type { Hyperparameters, StageEstimate, TrainStage } from '../../ir/pipelineConfig.ts'
import { rlSteps, sftSteps } from '../../ir/steps.ts'
import { compilerDiagnostic } from '../codes.ts'
import { field, setting, times } from './rule.ts'
import type { RlRule, SftRule, TrainRule } from './rule.ts'

const FEW_STEPS = { sft: 100, rl: 20 } as const
const MANY_EPOCHS = 3
const SMALL_SET = 10_000
const MANY_PASSES = 5
const LARGE_BATCH = 1024
/** Below it steps are noisy (Tinker Studio), and below the other no batch is proposed. */
const NOISY_BATCH = 16
const SMALL_BATCH = 8
const MANY_ROLLOUTS = 4096

export const fewSteps: TrainRule = ({ stage, estimate, known }) => {
  if (!estimate || !known) return []
  const { optimizerSteps } = estimate
  const wanted = FEW_STEPS[stage.mode]
  if (optimizerSteps === 0 || optimizerSteps >= wanted) return []
  const message = `“${stage.title}” takes only ${times(optimizerSteps, 'step')}; ${wanted} and more settle on something. Smaller batches or more epochs give more.`
  const { node } = stage
  const all = stepsOf(stage, estimate.rows, { maxSteps: 0 })
  // The limit is what ends it early; without it other fields would have to give more.
  if (optimizerSteps < all) {
    const fix = all >= wanted ? { fix: setting(node, 'maxSteps', 0) } : {}
    return [compilerDiagnostic('CM3711', field(node, 'maxSteps'), message, fix)]
  }
  const mend = longer(stage, estimate, wanted)
  return [compilerDiagnostic('CM3711', field(node, 'batchSize'), message, mend ? { fix: mend } : {})]
}

/** A batch that gives enough steps, or else so many epochs, as long as either is sensible. Batches are counted within an epoch. */
function longer(stage: TrainStage, { rows, stepsPerEpoch }: StageEstimate, wanted: number): Fix | null {
  const { batchSize, epochs, gradientAccumulation } = stage.hyperparameters
  const perBatch = stage.mode === 'rl' ? stage.rl.substeps : 1 / gradientAccumulation
  const smaller = Math.floor(rows / Math.ceil(wanted / (perBatch * epochs)))
  const isEnough = (change: Partial<Hyperparameters>): boolean => stepsOf(stage, rows, change) >= wanted
  if (smaller >= SMALL_BATCH && smaller < batchSize && isEnough({ batchSize: smaller }))
    return setting(stage.node, 'batchSize', smaller)
  const more = Math.ceil(wanted / stepsPerEpoch)
  return more <= MANY_EPOCHS && isEnough({ epochs: more }) ? setting(stage.node, 'epochs', more) : null
}

/** Optimizer steps that the stage would take with other settings. */
function stepsOf(stage: TrainStage, rows: number, change: Partial<Hyperparameters>): number {
  const size = { ...stage.hyperparameters, ...change }
  return (stage.mode === 'rl' ? rlSteps(rows, size, stage.rl.substeps) : sftSteps(rows, size)).optimizerSteps
}

export const manyEpochs: SftRule = ({ stage, estimate }) => {
  if (!estimate || stage.heldout) return []
  const { epochs } = stage.hyperparameters
  if (epochs <= MANY_EPOCHS || estimate.rows >= SMALL_SET) return []
  const message = `“${stage.title}” sees ${times(estimate.rows, 'row')} ${epochs} times and measures nothing: it may learn them by heart. Wire held-out rows to see when it does.`
  return [
    compilerDiagnostic('CM3712', field(stage.node, 'epochs'), message, {
      fix: setting(stage.node, 'epochs', MANY_EPOCHS),
    }),
  ]
}

/** Passes over prompts: optimizer steps within a batch share its prompts among them, so they make no further pass. */
export const manyPasses: RlRule = ({ stage, estimate }) => {
  if (stage.rl.klCoef > 0) return []
  const { epochs } = stage.hyperparameters
  if (epochs <= MANY_PASSES) return []
  const passes = estimate?.stepsPerEpoch ? Math.ceil(estimate.optimizerSteps / estimate.stepsPerEpoch) : epochs
  if (passes <= MANY_PASSES) return []
  const message = `“${stage.title}” goes ${passes} times over its prompts without a KL penalty: it drifts and games the reward. 0.01 holds it.`
  return [
    compilerDiagnostic('CM3713', field(stage.node, 'klCoef'), message, { fix: setting(stage.node, 'klCoef', 0.01) }),
  ]
}

export const batchSize: SftRule = ({ stage, known, estimate }) => {
  if (!known) return []
  const whole = stage.hyperparameters.batchSize * stage.hyperparameters.gradientAccumulation
  const at = field(stage.node, 'batchSize')
  if (whole > LARGE_BATCH) {
    const message = `Steps of ${times(whole, 'row')} waste updates: LoRA learns less from very large batches, and no rank makes up for it.`
    const fix = setting(
      stage.node,
      'batchSize',
      Math.max(1, Math.floor(128 / stage.hyperparameters.gradientAccumulation)),
    )
    return [compilerDiagnostic('CM3714', at, message, { fix })]
  }
  if (whole >= NOISY_BATCH) return []
  const message = `Steps of ${times(whole, 'row')} are noisy, and each takes as long as one of 128.`
  // Larger steps are fewer; where too few would be left, the person has to choose.
  const larger = Math.ceil(NOISY_BATCH / stage.hyperparameters.gradientAccumulation)
  const enough = estimate !== null && (estimate.optimizerSteps * whole) / NOISY_BATCH >= FEW_STEPS.sft
  return [compilerDiagnostic('CM3715', at, message, enough ? { fix: setting(stage.node, 'batchSize', larger) } : {})]
}

export const manyRollouts: RlRule = ({ stage }) => {
  const rollouts = stage.hyperparameters.batchSize * stage.rl.groupSize
  if (rollouts <= MANY_ROLLOUTS) return []
  const fewer = Math.max(1, Math.floor(2048 / stage.rl.groupSize))
  const message = `Each step of “${stage.title}” draws ${times(rollouts, 'answer')}; 512 to 2,048 are usual, more only cost.`
  return [
    compilerDiagnostic('CM3716', field(stage.node, 'batchSize'), message, {
      fix: setting(stage.node, 'batchSize', fewer),
    }),
  ]
}
