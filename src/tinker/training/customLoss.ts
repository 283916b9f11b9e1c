/**
 * Losses that the caller computes: a forward pass gives the log-probabilities, the caller's function their loss and its
 * gradient, and a second pass carries that gradient back as weights of a cross-entropy. Source: protocol reference §6.9.
 */
import { err, ok } from '../../base/result.ts'
import { untilAborted } from '../transport/abort.ts'
import { float32Tensor } from '../wire/tensorData.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { Datum } from '../wire/datum.ts'
import type { ForwardBackwardOutput } from '../wire/forwardBackward.ts'
import type { Float32Tensor } from '../wire/tensorData.ts'

/** Of one datum: natural logarithms in the shape of its `target_tokens`. */
export type LogprobsOf = Float32Tensor

export type CustomLossOutput = {
  readonly loss: number
  /** Given out with the metrics of the call, under their own names. */
  readonly metrics?: Readonly<Record<string, number>>
  /** d loss / d logprob, one array per datum, each as long as that datum's logprobs. */
  readonly gradients: readonly Float32Array[]
}

export type CustomLossResult = ForwardBackwardOutput & {
  /** What the caller's function returned. */
  readonly customLoss: number
}

export type Linearised = {
  readonly data: readonly Datum[]
  readonly loss: number
  readonly metrics: Readonly<Record<string, number>>
}

/** May wait, for instance for a reference model; not called again when the operation is cancelled. */
export type CustomLoss = (
  data: readonly Datum[],
  logprobs: readonly LogprobsOf[],
) => CustomLossOutput | Promise<CustomLossOutput>

const ALLOWED = ['target_tokens', 'weights']

/**
 * The data of the forward pass: weights of zero where there are none, so that nothing is lost by the pass itself.
 * The error names the first datum that a custom loss cannot take.
 */
export function forwardData(data: readonly Datum[]): Result<readonly Datum[], Failure> {
  const out: Datum[] = []
  for (const [i, datum] of data.entries()) {
    const { target_tokens: targets, weights } = datum.lossFnInputs
    if (targets === undefined) return err(refusal(`datum ${i} has no target_tokens, which a custom loss needs`))
    const other = Object.keys(datum.lossFnInputs).find((key) => !ALLOWED.includes(key))
    if (other !== undefined)
      return err(refusal(`datum ${i} has the input '${other}'; a custom loss takes ${ALLOWED.join(' and ')} only`))
    if (weights !== undefined) out.push(datum)
    else {
      const zeros = float32Tensor(new Float32Array(targets.data.length), targets.shape)
      const sparse = targets.sparse === undefined ? zeros : { ...zeros, sparse: targets.sparse }
      out.push({ ...datum, lossFnInputs: { target_tokens: targets, weights: sparse } })
    }
  }
  return ok(out)
}

/** Calls the loss on the result of the forward pass; gives the data of the second pass and the metrics to be merged. */
export async function linearised(
  data: readonly Datum[],
  output: ForwardBackwardOutput,
  loss: CustomLoss,
  signal: AbortSignal,
): Promise<Result<Linearised, Failure>> {
  const logprobs = logprobsOf(data, output)
  if (!logprobs.ok) return logprobs
  const computed = await untilAborted(Promise.resolve(loss(data, logprobs.value)), signal)
  if (computed === undefined)
    return err({ kind: 'aborted', by: 'caller', message: 'the custom loss was cancelled', request: 'forward_backward' })
  const { loss: value, metrics = {}, gradients } = computed
  const wrong = gradients.length === data.length ? mismatch(gradients, logprobs.value) : 'not one gradient per datum'
  if (wrong !== undefined) return err(refusal(`the custom loss returned ${wrong}`))
  // The server's loss is −Σ weight · logprob, so weights of minus the gradient have the caller's gradient.
  const linear = data.map((datum, i) => ({
    ...datum,
    lossFnInputs: {
      target_tokens: datum.lossFnInputs['target_tokens']!,
      weights: weightsFrom(gradients[i]!, datum),
    },
  }))
  return ok({ data: linear, loss: value, metrics })
}

/** The server's loss is that of the surrogate and is named so; the caller's metrics stand over all others. */
export function customResult(output: ForwardBackwardOutput, { loss, metrics }: Linearised): CustomLossResult {
  const { 'loss:sum': surrogate, ...rest } = output.metrics
  const losses: Record<string, number> =
    surrogate === undefined ? {} : { 'loss:sum': loss, 'surrogate_loss:sum': surrogate }
  return { ...output, metrics: { ...rest, ...losses, ...metrics }, customLoss: loss }
}

function weightsFrom(gradient: Float32Array, { lossFnInputs }: Datum): Float32Tensor {
  const targets = lossFnInputs['target_tokens']!
  const weights = float32Tensor(
    gradient.map((g) => (g === 0 ? 0 : -g)),
    targets.sparse === undefined ? targets.shape : [gradient.length],
  )
  return targets.sparse === undefined ? weights : { ...weights, shape: targets.shape, sparse: targets.sparse }
}

function logprobsOf(data: readonly Datum[], output: ForwardBackwardOutput): Result<readonly LogprobsOf[], Failure> {
  const found = output.lossFnOutputs.map(({ logprobs }) => logprobs)
  const fits =
    found.length === data.length &&
    found.every((tensor, i) => tensor?.dtype === 'float32' && tensor.data.length === lengthOf(data[i]!))
  if (!fits) return err(refusal('the server gave no logprobs that fit the data', 'malformed'))
  return ok(found as readonly LogprobsOf[])
}

function lengthOf({ lossFnInputs }: Datum): number {
  return lossFnInputs['target_tokens']!.data.length
}

function mismatch(gradients: readonly Float32Array[], logprobs: readonly LogprobsOf[]): string | undefined {
  for (const [i, gradient] of gradients.entries()) {
    const wanted = logprobs[i]!.data.length
    if (gradient.length !== wanted) return `${gradient.length} gradients for the ${wanted} logprobs of datum ${i}`
    if (!gradient.every(Number.isFinite)) return `a gradient for datum ${i} that is not a finite number`
  }
  return undefined
}

function refusal(message: string, kind: 'rejected' | 'malformed' = 'rejected'): Failure {
  const request = 'forward_backward'
  return kind === 'rejected' ? { kind, message, request } : { kind, body: 'unexpected', message, request }
}
