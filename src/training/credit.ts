/** From graded groups to what each sampled token is worth. */
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { RlSpec } from '../ir/pipelineConfig.ts'
import type { SamplingClient } from '../tinker/index.ts'
import { groupAdvantages, isConstant, klShift } from './advantages.ts'
import type { SampledAnswer } from './datums.ts'
import type { PromptRow } from './promptRows.ts'
import type { Rollout } from './rollouts.ts'
import { settle } from './settle.ts'

export type GradedGroup = { readonly prompt: PromptRow; readonly rollouts: readonly Rollout[] }

export type Credit = {
  /** What is trained on; answers of groups that were removed are not in it. */
  readonly answers: readonly SampledAnswer[]
  /** Advantage of each answer before the KL shift, by group and sample. */
  readonly means: readonly (readonly number[])[]
  /** Estimated KL divergence from the start policy, nats per token; null without a penalty. */
  readonly kl: number | null
}

/** The error is a sentence: the server left out the logprobs that RL needs. */
export async function assignAdvantages(
  groups: readonly GradedGroup[],
  rl: RlSpec,
  reference: SamplingClient | null,
  signal: AbortSignal,
): Promise<Result<Credit, string>> {
  const rewards = groups.map(({ rollouts }) => rollouts.map((rollout) => rollout.grade.total))
  const means = rewards.map((rewards_G) => groupAdvantages(rewards_G, rl.normalizeAdvantages))
  const answers: SampledAnswer[] = []
  for (const [g, { prompt, rollouts }] of groups.entries()) {
    if (rl.removeConstantGroups && isConstant(rewards[g]!)) continue
    for (const [i, { tokens, logprobs }] of rollouts.entries()) {
      if (!logprobs) return err('The server returned no log-probabilities of the sampled tokens.')
      if (tokens.length === 0) continue
      const advantages = new Float64Array(tokens.length).fill(means[g]![i]!)
      answers.push({ prompt: prompt.tokens, tokens, logprobs, advantages })
    }
  }
  if (!reference || answers.length === 0) return ok({ answers, means, kl: null })
  const scored = await Promise.all(answers.map((answer) => settle(reference.computeLogprobs(whole(answer)), signal)))
  const ofAnswers = scored.map((logprobs, i) => logprobs.subarray(answers[i]!.prompt.length))
  if (ofAnswers.some((logprobs) => logprobs.some((x) => Number.isNaN(x))))
    return err('The server returned no log-probabilities of the start policy.')
  const { mean, shifts } = klShift(
    answers.map((answer) => answer.logprobs),
    ofAnswers,
    rl.klCoef,
    rl.klDiscount,
  )
  const shifted = answers.map((answer, i) => ({
    ...answer,
    advantages: Float64Array.from(shifts[i]!, (shift, t) => answer.advantages[t]! + shift),
  }))
  return ok({ answers: shifted, means, kl: mean })
}

function whole({ prompt, tokens }: SampledAnswer): Int32Array {
  const all = new Int32Array(prompt.length + tokens.length)
  all.set(prompt)
  all.set(tokens, prompt.length)
  return all
}
