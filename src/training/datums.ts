/** Training sequences and sampled answers → what the API trains on; and the loss read back from its answer. */
import type { TrainingSequence } from '../data/trainingSequence.ts'
import { float32Tensor, int64Tensor, modelInputFromTokens } from '../tinker/index.ts'
import type { Datum, ForwardBackwardOutput } from '../tinker/index.ts'

/** cross_entropy with weights that sum to 1 per row: every row contributes its mean loss, whatever its length. */
export function supervisedDatum({ input, targets, weights, trained }: TrainingSequence): Datum {
  return {
    modelInput: modelInputFromTokens(input),
    lossFnInputs: {
      target_tokens: int64Tensor(targets),
      weights: float32Tensor(weights.map((weight) => (trained > 0 ? weight / trained : 0))),
    },
  }
}

export type SampledAnswer = {
  readonly prompt: Int32Array
  readonly tokens: Int32Array
  /** Of the policy that sampled, per token of the answer. */
  readonly logprobs: Float32Array
  /** Per token of the answer. */
  readonly advantages: ArrayLike<number>
}

/** importance_sampling and ppo; prompt positions have advantage 0 and so no gradient. */
export function policyDatum({ prompt, tokens, logprobs, advantages }: SampledAnswer): Datum {
  const length = prompt.length + tokens.length - 1
  const input = new Int32Array(length)
  input.set(prompt)
  input.set(tokens.subarray(0, -1), prompt.length)
  const targets = new Int32Array(length)
  targets.set(prompt.subarray(1))
  targets.set(tokens, prompt.length - 1)
  const aligned = (values: ArrayLike<number>): Float32Array => {
    const out = new Float32Array(length)
    out.set(values, prompt.length - 1)
    return out
  }
  return {
    modelInput: modelInputFromTokens(input),
    lossFnInputs: {
      target_tokens: int64Tensor(targets),
      logprobs: float32Tensor(aligned(logprobs)),
      advantages: float32Tensor(aligned(advantages)),
    },
  }
}

/** Logprobs of the targets, one array per datum; null when the server gave none. */
export function logprobsOf(output: ForwardBackwardOutput): readonly Float32Array[] | null {
  const all = output.lossFnOutputs.map((record) => record['logprobs']?.data)
  return all.every((data) => data instanceof Float32Array) ? all : null
}

export type MeanLoss = { readonly loss: number; readonly tokens: number }

/** Mean negative log-likelihood per trained token, in nats. */
export function meanLoss(logprobs: readonly Float32Array[], sequences: readonly TrainingSequence[]): MeanLoss {
  let sum = 0
  let tokens = 0
  for (const [i, { weights, trained }] of sequences.entries()) {
    tokens += trained
    weights.forEach((weight, t) => {
      if (weight > 0) sum -= logprobs[i]![t]!
    })
  }
  return { loss: sum / tokens, tokens }
}
