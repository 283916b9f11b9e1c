/** Samples answers to one prompt and grades them: what RL and evaluation share. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Renderer } from '../data/renderers/renderer.ts'
import type { RewardSpec, SamplingSpec } from '../ir/pipelineConfig.ts'
import type { Grade, Grader } from '../rewards/grade.ts'
import { gaveUpDiagnostic } from '../rewards/checkRewards.ts'
import type { SamplingClient, StopReason } from '../tinker/index.ts'
import type { PromptRow } from './promptRows.ts'
import { settle } from './settle.ts'

export type Rollout = {
  /** The stop token included. */
  readonly tokens: Int32Array
  /** Of the sampler, per token; null when the server gave none. */
  readonly logprobs: Float32Array | null
  readonly stopReason: StopReason
  readonly content: string
  readonly grade: Grade
}

export type Sampling = {
  readonly sampler: SamplingClient
  readonly renderer: Renderer
  readonly spec: SamplingSpec
  readonly grader: Grader
  readonly signal: AbortSignal
}

/** One request for all samples, so that the prompt is read once. The same seed gives the same answers. */
export async function sampleGroup(
  { sampler, renderer, spec, grader, signal }: Sampling,
  { tokens: prompt, answer }: PromptRow,
  numSamples: number,
  seed: number,
): Promise<readonly Rollout[]> {
  const { temperature, topP, maxTokens } = spec
  const params = { temperature, topP, maxTokens, seed, stop: renderer.stop }
  const { sequences } = await settle(sampler.sample({ prompt, numSamples, params }), signal)
  return sequences.map(({ tokens, logprobs, stopReason }) => {
    const { content, clean } = renderer.parseResponse([...tokens])
    return { tokens, logprobs, stopReason, content, grade: grader({ completion: content, answer, clean }) }
  })
}

/** Warnings for the log about patterns that ran out of steps. */
export function gaveUpWarnings(rewards: readonly RewardSpec[], rollouts: readonly Rollout[]): Diagnostic[] {
  return rewards.flatMap((reward) => {
    const count = rollouts.filter(({ grade }) => grade.gaveUp.includes(reward.node)).length
    return count === 0 ? [] : [gaveUpDiagnostic(reward, count)]
  })
}
