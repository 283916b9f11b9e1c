/** A best-of becomes a decision between the policies of an evaluation, and the policy that it will have chosen. */
import type { StageId } from '#src/base/ids.ts'
import type { BestOfDecision } from '#src/ir/pipelineConfig.ts'
import type { LowerCtx, Lowered, PolicyValue } from '#src/kinds/contract.ts'
import { kindDiagnostic } from '#nodes/_shared/codes.ts'
import { scoresInput } from '#nodes/_shared/inputs.ts'
import type { BestOfParams } from './params.ts'

export function lowerBestOf(ctx: LowerCtx<BestOfParams>): Lowered {
  const scores = scoresInput(ctx, 'scores')
  const first = scores?.policies[0]?.policy
  if (!scores || !first) return { outputs: {}, diagnostics: [] }
  const other = scores.policies.find(({ policy }) => policy.model.name !== first.model.name)
  if (other) {
    const at = { on: 'port', node: ctx.node.id, port: 'scores' } as const
    const message = `“${ctx.title}” chooses between “${first.label}” of ${first.model.name} and “${other.policy.label}” of ${other.policy.model.name}: what follows can only train one base model.`
    return { outputs: {}, diagnostics: [kindDiagnostic('KD2703', at, message)] }
  }
  const decision: BestOfDecision = {
    type: 'best-of',
    id: ctx.decisionId,
    node: ctx.node.id,
    title: ctx.title,
    evaluation: scores.stage,
    conditions: [],
    goal: ctx.params.goal,
    candidates: scores.policies.map((scored) => scored.as),
  }
  const policy: PolicyValue = {
    label: ctx.title,
    model: first.model,
    source: { from: 'decision', decision: ctx.decisionId, load: 'weights' },
    renderer: first.renderer,
    // Which of them come about is seen in their scores, so no gate before one of them closes this.
    conditions: [],
    among: scores.policies.map((scored) => scored.policy),
    needs: [...new Set<StageId>([...scores.policies.flatMap((scored) => scored.policy.needs), scores.stage])],
  }
  return { outputs: { best: { type: 'policy', policy } }, decision, diagnostics: [] }
}
