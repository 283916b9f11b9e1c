/** An SFT node becomes one `sft` stage and the policy that the stage leaves behind. */
import type { LowerCtx, Lowered } from '#src/kinds/contract.ts'
import type { SftSpec, SftStage } from '#src/ir/pipelineConfig.ts'
import { datasetInput, policyInput } from '#nodes/_shared/inputs.ts'
import { hyperparameters, optimizerAdvice, startOf } from '#nodes/_shared/optimizer.ts'
import { perParams } from '#nodes/_shared/perParams.ts'
import { stageBase, trainedPolicy } from '#nodes/_shared/stage.ts'
import type { SftParams } from './params.ts'

export function lowerSft(ctx: LowerCtx<SftParams>): Lowered {
  const policy = policyInput(ctx, 'policy')
  const dataset = datasetInput(ctx, 'dataset')
  if (!policy || !dataset) return { outputs: {}, diagnostics: [] }
  const { params } = ctx
  const base = stageBase(ctx, [policy], dataset)
  const stage: SftStage = {
    irVersion: base.irVersion,
    id: base.id,
    node: base.node,
    title: base.title,
    renderer: base.renderer,
    dependsOn: base.dependsOn,
    dataset: base.dataset,
    conditions: policy.conditions,
    pin: base.pin,
    mode: 'sft',
    model: policy.model,
    start: startOf(policy, params.continueOptimizer),
    heldout: datasetInput(ctx, 'heldout'),
    hyperparameters: hyperparameters(ctx, policy, params.gradientAccumulation),
    sft: specOf(params),
    checkpointing: [],
  }
  return { outputs: { trained: trainedPolicy(ctx, policy) }, stage, diagnostics: optimizerAdvice(ctx, policy) }
}

const specOf = perParams(({ trainOnWhat, evalEvery }: SftParams): SftSpec => ({ trainOnWhat, evalEvery }))
