/** A forward or forward-backward call and its result, with the JSON forms of a server; those of a client are in `clientJson.ts`. Protobuf forms lie beside this file. */
import { readDatum } from './datum.ts'
import { array, int, mismatch, object, optional, record, string } from './shape.ts'
import { encodeTensorJson } from './tensorData.ts'
import { decoding } from './wireError.ts'
import type { Result } from '../../base/result.ts'
import type { Shape } from './shape.ts'
import type { Datum } from './datum.ts'
import type { TensorData } from './tensorData.ts'

/** Settings of a loss by name: numbers, or text where the loss has such a setting (known to servers of 0.38 and newer). */
export type LossFnConfig = Readonly<Record<string, number | string>>

export type ForwardBackwardCall = {
  readonly modelId: string
  /** Position in the model's order of operations, from 1. A retry keeps it; 0 or absent means unordered. */
  readonly seqId?: number
  readonly data: readonly Datum[]
  readonly lossFn: string
  readonly lossFnConfig?: LossFnConfig
  /** True computes the loss without accumulating a gradient. */
  readonly forwardOnly: boolean
}

export type ForwardBackwardOutput = {
  readonly lossFnOutputType: string
  /** One record per datum, in the order sent; `logprobs` is float32 in the shape of the targets. */
  readonly lossFnOutputs: readonly Readonly<Record<string, TensorData>>[]
  /** Names end in `:sum`, `:mean` …: how chunks of one call are merged. */
  readonly metrics: Readonly<Record<string, number>>
}

const numberOrText: Shape<number | string> = (value, at) => {
  if (typeof value === 'string') return value
  if (typeof value !== 'number' && typeof value !== 'bigint') throw mismatch(at, 'a number or text', value)
  return Number(value)
}

const inputShape = object({
  data: array(readDatum),
  loss_fn: string,
  loss_fn_config: optional(record(numberOrText)),
})
const envelope = { model_id: string, seq_id: optional(int) }
const forwardShape = object({ ...envelope, forward_input: inputShape })
const forwardBackwardShape = object({ ...envelope, forward_backward_input: inputShape })

/** Decodes the JSON body of `POST forward` (`forwardOnly`) or `POST forward_backward`. */
export function decodeForwardBackwardJson(body: unknown, forwardOnly: boolean): Result<ForwardBackwardCall, string> {
  return decoding(() => {
    const read = forwardOnly
      ? { ...forwardShape(body, ''), forward_backward_input: undefined }
      : { ...forwardBackwardShape(body, ''), forward_input: undefined }
    const input = read.forward_backward_input ?? read.forward_input!
    return {
      modelId: read.model_id,
      ...(read.seq_id === undefined ? {} : { seqId: read.seq_id }),
      data: input.data,
      lossFn: input.loss_fn,
      ...(input.loss_fn_config === undefined ? {} : { lossFnConfig: input.loss_fn_config }),
      forwardOnly,
    }
  })
}

export function encodeForwardBackwardOutputJson(output: ForwardBackwardOutput): Record<string, unknown> {
  return {
    loss_fn_output_type: output.lossFnOutputType,
    loss_fn_outputs: output.lossFnOutputs.map((datum) =>
      Object.fromEntries(Object.entries(datum).map(([key, tensor]) => [key, encodeTensorJson(tensor)])),
    ),
    metrics: output.metrics,
  }
}
