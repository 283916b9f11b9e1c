/** Learning rates. Sources: recipes §7.1 (formula and sweep), §8 V4–V6, V8, V10, V36, V85; features 5.18. Tiny models live by other numbers. */
import type { Diagnostic, Severity } from '../../base/diagnostic.ts'
import type { DatasetSpec } from '../../ir/dataset.ts'
import type { PipelineConfig, TrainStage } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { hasOwnRate, knownModel, supervisedRate } from './lineup.ts'
import { field, rate, setting, times } from './rule.ts'
import type { RlRule, SftRule, TrainRule } from './rule.ts'

/** 72 of 80 diverged runs of the sweep were at this rate. */
const DIVERGES = 3e-3
const HIGH = 2e-3
/** Where Tinker Studio begins to warn, whatever the model. */
const UNSTEADY = 1e-3
/** Between a third and three times of a calibrated rate is nothing to speak of. */
const BAND = 3
/** What RL starts from in the cookbook, and the range around it. */
const RL_RATE = 4e-5
const RL_RANGE = [1e-6, 1e-4] as const

export const rateOfSft: SftRule = ({ stage, known }) => {
  if (!known) return []
  const { learningRate } = stage.hyperparameters
  const { name } = stage.model
  const best = supervisedRate(name, known)
  // A family with a fit of its own is held closer to it.
  const calibrated = hasOwnRate(name, known)
  if (learningRate > 4 * best || learningRate >= HIGH) {
    const severity = learningRate >= DIVERGES ? 'error' : 'warning'
    const message = `A learning rate of ${rate(learningRate)} makes supervised training of ${name} diverge easily; ${rate(best)} suits it.`
    return [unfitRate('CM3701', stage.node, message, best, severity)]
  }
  if (learningRate > UNSTEADY || (calibrated && learningRate > BAND * best)) {
    const message = `A learning rate of ${rate(learningRate)} makes supervised training of ${name} unsteady; ${rate(best)} suits it.`
    return [unfitRate('CM3701', stage.node, message, best)]
  }
  if (learningRate < best / 20) {
    const message = `At a learning rate of ${rate(learningRate)} LoRA on ${name} hardly learns; ${rate(best)} suits it.`
    return [unfitRate('CM3702', stage.node, message, best)]
  }
  if (!calibrated || learningRate >= best / BAND) return []
  const message = `A learning rate of ${rate(learningRate)} is less than a third of the ${rate(best)} that suits supervised training of ${name}, so it learns less in the same steps.`
  return [unfitRate('CM3702', stage.node, message, best)]
}

function unfitRate(
  code: 'CM3701' | 'CM3702',
  node: string,
  message: string,
  best: number,
  severity: Severity = 'warning',
): Diagnostic {
  const fix = setting(node, 'learningRate', best)
  return compilerDiagnostic(code, field(node, 'learningRate'), message, { severity, fix })
}

export const rateOfRl: RlRule = ({ stage, known }) => {
  if (!known) return []
  const { learningRate } = stage.hyperparameters
  const [low, high] = RL_RANGE
  if (learningRate >= low && learningRate <= high) return []
  const what = learningRate > high ? 'lets the policy collapse' : 'teaches nothing in a run of usual length'
  const message = `In RL a learning rate of ${rate(learningRate)} ${what}; ${rate(RL_RATE)} is the usual start.`
  const fix = setting(stage.node, 'learningRate', RL_RATE)
  return [compilerDiagnostic('CM3703', field(stage.node, 'learningRate'), message, { fix })]
}

export const rateAfterSft: RlRule = ({ stage, known, parent }) => {
  if (!known || parent?.mode !== 'sft') return []
  const [before, now] = [parent.hyperparameters.learningRate, stage.hyperparameters.learningRate]
  // A rate that is too high anyway has been told already.
  if (now < before || now > RL_RANGE[1]) return []
  const calm = Number(Math.max(before / 10, Math.min(RL_RANGE[0], before / 2)).toPrecision(2))
  const message = `RL at ${rate(now)}, not below the ${rate(before)} of “${parent.title}”, unlearns what that stage taught; about a tenth of it is usual.`
  const fix = setting(stage.node, 'learningRate', calm)
  const related = [field(parent.node, 'learningRate')]
  return [compilerDiagnostic('CM3704', field(stage.node, 'learningRate'), message, { fix, related })]
}

/** Above the usual rate nothing holds the policy near its start but a KL penalty. V36. */
export const fastWithoutKl: RlRule = ({ stage, known }) => {
  if (!known || stage.rl.klCoef > 0) return []
  const { learningRate } = stage.hyperparameters
  if (learningRate <= RL_RATE || learningRate > RL_RANGE[1]) return []
  const message = `“${stage.title}” learns at ${rate(learningRate)}, faster than the usual ${rate(RL_RATE)}, without a KL penalty: it drifts and games the reward. 0.01 holds it.`
  const fix = setting(stage.node, 'klCoef', 0.01)
  return [compilerDiagnostic('CM3717', field(stage.node, 'learningRate'), message, { fix })]
}

/**
 * Gradients are sums: in SFT over rows, each of which has a mean loss, in RL over tokens. A bound on their norm is another
 * one for every size of a step than where losses are means.
 */
export const clippedSums: TrainRule = ({ stage }) => {
  const { adam, batchSize, gradientAccumulation } = stage.hyperparameters
  if (adam.gradClipNorm === 0) return []
  const over =
    stage.mode === 'sft'
      ? `the sum over ${times(batchSize * gradientAccumulation, 'row')}: a clip at norm ${adam.gradClipNorm} bites harder the more rows a step has`
      : `a sum over tokens: a clip at norm ${adam.gradClipNorm} bites harder the more tokens a batch has`
  const message = `The gradient of “${stage.title}” is ${over}. Adam needs none.`
  const fix = setting(stage.node, 'gradClipNorm', 0)
  return [compilerDiagnostic('CM3705', field(stage.node, 'gradClipNorm'), message, { fix })]
}

/** The best rate does not depend on the rank, so two trainings that differ in both compare neither. V8. */
export function scaledRates(stages: readonly PipelineConfig[]): Diagnostic[] {
  if (!ranksDiffer(stages)) return []
  const first = new Map<string, Map<DatasetSpec, TrainStage>>()
  const found: Diagnostic[] = []
  for (const stage of stages) {
    if (stage.mode === 'evaluate' || !knownModel(stage.model.name)) continue
    const alike = `${stage.mode} ${stage.model.name}`
    let byRows = first.get(alike)
    if (!byRows) first.set(alike, (byRows = new Map()))
    const other = byRows.get(stage.dataset)
    if (!other) byRows.set(stage.dataset, stage)
    else if (other.node !== stage.node && isScaled(stage, other)) found.push(scaledRate(stage, other))
  }
  return found
}

function ranksDiffer(stages: readonly PipelineConfig[]): boolean {
  let rank: number | null = null
  for (const stage of stages) {
    if (stage.mode === 'evaluate') continue
    if (rank !== null && stage.model.loraRank !== rank) return true
    rank = stage.model.loraRank
  }
  return false
}

function isScaled(a: TrainStage, b: TrainStage): boolean {
  const ranks = a.model.loraRank / b.model.loraRank
  const rates = a.hyperparameters.learningRate / b.hyperparameters.learningRate
  return ranks !== 1 && Math.abs(rates / ranks - 1) < 0.01
}

function scaledRate(stage: TrainStage, other: TrainStage): Diagnostic {
  const { learningRate } = other.hyperparameters
  const message = `“${stage.title}” has rank ${stage.model.loraRank} and ${rate(stage.hyperparameters.learningRate)}, “${other.title}” rank ${other.model.loraRank} and ${rate(learningRate)}: the best rate does not depend on the rank, so keep it.`
  const fix = setting(stage.node, 'learningRate', learningRate)
  const related = [field(other.node, 'learningRate')]
  return compilerDiagnostic('CM3706', field(stage.node, 'learningRate'), message, { fix, related })
}
