/** The mean loss of a pass in the form that people compare: per trained token. */
import type { Datum } from '../wire/datum.ts'
import type { ForwardBackwardOutput } from '../wire/forwardBackward.ts'

/**
 * −Σ weight · logprob / Σ weight over all tokens of all datums, natural logarithm; computed here, because servers differ in
 * which loss they report. A datum without `weights` counts every token once. NaN where nothing has weight.
 */
export function weightedNll(
  { lossFnOutputs }: Pick<ForwardBackwardOutput, 'lossFnOutputs'>,
  data: readonly Datum[],
): number {
  let loss = 0
  let total = 0
  for (const [i, { lossFnInputs }] of data.entries()) {
    const logprobs = lossFnOutputs[i]?.['logprobs']?.data ?? []
    const weights = lossFnInputs['weights']?.data
    for (let t = 0; t < logprobs.length; t++) {
      const weight = weights === undefined ? 1 : Number(weights[t])
      if (weight === 0) continue
      loss -= weight * Number(logprobs[t])
      total += weight
    }
  }
  return loss / total
}
