/** Metrics of a batch of rollouts and of the update that it gave. */
import type { RewardSpec } from '../ir/pipelineConfig.ts'
import { average, deviation, isConstant } from './advantages.ts'
import type { Rollout } from './rollouts.ts'
import type { Points } from './series.ts'

/** Groups whose rewards are all equal count as good from here on; it halves a 0…1 reward. */
const GOOD = 0.5

/** @param groups answers per prompt */
export function rolloutPoints(groups: readonly (readonly Rollout[])[], rewards: readonly RewardSpec[]): Points {
  const all = groups.flat()
  const totals = groups.map((group) => group.map((rollout) => rollout.grade.total))
  const share = (test: (rewards_G: readonly number[]) => boolean): number => totals.filter(test).length / totals.length
  const lengths = all.map((rollout) => rollout.tokens.length)
  const components = rewards.map((reward) => {
    const scores = all.map((rollout) => rollout.grade.components[reward.node]!)
    return [`reward/${reward.node}`, average(scores)] as const
  })
  return {
    'reward/total': average(totals.flat()),
    ...Object.fromEntries(components),
    'reward/std': deviation(totals.flat()),
    'reward/group_std': average(totals.map(deviation)),
    'groups/frac_mixed': share((rewards_G) => !isConstant(rewards_G)),
    'groups/frac_all_good': share((rewards_G) => isConstant(rewards_G) && rewards_G[0]! >= GOOD),
    'groups/frac_all_bad': share((rewards_G) => isConstant(rewards_G) && rewards_G[0]! < GOOD),
    'rollouts/tokens_mean': average(lengths),
    'rollouts/tokens_max': lengths.reduce((most, length) => Math.max(most, length), 0),
    'rollouts/frac_stop': all.filter((rollout) => rollout.stopReason === 'stop').length / all.length,
    'rollouts/frac_length': all.filter((rollout) => rollout.stopReason === 'length').length / all.length,
    'optim/entropy': entropy(all),
  }
}

/** −mean log-probability of the sampled tokens: an estimate of the policy's entropy per token, in nats. */
function entropy(rollouts: readonly Rollout[]): number | null {
  let sum = 0
  let tokens = 0
  for (const { logprobs } of rollouts) {
    if (!logprobs) return null
    sum -= logprobs.reduce((s, x) => s + x, 0)
    tokens += logprobs.length
  }
  return tokens === 0 ? null : sum / tokens
}

/**
 * How far the trainer's logprobs are from the sampler's on the same tokens, before the update: mean(q − p) and
 * ½·mean((q − p)²). Small but not zero where sampler and trainer compute differently.
 */
export function samplerGap(sampled: readonly ArrayLike<number>[], trained: readonly ArrayLike<number>[]): Points {
  let sum = 0
  let squares = 0
  let tokens = 0
  for (const [i, q] of sampled.entries()) {
    const p = trained[i]!
    const before = p.length - q.length
    for (let t = 0; t < q.length; t++) {
      const gap = q[t]! - p[before + t]!
      sum += gap
      squares += gap * gap
    }
    tokens += q.length
  }
  return { 'optim/kl_sample_train_v1': sum / tokens, 'optim/kl_sample_train_v2': squares / (2 * tokens) }
}
