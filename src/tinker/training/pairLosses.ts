/**
 * Losses over pairs of sequences with their gradients in closed form, for `forwardBackwardCustom`. The data holds chosen and
 * rejected sequences in turn: chosen 0, rejected 0, chosen 1, rejected 1 and so on. Where a datum has `weights`, only tokens
 * with a weight other than zero count. Source: recipes §5.7.
 */
import type { Datum } from '../wire/datum.ts'
import type { CustomLoss, LogprobsOf } from './customLoss.ts'

export type PairOptions = {
  /** Strength of the preference; default 0.1. */
  readonly beta?: number
  /**
   * Log-probability of every sequence under the reference model, summed over the tokens that count, in the order of the
   * data. It does not change while training.
   */
  readonly reference: readonly number[]
}

/** Direct preference optimisation: −log σ(β·h), h the margin of chosen over rejected beyond that of the reference. */
export function dpoLoss({ beta = 0.1, reference }: PairOptions): CustomLoss {
  return pairLoss((chosen, rejected, at) => {
    const h = beta * (chosen.sum - rejected.sum - (reference[at]! - reference[at + 1]!))
    const slope = -beta * sigmoid(-h)
    return { loss: softplus(-h), chosen: slope, rejected: -slope, margin: h }
  })
}

/** Identity preference optimisation: (h − 1/(2β))², with h as in {@link dpoLoss} but not scaled. */
export function ipoLoss({ beta = 0.1, reference }: PairOptions): CustomLoss {
  return pairLoss((chosen, rejected, at) => {
    const h = chosen.sum - rejected.sum - (reference[at]! - reference[at + 1]!)
    const slope = 2 * (h - 1 / (2 * beta))
    return { loss: (h - 1 / (2 * beta)) ** 2, chosen: slope, rejected: -slope, margin: h }
  })
}

/** SimPO: −log σ(β·(mean chosen − mean rejected) − γ), by the mean of the tokens and without a reference. */
export function simpoLoss({
  beta = 2,
  gamma = 1,
}: { readonly beta?: number; readonly gamma?: number } = {}): CustomLoss {
  return pairLoss((chosen, rejected) => {
    const u = beta * (chosen.sum / chosen.count - rejected.sum / rejected.count) - gamma
    const slope = -beta * sigmoid(-u)
    return { loss: softplus(-u), chosen: slope / chosen.count, rejected: -slope / rejected.count, margin: u }
  })
}

type Sequence = { readonly sum: number; readonly count: number; readonly counts: (token: number) => boolean }

/** `chosen` and `rejected`: derivative of the pair's loss by each log-probability that counts. */
type PairTerm = { readonly loss: number; readonly chosen: number; readonly rejected: number; readonly margin: number }

/** The mean over the pairs. @throws RangeError for an odd number of datums. */
function pairLoss(term: (chosen: Sequence, rejected: Sequence, at: number) => PairTerm): CustomLoss {
  return (data, logprobs) => {
    if (data.length % 2 !== 0) throw new RangeError('pairs need an even number of datums')
    const pairs = data.length / 2
    const gradients: Float32Array[] = []
    let loss = 0
    let margin = 0
    let right = 0
    for (let at = 0; at < data.length; at += 2) {
      const chosen = sequenceOf(data[at]!, logprobs[at]!)
      const rejected = sequenceOf(data[at + 1]!, logprobs[at + 1]!)
      const pair = term(chosen, rejected, at)
      loss += pair.loss / pairs
      margin += pair.margin / pairs
      if (pair.margin > 0) right += 1 / pairs
      gradients.push(logprobs[at]!.data.map((_, i) => (chosen.counts(i) ? pair.chosen / pairs : 0)))
      gradients.push(logprobs[at + 1]!.data.map((_, i) => (rejected.counts(i) ? pair.rejected / pairs : 0)))
    }
    return { loss, gradients, metrics: { 'margin:mean': margin, 'accuracy:mean': right } }
  }
}

function sequenceOf({ lossFnInputs }: Datum, { data }: LogprobsOf): Sequence {
  const weights = lossFnInputs['weights']?.data
  const counts = (token: number): boolean => weights === undefined || Number(weights[token]) !== 0
  let sum = 0
  let count = 0
  data.forEach((logprob, i) => {
    if (!counts(i)) return
    sum += logprob
    count++
  })
  return { sum, count: Math.max(count, 1), counts }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** log(1 + e^x) without overflow. */
function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))
}
