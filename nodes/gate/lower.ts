/** A gate becomes a decision, and hands its policy on under the condition that the decision falls this way or that. */
import type { GateDecision, GateOutcome } from '#src/ir/pipelineConfig.ts'
import type { LowerCtx, Lowered, PolicyValue, PortValue } from '#src/kinds/contract.ts'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import { kindDiagnostic } from '#nodes/_shared/codes.ts'
import { policyInput, scoresInput } from '#nodes/_shared/inputs.ts'
import type { GateParams } from './params.ts'

export function lowerGate(ctx: LowerCtx<GateParams>): Lowered {
  const policy = policyInput(ctx, 'policy')
  const scores = scoresInput(ctx, 'scores')
  if (!policy || !scores) return { outputs: {}, diagnostics: [] }
  const judged = scores.policies.find((scored) => samePolicy(scored.policy, policy))
  if (!judged) {
    const at = { on: 'port', node: ctx.node.id, port: 'scores' } as const
    const message = `“${ctx.title}” judges “${policy.label}”, but the evaluation wired to it does not measure that policy.`
    return { outputs: {}, diagnostics: [kindDiagnostic('KD2702', at, message)] }
  }
  const { comparison, threshold, against } = ctx.params
  const decision: GateDecision = {
    type: 'gate',
    id: ctx.decisionId,
    node: ctx.node.id,
    title: ctx.title,
    evaluation: scores.stage,
    conditions: policy.conditions,
    policy: judged.as.label,
    comparison,
    threshold,
    against: against === 'first' ? scores.policies[0]!.as.label : null,
  }
  const output = (outcome: GateOutcome): PortValue => ({
    type: 'policy',
    policy: {
      ...policy,
      conditions: [...policy.conditions, { decision: ctx.decisionId, outcome }],
      needs: [...new Set([...policy.needs, scores.stage])],
    },
  })
  return { outputs: { passed: output('passed'), failed: output('failed') }, decision, diagnostics: [] }
}

/** The same weights: of the same model, from the same place. */
function samePolicy(a: PolicyValue, b: PolicyValue): boolean {
  const weights = ({ model, source }: PolicyValue): string =>
    canonicalJson({ model, source: { ...source, load: 'weights' } })
  return weights(a) === weights(b)
}
