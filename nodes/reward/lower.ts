/** A reward node adds its own grader to whatever rewards are wired into it; the sum is taken by weight where it is used. */
import type { LowerCtx, Lowered } from '#src/kinds/contract.ts'
import type { GraderSpec, RewardSpec } from '#src/ir/pipelineConfig.ts'
import { rewardInputs } from '#nodes/_shared/inputs.ts'
import type { RewardParams } from './params.ts'

export function lowerReward(ctx: LowerCtx<RewardParams>): Lowered {
  const own: RewardSpec = {
    node: ctx.node.id,
    title: ctx.title,
    weight: ctx.params.weight,
    grader: graderOf(ctx.params),
  }
  return { outputs: { reward: { type: 'reward', rewards: [own, ...rewardInputs(ctx, 'rewards')] } }, diagnostics: [] }
}

function graderOf(params: RewardParams): GraderSpec {
  switch (params.grader) {
    case 'exact':
      return { type: 'exact', caseSensitive: params.caseSensitive, stripPunctuation: params.stripPunctuation }
    case 'numeric':
      return { type: 'numeric', tolerance: params.tolerance }
    case 'regex':
      return {
        type: 'regex',
        pattern: params.pattern,
        flags: [...params.flags].sort().join(''),
        compareGroup: params.compareGroup,
      }
    case 'length':
      return {
        type: 'length',
        min: params.minLength,
        max: params.maxLength,
        falloff: params.falloff,
        unit: params.unit,
      }
  }
}
