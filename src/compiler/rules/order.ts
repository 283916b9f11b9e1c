/** Stages against each other. Sources: recipes §8 V63, V65, V67, V87; features 5.18. */
import { canonicalJson } from '../../base/canonicalJson.ts'
import type { Diagnostic } from '../../base/diagnostic.ts'
import { countsFor } from '../../ir/dataset.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import type { EvaluatedPolicy, EvaluateStage, PipelineConfig } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { knownModel } from './lineup.ts'
import { field, setting } from './rule.ts'
import type { Rule } from './rule.ts'

const DAY = 86_400
const HALF = 0.5
const MANY_SAVES = 20

export const sftAfterRl: Rule = ({ stage, parent }) => {
  if (stage.mode !== 'sft' || parent?.mode !== 'rl') return []
  const message = `“${stage.title}” teaches examples after RL and so undoes much of what “${parent.title}” found; the other order is usual.`
  const related = [{ on: 'node', node: parent.node } as const]
  return [compilerDiagnostic('CM3761', { on: 'port', node: stage.node, port: 'policy' }, message, { related })]
}

/** A save that a later stage starts from should outlive the day on which the run may be waiting or resumed. */
export const startExpires: Rule = ({ stage, parent }) => {
  if (stage.mode === 'evaluate' || !parent || stage.start.from !== 'stage') return []
  const { checkpoint } = stage.start
  const save = parent.checkpointing.find(({ name }) => name === checkpoint)
  if (!save?.node || save.ttlSeconds === null || save.ttlSeconds >= DAY) return []
  const hours = Math.round(save.ttlSeconds / 3600)
  const message = `“${stage.title}” starts from “${save.name}”, which is deleted after ${hours} h: a run that waits or is resumed later finds nothing.`
  const fix = setting(save.node, 'ttlHours', 168)
  return [compilerDiagnostic('CM3731', field(save.node, 'ttlHours'), message, { fix })]
}

/** Saves on the way that nothing deletes pile up, and storage is billed by the month. V65. */
export const savesForEver: Rule = ({ stage, estimate, known }) => {
  if (stage.mode === 'evaluate' || !known || !estimate) return []
  return stage.checkpointing.flatMap((save) => {
    const count = save.every > 0 ? Math.floor(Math.max(0, estimate.optimizerSteps - 1) / save.every) + 1 : 1
    if (count <= MANY_SAVES || save.ttlSeconds !== null || save.node === null) return []
    const message = `“${save.name}” is saved ${count} times and never deleted; storage is billed for each. Let the backend delete them after a week.`
    const fix = { ...setting(save.node, 'keep', false), title: 'Delete after a week' }
    return [compilerDiagnostic('CM3732', field(save.node, 'keep'), message, { fix })]
  })
}

/** Held-out loss is billed as training is. */
export const dearHeldout: Rule = ({ stage, estimate, heldout, known }) => {
  if (stage.mode !== 'sft' || !known || !estimate?.trainTokens || stage.sft.evalEvery === 0) return []
  let tokens = 0
  for (const facts of heldout) {
    const counts = countsFor(facts, stage.model.name)
    if (!counts || !stage.heldout) return []
    const mean =
      counts.prompt.reduce((sum, n, i) => sum + n + (counts.completion[i] ?? 0), 0) / Math.max(1, facts.usable)
    tokens +=
      mean * (stage.heldout.part === 'heldout' ? Math.min(stage.heldout.heldoutRows, facts.usable) : facts.usable)
  }
  const times = Math.ceil(estimate.optimizerSteps / stage.sft.evalEvery) + 1
  const share = (times * tokens) / estimate.trainTokens
  if (share <= HALF) return []
  const every = Math.max(1, Math.ceil((stage.sft.evalEvery * share) / 0.25))
  const message = `Measuring the held-out loss ${times} times reads ${Math.round(share * 100)} % as many tokens as training does, at the same price.`
  return [
    compilerDiagnostic('CM3763', field(stage.node, 'evalEvery'), message, {
      fix: setting(stage.node, 'evalEvery', every),
    }),
  ]
}

export function nothingMeasures(stages: readonly PipelineConfig[]): Diagnostic[] {
  const trains = stages.filter((stage) => stage.mode !== 'evaluate')
  const measured = stages.some((stage) => stage.mode === 'evaluate' || (stage.mode === 'sft' && stage.heldout !== null))
  // Whoever tries things on a tiny model need not be told.
  if (measured || !trains.some((stage) => knownModel(stage.model.name))) return []
  const message =
    'Nothing here measures on rows that were not trained on: wire an Evaluate node to see what training was worth.'
  return [compilerDiagnostic('CM3762', { on: 'document' }, message)]
}

/** Scores of one set that were drawn in different ways cannot be compared. */
export function differentMeasures(stages: readonly PipelineConfig[]): Diagnostic[] {
  const first = new Map<string, EvaluateStage>()
  return stages.flatMap((stage) => {
    if (stage.mode !== 'evaluate') return []
    const key = `${datasetKey(stage.dataset)} ${stage.dataset.part}`
    const other = first.get(key)
    if (!other) {
      first.set(key, stage)
      return []
    }
    const { sampling } = stage.evaluation
    const before = other.evaluation.sampling
    const name = (['temperature', 'maxTokens', 'topP'] as const).find((key) => sampling[key] !== before[key])
    if (!name || other.node === stage.node) return []
    // Where one looks at all that the other looks at, the comparison is inside it.
    if (within(stage, other) || within(other, stage)) return []
    const message = `“${stage.title}” and “${other.title}” measure the same rows with different settings, so their scores do not compare.`
    const fix = setting(stage.node, name, before[name])
    const related = [field(other.node, name)]
    return [compilerDiagnostic('CM3764', field(stage.node, name), message, { fix, related })]
  })
}

function within(a: EvaluateStage, b: EvaluateStage): boolean {
  const seen = new Set(b.evaluation.policies.map(policyKey))
  return a.evaluation.policies.every((policy) => seen.has(policyKey(policy)))
}

function policyKey({ model, source }: EvaluatedPolicy): string {
  return canonicalJson({ model, source })
}
