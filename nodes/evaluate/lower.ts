/** An evaluation node becomes one stage that puts all wired policies before the same rows and graders. */
import type { Diagnostic, Locus } from '#src/base/diagnostic.ts'
import type { NodeId } from '#src/base/ids.ts'
import type { EvaluatedPolicy, EvaluateStage } from '#src/ir/pipelineConfig.ts'
import type { LowerCtx, Lowered, PolicyValue } from '#src/kinds/contract.ts'
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
  const stage: EvaluateStage = {
    ...stageBase(ctx, policies, { ...dataset, limit: smaller(dataset.limit, params.limit) }),
    mode: 'evaluate',
    evaluation: {
      policies: evaluated(ctx, policies),
      rewards,
      sampling: samplingOf(params),
      samplesPerRow: params.samplesPerRow,
      seed: params.seed,
    },
  }
  return {
    outputs: { scores: { type: 'scores', stage: ctx.stageId } },
    stage,
    diagnostics: [...diagnostics, ...sameAnswers(ctx)],
  }
}

/** Results are told apart by label, so equal titles get a number. */
function evaluated(ctx: LowerCtx<EvaluateParams>, policies: readonly PolicyValue[]): readonly EvaluatedPolicy[] {
  const taken = new Set<string>()
  const froms = ctx.inputs('policies')
  return policies.map((policy, index) => {
    let label = policy.label
    for (let n = 2; taken.has(label); n++) label = `${policy.label} (${n})`
    taken.add(label)
    return { label, node: froms[index]!.from.node as NodeId, model: policy.model, source: policy.source }
  })
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

/** 0 means no limit. */
function smaller(a: number, b: number): number {
  return a === 0 ? b : b === 0 ? a : Math.min(a, b)
}
