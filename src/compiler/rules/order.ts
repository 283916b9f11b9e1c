/** Stages against each other. Sources: recipes §8 V63, V65, V67, V87; features 5.18. */
import { canonicalJson } from '../../base/canonicalJson.ts'
import type { Diagnostic } from '../../base/diagnostic.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import type { CheckpointSpec, EvaluatedPolicy, EvaluateStage, PipelineConfig } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { knownModel } from './lineup.ts'
import { field, setting } from './rule.ts'
import type { SftRule, TrainRule } from './rule.ts'

const DAY = 86_400
/** More than half of what training reads is much; a quarter is aimed at. */
const HALF = 0.5
const QUARTER = 0.25
const MANY_SAVES = 20

export const sftAfterRl: SftRule = ({ stage, parent }) => {
  if (parent?.mode !== 'rl') return []
  const message = `“${stage.title}” teaches examples after RL and so undoes much of what “${parent.title}” found; the other order is usual.`
  const related = [{ on: 'node', node: parent.node } as const]
  return [compilerDiagnostic('CM3761', { on: 'port', node: stage.node, port: 'policy' }, message, { related })]
}

/** A save that later stages read should outlive the day on which the run may be waiting or resumed. V63. */
export function savesExpire(stages: readonly PipelineConfig[]): Diagnostic[] {
  const short = new Map<string, CheckpointSpec>()
  for (const stage of stages) {
    if (stage.mode === 'evaluate') continue
    for (const save of stage.checkpointing)
      if (save.node !== null && save.ttlSeconds !== null && save.ttlSeconds < DAY)
        short.set(`${stage.id} ${save.name}`, save)
  }
  if (short.size === 0) return []
  const told = new Set<CheckpointSpec>()
  const found: Diagnostic[] = []
  for (const stage of stages) {
    const sources = stage.mode === 'evaluate' ? stage.evaluation.policies.map(({ source }) => source) : [stage.start]
    for (const source of sources) {
      const save = source.from === 'stage' ? short.get(`${source.stage} ${source.checkpoint}`) : undefined
      if (!save || told.has(save)) continue
      told.add(save)
      found.push(expires(stage, save, save.node!, save.ttlSeconds!))
    }
  }
  return found
}

function expires(stage: PipelineConfig, save: CheckpointSpec, node: string, ttlSeconds: number): Diagnostic {
  const what = stage.mode === 'evaluate' ? 'measures' : 'starts from'
  const hours = Math.round(ttlSeconds / 3600)
  const message = `“${stage.title}” ${what} “${save.name}”, which is deleted after ${hours} h: a run that waits or is resumed later finds nothing.`
  return compilerDiagnostic('CM3731', field(node, 'ttlHours'), message, { fix: setting(node, 'ttlHours', 168) })
}

/** Saves on the way that nothing deletes pile up, and storage is billed by the month. V65. */
export const savesForEver: TrainRule = ({ stage, estimate, known }) => {
  if (!known || !estimate) return []
  return stage.checkpointing.flatMap((save) => {
    const count = save.every > 0 ? Math.floor(Math.max(0, estimate.optimizerSteps - 1) / save.every) + 1 : 1
    if (count <= MANY_SAVES || save.ttlSeconds !== null || save.node === null) return []
    const message = `“${save.name}” is saved ${count} times and never deleted; storage is billed for each. Let the backend delete them after a week.`
    const fix = { ...setting(save.node, 'keep', false), title: 'Delete after a week' }
    return [compilerDiagnostic('CM3732', field(save.node, 'keep'), message, { fix })]
  })
}

/** Held-out loss is billed as training is; the estimate has both in one sum. V67. */
export const dearHeldout: SftRule = ({ stage, estimate, known }) => {
  if (!stage.heldout || !known || !estimate?.trainTokens || !estimate.tokens) return []
  const share = estimate.tokens.high.trained / estimate.trainTokens - 1
  if (share <= HALF) return []
  const { evalEvery } = stage.sft
  const passes = (evalEvery > 0 ? Math.ceil(estimate.optimizerSteps / evalEvery) : 1) + 1
  const message = `Measuring the held-out loss ${passes} times reads ${Math.round(share * 100)} % as many tokens as training does, at the same price.`
  const each = share / passes
  const wanted = Math.max(Math.floor(QUARTER / each), 2 * each <= HALF ? 2 : 0)
  // It is measured before the first and after the last step in any case.
  if (wanted >= 2) {
    const fix = setting(stage.node, 'evalEvery', wanted === 2 ? 0 : Math.ceil(estimate.optimizerSteps / (wanted - 1)))
    return [compilerDiagnostic('CM3763', field(stage.node, 'evalEvery'), message, { fix })]
  }
  const { node, part, heldoutRows, more } = stage.heldout
  const fewer = Math.floor((heldoutRows * QUARTER) / share)
  if (part !== 'heldout' || more || fewer < 1)
    return [compilerDiagnostic('CM3763', field(stage.node, 'evalEvery'), message)]
  const fix = setting(node, 'heldoutRows', fewer)
  return [compilerDiagnostic('CM3763', field(node, 'heldoutRows'), message, { fix })]
}

export function nothingMeasures(stages: readonly PipelineConfig[]): Diagnostic[] {
  const measured = stages.some((stage) => stage.mode === 'evaluate' || (stage.mode === 'sft' && stage.heldout !== null))
  // Whoever tries things on a tiny model need not be told.
  if (measured || !stages.some((stage) => stage.mode !== 'evaluate' && knownModel(stage.model.name))) return []
  const message =
    'Nothing here measures on rows that were not trained on: wire an Evaluate node to see what training was worth.'
  return [compilerDiagnostic('CM3762', { on: 'document' }, message)]
}

/** Scores of one set that were drawn in different ways cannot be compared. */
export function differentMeasures(stages: readonly PipelineConfig[]): Diagnostic[] {
  const first = new Map<string, EvaluateStage>()
  const found: Diagnostic[] = []
  for (const stage of stages) {
    if (stage.mode !== 'evaluate') continue
    const key = `${datasetKey(stage.dataset)} ${stage.dataset.part}`
    const other = first.get(key)
    if (!other) first.set(key, stage)
    else if (stage.evaluation.sampling !== other.evaluation.sampling) found.push(...measuredOtherwise(stage, other))
  }
  return found
}

function measuredOtherwise(stage: EvaluateStage, other: EvaluateStage): readonly Diagnostic[] {
  const { sampling } = stage.evaluation
  const before = other.evaluation.sampling
  const names = (['temperature', 'maxTokens', 'topP'] as const).filter((key) => sampling[key] !== before[key])
  if (names.length === 0 || other.node === stage.node) return []
  // Where one looks at all that the other looks at, the comparison is inside it.
  if (within(stage, other) || within(other, stage)) return []
  const message = `“${stage.title}” and “${other.title}” measure the same rows with different settings, so their scores do not compare.`
  return names.map((name) => {
    const fix = setting(stage.node, name, before[name])
    const related = [field(other.node, name)]
    return compilerDiagnostic('CM3764', field(stage.node, name), message, { fix, related })
  })
}

function within(a: EvaluateStage, b: EvaluateStage): boolean {
  const seen = new Set(b.evaluation.policies.map(policyKey))
  return a.evaluation.policies.every((policy) => seen.has(policyKey(policy)))
}

function policyKey({ model, source }: EvaluatedPolicy): string {
  return canonicalJson({ model, source })
}
