/** The loss as people read it: the mean over what was trained on, not the sum that the server optimises. */
import { densify } from './sparseTensor.ts'
import type { Datum } from './datum.ts'
import type { ForwardBackwardOutput } from './forwardBackward.ts'

/**
 * −Σ weight · logprob / Σ weight over all tokens of all datums, in nats per unit of weight; null when nothing had weight.
 * Datums without weights count every token once.
 * @throws TypeError when the output is not that of the data.
 */
export function weightedMeanLoss(output: ForwardBackwardOutput, data: readonly Datum[]): number | null {
  const { lossFnOutputs } = output
  if (lossFnOutputs.length !== data.length)
    throw new TypeError(`there are ${lossFnOutputs.length} outputs for ${data.length} datums`)
  let sum = 0
  let total = 0
  data.forEach(({ lossFnInputs }, i) => {
    const logprobs = lossFnOutputs[i]!['logprobs']?.data
    const weights = lossFnInputs['weights'] && densify(lossFnInputs['weights']).data
    if (logprobs === undefined || (weights !== undefined && weights.length !== logprobs.length))
      throw new TypeError(`the output of datum ${i} has no logprobs of its length`)
    logprobs.forEach((logprob, t) => {
      const weight = weights === undefined ? 1 : Number(weights[t])
      // A token left out counts for nothing even where its log-probability is −infinity.
      if (weight !== 0) sum -= weight * Number(logprob)
      total += weight
    })
  })
  return total === 0 ? null : sum / total
}
