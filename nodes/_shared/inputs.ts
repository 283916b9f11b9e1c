/** Reading typed values from a node's inputs while lowering. */
import type { LowerCtx, PolicyValue, PortValue } from '#src/kinds/contract.ts'
import type { DatasetSpec } from '#src/ir/dataset.ts'
import type { RewardSpec } from '#src/ir/pipelineConfig.ts'

type Inputs = Pick<LowerCtx<never>, 'inputs'>

/** The value of a single-valued input; null when nothing (usable) is wired. */
export function policyInput(ctx: Inputs, port: string): PolicyValue | null {
  return firstOfType(ctx, port, 'policy')?.policy ?? null
}

export function datasetInput(ctx: Inputs, port: string): DatasetSpec | null {
  return firstOfType(ctx, port, 'dataset')?.dataset ?? null
}

export function policyInputs(ctx: Inputs, port: string): readonly PolicyValue[] {
  return ofType(ctx, port, 'policy').map((value) => value.policy)
}

export function datasetInputs(ctx: Inputs, port: string): readonly DatasetSpec[] {
  return ofType(ctx, port, 'dataset').map((value) => value.dataset)
}

export function scoresInput(ctx: Inputs, port: string): Extract<PortValue, { type: 'scores' }> | null {
  return firstOfType(ctx, port, 'scores')
}

/** Every reward of all wires, in their order; one that arrives on two paths stands here twice. */
export function rewardInputs(ctx: Inputs, port: string): readonly RewardSpec[] {
  const values = ofType(ctx, port, 'reward')
  // The very list of a single one: whoever is graded by it shares it.
  return values.length === 1 ? values[0]!.rewards : values.flatMap((value) => value.rewards)
}

function firstOfType<T extends PortValue['type']>(
  ctx: Inputs,
  port: string,
  type: T,
): Extract<PortValue, { type: T }> | null {
  for (const { value } of ctx.inputs(port)) if (value.type === type) return value as Extract<PortValue, { type: T }>
  return null
}

function ofType<T extends PortValue['type']>(ctx: Inputs, port: string, type: T): Extract<PortValue, { type: T }>[] {
  const found: Extract<PortValue, { type: T }>[] = []
  for (const { value } of ctx.inputs(port))
    if (value.type === type) found.push(value as Extract<PortValue, { type: T }>)
  return found
}
