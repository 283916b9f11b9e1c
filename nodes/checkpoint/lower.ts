/** A checkpoint node adds a save to the stage that makes its policy, and passes that save on: as a start, a branch or an end. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { StageId } from '#src/base/ids.ts'
import type { CheckpointSpec, PolicySource } from '#src/ir/pipelineConfig.ts'
import type { LowerCtx, Lowered, PolicyValue } from '#src/kinds/contract.ts'
import { kindDiagnostic } from '#nodes/_shared/codes.ts'
import { policyInput } from '#nodes/_shared/inputs.ts'
import type { CheckpointParams } from './params.ts'

export function lowerCheckpoint(ctx: LowerCtx<CheckpointParams>): Lowered {
  const policy = policyInput(ctx, 'policy')
  if (!policy) return { outputs: {}, diagnostics: [] }
  const { params, node, title } = ctx
  const trainers = trainersOf(policy)
  const [first] = trainers
  if (!first) {
    const what = policy.among ? 'chooses among base models' : 'is a base model'
    const message = `“${title}” has nothing to save: “${policy.label}” ${what} that nothing has trained. Put a trainer in between.`
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
  // What was chosen is known by its own save; the one made here holds the same weights.
  const source = policy.source.from === 'stage' ? savedBy(policy.source, params.name) : policy.source
  return {
    outputs: { saved: { type: 'policy', policy: relabelled(policy, title, source) } },
    amend: trainers.map(({ stage }) => ({ stage, checkpoint })),
    diagnostics: early(ctx, policy, trainers),
  }
}

function savedBy({ stage, load }: Extract<PolicySource, { from: 'stage' }>, checkpoint: string): PolicySource {
  return { from: 'stage', stage, checkpoint, load }
}

/** Members are named where none is optional: most policies of a plan are such, and spreading takes engines far longer. */
function relabelled(policy: PolicyValue, label: string, source: PolicySource): PolicyValue {
  if (policy.among || policy.madeBehind !== undefined) return { ...policy, label, source }
  const { model, renderer, conditions, needs } = policy
  return { label, model, source, renderer, conditions, needs }
}

type Trainer = { readonly stage: StageId; readonly label: string }

/** The stages that make the policy: one, or all that a choice chooses from. */
function trainersOf(policy: PolicyValue): readonly Trainer[] {
  if (policy.source.from === 'stage') return [{ stage: policy.source.stage, label: policy.label }]
  const found = new Map<StageId, Trainer>()
  for (const trainer of (policy.among ?? []).flatMap(trainersOf)) {
    if (!found.has(trainer.stage)) found.set(trainer.stage, trainer)
  }
  return [...found.values()]
}

/** A save is made while its trainer is at hand, so before gates and choices behind that trainer are decided. */
function early(
  { node, title }: LowerCtx<CheckpointParams>,
  policy: PolicyValue,
  trainers: readonly Trainer[],
): readonly Diagnostic[] {
  if (!policy.among && policy.conditions.length === (policy.madeBehind ?? 0)) return NOTHING
  const at = { on: 'node', node: node.id } as const
  const say = (message: string): readonly Diagnostic[] => [kindDiagnostic('KD2302', at, message)]
  if (policy.among) {
    const labels = trainers.map(({ label }) => `“${label}”`)
    const shown =
      labels.length > 4 ? `${labels.slice(0, 3).join(', ')} and ${labels.length - 3} more` : labels.join(', ')
    return say(
      `“${title}” is saved by ${shown}, because the choice is made after they have trained; the chosen one is among these saves.`,
    )
  }
  return say(`“${title}” is saved by “${trainers[0]!.label}” when it ends, whichever way the gate behind it falls.`)
}

const NOTHING: readonly Diagnostic[] = []
