/** Advantages of sampled answers: centred on their group, with the KL penalty against a reference added per token. */

/** True when no answer of the group is better than another: such a group has no gradient. */
export function isConstant(rewards_G: readonly number[]): boolean {
  return rewards_G.every((reward) => reward === rewards_G[0])
}

/**
 * A_i = R_i − mean(R); with `normalize` divided by the group's standard deviation (population) + 1e-8. A constant group
 * gives exactly 0.
 */
export function groupAdvantages(rewards_G: readonly number[], normalize: boolean): number[] {
  if (isConstant(rewards_G)) return rewards_G.map(() => 0)
  const mean = average(rewards_G)
  const centred = rewards_G.map((reward) => reward - mean)
  if (!normalize) return centred
  const deviation = Math.sqrt(average(centred.map((a) => a * a)))
  return centred.map((a) => a / (deviation + 1e-8))
}

export type KlShift = {
  /** k̄: mean of log p_policy − log p_reference over all tokens, an estimate of the KL divergence. */
  readonly mean: number
  /** What to add to the advantage of each token, per answer. */
  readonly shifts: readonly (readonly number[])[]
}

/**
 * ΔA_t = coef · (k̄ − d_t) with d_t = log p_policy − log p_reference of the sampled token, then Σ_k γ^k ΔA_{t+k} over the rest
 * of the answer when γ = `discount` > 0. Only answer tokens enter. Centred over the batch, so the mean advantage stays.
 */
export function klShift(
  policy: readonly ArrayLike<number>[],
  reference: readonly ArrayLike<number>[],
  coef: number,
  discount: number,
): KlShift {
  const differences = policy.map((logprobs, i) => Array.from(logprobs, (q, t) => q - reference[i]![t]!))
  const tokens = differences.reduce((sum, d) => sum + d.length, 0)
  const mean = tokens === 0 ? 0 : differences.reduce((sum, d) => d.reduce((s, x) => s + x, sum), 0) / tokens
  const shifts = differences.map((d) => {
    const shift = d.map((x) => coef * (mean - x))
    if (discount > 0) for (let t = shift.length - 2; t >= 0; t--) shift[t]! += discount * shift[t + 1]!
    return shift
  })
  return { mean, shifts }
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Population standard deviation. */
export function deviation(values: readonly number[]): number {
  const mean = average(values)
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)))
}
