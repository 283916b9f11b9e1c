/** The update of one batch of rollouts: its answers in `substeps` parts, one optimizer step each, all submitted at once. */
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { RlStage } from '../ir/pipelineConfig.ts'
import type { TrainingClient } from '../tinker/index.ts'
import { splitEvenly } from './batches.ts'
import { logprobsOf, policyDatum } from './datums.ts'
import type { SampledAnswer } from './datums.ts'
import { samplerGap } from './rolloutPoints.ts'
import { expertPoints, optimizerPoints } from './series.ts'
import type { Points } from './series.ts'
import { settle } from './settle.ts'

export type UpdateProblem = { readonly code: 'TR5003' | 'TR5007'; readonly message: string }

export type PolicyUpdate = {
  /** Optimizer steps submitted; fewer than asked for when there are fewer answers. */
  readonly steps: number
  points(signal: AbortSignal): Promise<Result<Points, UpdateProblem>>
}

/** Null when no token has an advantage: there is no gradient, and Adam's momentum alone must not move the weights. */
export function updatePolicy(
  client: TrainingClient,
  answers: readonly SampledAnswer[],
  { rl, hyperparameters: hyper }: RlStage,
  rate: (substep: number) => number,
): PolicyUpdate | null {
  if (!answers.some(({ advantages }) => Array.from(advantages).some((a) => a !== 0))) return null
  const config = rl.loss === 'ppo' ? { clip_low_threshold: rl.clipLow, clip_high_threshold: rl.clipHigh } : undefined
  const parts = splitEvenly(answers, rl.substeps).map((part, substep) => ({
    part,
    pass: client.forwardBackward(part.map(policyDatum), rl.loss, config),
    update: client.optimStep({ learningRate: rate(substep), ...hyper.adam }),
  }))
  return {
    steps: parts.length,
    async points(signal) {
      const measured: Points[] = []
      for (const { part, pass, update } of parts) {
        const output = await settle(pass, signal)
        const { metrics } = await settle(update, signal)
        const logprobs = logprobsOf(output)
        if (!logprobs)
          return err({ code: 'TR5007', message: 'The server returned no log-probabilities of the targets.' })
        if (!logprobs.every((values) => values.every(Number.isFinite))) {
          const message = `A log-probability is not finite: the learning rate ${hyper.learningRate} is probably too high.`
          return err({ code: 'TR5003', message })
        }
        const gap = samplerGap(
          part.map((answer) => answer.logprobs),
          logprobs,
        )
        const tokens = part.reduce((sum, answer) => sum + answer.tokens.length, 0)
        const loss = output.metrics['loss:sum']
        measured.push({
          ...gap,
          ...optimizerPoints(metrics),
          ...expertPoints(output.metrics),
          'train/loss': loss === undefined ? null : loss / tokens,
          'train/trained_tokens': tokens,
        })
      }
      // The first part is trained by the policy that sampled it; later ones are already off-policy.
      return ok(measured[0]!)
    },
  }
}
