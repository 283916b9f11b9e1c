/** An evaluation node becomes one stage that puts all wired policies before the same rows and graders. */
import type { Diagnostic, Locus } from '#src/base/diagnostic.ts'
import type { NodeId } from '#src/base/ids.ts'
import type { DatasetSpec } from '#src/ir/dataset.ts'
import type { EvaluatedPolicy, EvaluateStage } from '#src/ir/pipelineConfig.ts'
import type { LowerCtx, Lowered, PolicyValue, ScoredPolicy } from '#src/kinds/contract.ts'
import { kindDiagnostic } from '#nodes/_shared/codes.ts'
import { datasetInput, policyInputs } from '#nodes/_shared/inputs.ts'
import { gatherRewards } from '#nodes/_shared/rewards.ts'
import { samplingOf } from '#nodes/_shared/sampling.ts'
import { stageBase } from '#nodes/_shared/stage.ts'
import type { EvaluateParams } from './params.ts'

export function lowerEvaluate(ctx: LowerCtx<EvaluateParams>): Lowered {
  const policies = policyInputs(ctx, 'policies')
  const dataset = datasetInput(ctx, 'dataset')
  const { rewards, diagnostics } = gatherRewards(ctx, 'reward')
  const first = policies[0]
  if (!first || !dataset || rewards.length === 0) return { outputs: {}, diagnostics }
  const other = policies.find((policy) => policy.renderer !== first.renderer)
  if (other) return { outputs: {}, diagnostics: [...diagnostics, differentFormats(ctx, first, other)] }
  const { params } = ctx
  const measured = evaluated(ctx, policies)
  const base = stageBase(ctx, policies, limited(dataset, params.limit, ctx.node.id))
  const stage: EvaluateStage = {
    irVersion: base.irVersion,
    id: base.id,
    node: base.node,
    title: base.title,
    renderer: base.renderer,
    dependsOn: base.dependsOn,
    dataset: base.dataset,
    conditions: base.conditions,
    pin: base.pin,
    mode: 'evaluate',
    evaluation: {
      policies: measured,
      rewards,
      sampling: samplingOf(params),
      samplesPerRow: params.samplesPerRow,
      seed: params.seed,
    },
  }
  return {
    outputs: { scores: { type: 'scores', stage: ctx.stageId, policies: paired(policies, measured) } },
    stage,
    diagnostics: [...diagnostics, ...sameAnswers(ctx)],
  }
}

/** Results are told apart by label, so equal titles get a number. */
function evaluated(ctx: LowerCtx<EvaluateParams>, policies: readonly PolicyValue[]): readonly EvaluatedPolicy[] {
  /** How often each title was numbered: lower numbers of it are taken. */
  const taken = new Map<string, number>()
  const froms = ctx.inputs('policies')
  // A loop: engines make other lists of `map` once they have optimized it, and begin anew with all that reads them.
  const measured: EvaluatedPolicy[] = []
  for (let index = 0; index < policies.length; index++) {
    const policy = policies[index]!
    let { label } = policy
    let n = taken.get(label) ?? 1
    while (taken.has(label)) label = `${policy.label} (${++n})`
    taken.set(policy.label, n)
    if (n > 1) taken.set(label, 1)
    const { model, source, conditions } = policy
    measured.push({ label, node: froms[index]!.from.node as NodeId, model, source, conditions })
  }
  return measured
}

function paired(policies: readonly PolicyValue[], measured: readonly EvaluatedPolicy[]): readonly ScoredPolicy[] {
  return policies.map((policy, i) => ({ policy, as: measured[i]! }))
}

function differentFormats(ctx: LowerCtx<EvaluateParams>, a: PolicyValue, b: PolicyValue): Diagnostic {
  const at: Locus = { on: 'port', node: ctx.node.id, port: 'policies' }
  const message = `“${a.label}” is written with ${a.renderer} and “${b.label}” with ${b.renderer}: give each its own evaluation.`
  return kindDiagnostic('KD2601', at, message)
}

function sameAnswers(ctx: LowerCtx<EvaluateParams>): Diagnostic[] {
  const { params, node, title } = ctx
  if (params.temperature > 0 || params.samplesPerRow === 1) return []
  const message = `At temperature 0 the ${params.samplesPerRow} answers per row of “${title}” are all the same.`
  const fix = {
    title: 'Draw one',
    command: 'node.setParams',
    args: { node: node.id, field: 'samplesPerRow', value: 1 },
  }
  return [kindDiagnostic('KD2602', { on: 'field', node: node.id, field: 'samplesPerRow' }, message, { fix })]
}

/** At most so many rows of each part; 0 means no limit of the evaluation's own. */
function limited(dataset: DatasetSpec, limit: number, node: string): DatasetSpec {
  // Without a limit of its own it measures on what it was given, the same object: its key and hash are known already.
  if (limit === 0) return dataset
  const { more } = dataset
  const rest = more === undefined ? {} : { more: more.map((part) => limited(part, limit, node)) }
  if (dataset.limit > 0 && dataset.limit <= limit) return { ...dataset, ...rest }
  return { ...dataset, ...rest, limit, limitedBy: node }
}
