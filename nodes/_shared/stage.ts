/** What every stage has in common, and the policy that a training stage leaves behind. */
import type { DatasetSpec } from '#src/ir/dataset.ts'
import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import type { StageId } from '#src/base/ids.ts'
import type { LowerCtx, PolicyValue, PortValue } from '#src/kinds/contract.ts'

type StageBase = Pick<
  PipelineConfig,
  'irVersion' | 'id' | 'node' | 'title' | 'renderer' | 'dependsOn' | 'dataset' | 'conditions' | 'pin'
>

/**
 * `policies` are all that the stage reads; it waits for the stages that make them. Stages name each field of this: spreading
 * it and adding fields to the copy takes engines a hundred times as long, and that for every stage of a plan.
 */
export function stageBase(ctx: LowerCtx<unknown>, policies: readonly PolicyValue[], dataset: DatasetSpec): StageBase {
  const first = policies[0]
  const parents = policies.length === 1 ? first!.needs : policies.flatMap((policy) => policy.needs)
  return {
    irVersion: ctx.irVersion,
    id: ctx.stageId,
    node: ctx.node.id,
    title: ctx.title,
    renderer: first!.renderer,
    dependsOn: parents.length < 2 ? parents : [...new Set<StageId>(parents)].sort(),
    dataset,
    conditions: [],
    pin: ctx.node.pin ?? null,
  }
}

/** Weights after the stage's last step. Whoever goes on from them loads weights alone unless told otherwise. */
export function trainedPolicy(ctx: LowerCtx<unknown>, start: PolicyValue): PortValue {
  const source = { from: 'stage', stage: ctx.stageId, checkpoint: 'final', load: 'weights' } as const
  const { model, renderer, conditions } = start
  const needs = [ctx.stageId]
  const madeBehind = conditions.length
  const policy = { label: ctx.title, model, source, renderer, conditions, needs }
  return { type: 'policy', policy: madeBehind === 0 ? policy : { ...policy, madeBehind } }
}
