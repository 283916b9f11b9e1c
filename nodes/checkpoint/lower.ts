/** A checkpoint node adds a save to the stage that makes its policy, and passes that save on: as a start, a branch or an end. */
import type { CheckpointSpec } from '#src/ir/pipelineConfig.ts'
import type { LowerCtx, Lowered } from '#src/kinds/contract.ts'
import { kindDiagnostic } from '#nodes/_shared/codes.ts'
import { policyInput } from '#nodes/_shared/inputs.ts'
import type { CheckpointParams } from './params.ts'

export function lowerCheckpoint(ctx: LowerCtx<CheckpointParams>): Lowered {
  const policy = policyInput(ctx, 'policy')
  if (!policy) return { outputs: {}, diagnostics: [] }
  const { params, node, title } = ctx
  if (policy.source.from === 'base') {
    const message = `“${title}” has nothing to save: “${policy.label}” is a base model that nothing has trained. Put a trainer in between.`
    return {
      outputs: {},
      diagnostics: [kindDiagnostic('KD2301', { on: 'port', node: node.id, port: 'policy' }, message)],
    }
  }
  if (policy.source.from === 'decision') {
    const message = `“${title}” has nothing to save: “${policy.label}” picks among policies that their trainers have saved. Put the checkpoint behind a trainer.`
    return {
      outputs: {},
      diagnostics: [kindDiagnostic('KD2301', { on: 'port', node: node.id, port: 'policy' }, message)],
    }
  }
  const checkpoint: CheckpointSpec = {
    node: node.id,
    name: params.name,
    every: params.every,
    ttlSeconds: params.keep ? null : params.ttlHours * 3600,
  }
  const source = { ...policy.source, checkpoint: params.name }
  return {
    outputs: { saved: { type: 'policy', policy: { ...policy, label: title, source } } },
    amend: [{ stage: policy.source.stage, checkpoint }],
    diagnostics: [],
  }
}
