/** Learning rates. Sources: recipes §7.1 (formula and sweep), §8 V4–V6, V10, V36, V85. Tiny models live by other numbers. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { compilerDiagnostic } from '../codes.ts'
import { supervisedRate } from './lineup.ts'
import { field, ofTrainers, rate, setting } from './rule.ts'
import type { Rule, StageView } from './rule.ts'

/** 72 of 80 diverged runs of the sweep were at this rate. */
const DIVERGES = 3e-3
const HIGH = 2e-3
/** What RL starts from in the cookbook, and the range around it. */
const RL_RATE = 4e-5
const RL_RANGE = [1e-6, 1e-4] as const

export const rateOfSft: Rule = ({ stage, known }) => {
  if (stage.mode !== 'sft' || !known) return []
  const { learningRate } = stage.hyperparameters
  const best = supervisedRate(stage.model.name, known)
  const at = field(stage.node, 'learningRate')
  const fix = setting(stage.node, 'learningRate', best)
  if (learningRate > 4 * best || learningRate >= HIGH) {
    const severity = learningRate >= DIVERGES ? 'error' : 'warning'
    const message = `A learning rate of ${rate(learningRate)} makes supervised training of ${stage.model.name} diverge easily; ${rate(best)} suits it.`
    return [compilerDiagnostic('CM3701', at, message, { severity, fix })]
  }
  if (learningRate >= best / 20) return []
  const message = `At a learning rate of ${rate(learningRate)} LoRA on ${stage.model.name} hardly learns; ${rate(best)} suits it.`
  return [compilerDiagnostic('CM3702', at, message, { fix })]
}

export const rateOfRl: Rule = ({ stage, known }) => {
  if (stage.mode !== 'rl' || !known) return []
  const { learningRate } = stage.hyperparameters
  const [low, high] = RL_RANGE
  if (learningRate >= low && learningRate <= high) return []
  const what = learningRate > high ? 'lets the policy collapse' : 'teaches nothing in a run of usual length'
  const message = `In RL a learning rate of ${rate(learningRate)} ${what}; ${rate(RL_RATE)} is the usual start.`
  const fix = setting(stage.node, 'learningRate', RL_RATE)
  return [compilerDiagnostic('CM3703', field(stage.node, 'learningRate'), message, { fix })]
}

export const rateAfterSft: Rule = ({ stage, known, parent }) => {
  if (stage.mode !== 'rl' || !known || parent?.mode !== 'sft') return []
  const [before, now] = [parent.hyperparameters.learningRate, stage.hyperparameters.learningRate]
  // A rate that is too high anyway has been told already.
  if (now < before || now > RL_RANGE[1]) return []
  const calm = Number((before / 10).toPrecision(2))
  const message = `RL at ${rate(now)}, not below the ${rate(before)} of “${parent.title}”, unlearns what that stage taught; about a tenth of it is usual.`
  const fix = setting(stage.node, 'learningRate', calm)
  const related = [field(parent.node, 'learningRate')]
  return [compilerDiagnostic('CM3704', field(stage.node, 'learningRate'), message, { fix, related })]
}

/** Above the usual rate nothing holds the policy near its start but a KL penalty. V36. */
export const fastWithoutKl: Rule = ({ stage, known }) => {
  if (stage.mode !== 'rl' || !known || stage.rl.klCoef > 0) return []
  const { learningRate } = stage.hyperparameters
  if (learningRate <= RL_RATE || learningRate > RL_RANGE[1]) return []
  const message = `“${stage.title}” learns at ${rate(learningRate)}, faster than the usual ${rate(RL_RATE)}, without a KL penalty: it drifts and games the reward. 0.01 holds it.`
  const fix = setting(stage.node, 'klCoef', 0.01)
  return [compilerDiagnostic('CM3717', field(stage.node, 'learningRate'), message, { fix })]
}

/** Losses are sums over tokens, so a bound on the gradient's norm means something else for every batch. */
export const clippedSums: Rule = ofTrainers(({ stage }: StageView): readonly Diagnostic[] => {
  if (stage.mode === 'evaluate' || stage.hyperparameters.adam.gradClipNorm === 0) return []
  const message = `The gradient of “${stage.title}” is a sum over tokens: a clip at norm ${stage.hyperparameters.adam.gradClipNorm} bites harder the more tokens a batch has. Adam needs none.`
  const fix = setting(stage.node, 'gradClipNorm', 0)
  return [compilerDiagnostic('CM3705', field(stage.node, 'gradClipNorm'), message, { fix })]
})
