/** Rewards that arrive at a node, each counted once, and advice about what they pay for. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { comparesAnswer } from '#src/ir/comparesAnswer.ts'
import type { RewardSpec } from '#src/ir/pipelineConfig.ts'
import type { LowerCtx } from '#src/kinds/contract.ts'
import { kindDiagnostic, settingFix } from './codes.ts'
import { rewardInputs } from './inputs.ts'

export type GatheredRewards = { readonly rewards: readonly RewardSpec[]; readonly diagnostics: readonly Diagnostic[] }

export function gatherRewards(ctx: LowerCtx<unknown>, port: string): GatheredRewards {
  const arriving = rewardInputs(ctx, port)
  const rewards =
    arriving.length < 2 ? arriving : [...new Map(arriving.map((reward) => [reward.node, reward])).values()]
  const at = { on: 'port', node: ctx.node.id, port } as const
  const diagnostics: Diagnostic[] = []
  for (const reward of rewards) {
    if (arriving.filter((r) => r.node === reward.node).length < 2) continue
    const message = `“${reward.title}” reaches “${ctx.title}” on two paths; it is counted once.`
    diagnostics.push(kindDiagnostic('KD2506', at, message, { related: [{ on: 'node', node: reward.node }] }))
  }
  if (rewards.length > 0 && rewards.every((reward) => reward.weight === 0)) {
    const message = `All rewards of “${ctx.title}” have weight 0, so every answer is worth nothing.`
    const related = rewards.map((reward) => ({ on: 'field', node: reward.node, field: 'weight' }) as const)
    const fix = settingFix(rewards[0]!.node, 'weight', 1)
    diagnostics.push(kindDiagnostic('KD2507', at, message, { related, fix }))
  }
  return { rewards, diagnostics }
}

/** True when nothing is paid for what the row's answer says: then any text of the right form will do. */
export function paysForFormOnly(rewards: readonly RewardSpec[]): boolean {
  return rewards.some(({ weight }) => weight !== 0) && !rewards.some((r) => r.weight > 0 && comparesAnswer(r))
}
