/** How long and how large a stage is. Sources: recipes §7.2, §8 V3, V35, V36, V74, V75; features 5.18. */
import { compilerDiagnostic } from '../codes.ts'
import { field, setting, times } from './rule.ts'
import type { Rule } from './rule.ts'

const FEW_STEPS = { sft: 100, rl: 20 } as const
const MANY_EPOCHS = 3
const SMALL_SET = 10_000
const MANY_PASSES = 5
const LARGE_BATCH = 1024
const SMALL_BATCH = 8
const MANY_ROLLOUTS = 4096

export const fewSteps: Rule = ({ stage, estimate, known }) => {
  if (stage.mode === 'evaluate' || !estimate || !known) return []
  const { optimizerSteps, rows } = estimate
  const wanted = FEW_STEPS[stage.mode]
  if (optimizerSteps === 0 || optimizerSteps >= wanted) return []
  const { batchSize, epochs, gradientAccumulation, maxSteps } = stage.hyperparameters
  const message = `“${stage.title}” takes only ${times(optimizerSteps, 'step')}; ${wanted} and more settle on something. Smaller batches or more epochs give more.`
  const at = field(stage.node, 'batchSize')
  if (maxSteps > 0 && maxSteps < wanted) {
    return [
      compilerDiagnostic('CM3711', field(stage.node, 'maxSteps'), message, { fix: setting(stage.node, 'maxSteps', 0) }),
    ]
  }
  // A batch that gives enough steps, if there is a sensible one.
  const substeps = stage.mode === 'rl' ? stage.rl.substeps : 1
  const smaller = Math.floor((rows * epochs * substeps) / (wanted * gradientAccumulation))
  const fits = smaller >= SMALL_BATCH && smaller < batchSize
  return [compilerDiagnostic('CM3711', at, message, fits ? { fix: setting(stage.node, 'batchSize', smaller) } : {})]
}

export const manyEpochs: Rule = ({ stage, estimate }) => {
  if (stage.mode !== 'sft' || !estimate || stage.heldout) return []
  const { epochs } = stage.hyperparameters
  if (epochs <= MANY_EPOCHS || estimate.rows >= SMALL_SET) return []
  const message = `“${stage.title}” sees ${times(estimate.rows, 'row')} ${epochs} times and measures nothing: it may learn them by heart. Wire held-out rows to see when it does.`
  return [
    compilerDiagnostic('CM3712', field(stage.node, 'epochs'), message, {
      fix: setting(stage.node, 'epochs', MANY_EPOCHS),
    }),
  ]
}

export const manyPasses: Rule = ({ stage }) => {
  if (stage.mode !== 'rl' || stage.rl.klCoef > 0) return []
  const passes = stage.hyperparameters.epochs * stage.rl.substeps
  if (passes <= MANY_PASSES) return []
  const message = `“${stage.title}” goes ${passes} times over its prompts without a KL penalty: it drifts and games the reward. 0.01 holds it.`
  return [
    compilerDiagnostic('CM3713', field(stage.node, 'klCoef'), message, { fix: setting(stage.node, 'klCoef', 0.01) }),
  ]
}

export const batchSize: Rule = ({ stage, known }) => {
  if (stage.mode !== 'sft' || !known) return []
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
  if (whole >= SMALL_BATCH) return []
  const message = `Steps of ${times(whole, 'row')} are noisy, and each takes as long as one of 128.`
  return [compilerDiagnostic('CM3715', at, message)]
}

export const manyRollouts: Rule = ({ stage }) => {
  if (stage.mode !== 'rl') return []
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
