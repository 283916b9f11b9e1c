/** JSON in place of protobuf, as a client needs it: for servers that know nothing else, or a configuration that wants it. */
import { encodeModelInputJson, readTokens } from './modelInput.ts'
import { array, int, mismatch, number, object, optional, record, string, withDefault } from './shape.ts'
import { encodeTensorJson } from './tensorData.ts'
import { readTensor } from './tensorJson.ts'
import { decoding } from './wireError.ts'
import type { Result } from '../../base/result.ts'
import type { Datum } from './datum.ts'
import type { ForwardBackwardCall, ForwardBackwardOutput } from './forwardBackward.ts'
import type { SampleResult, TopkRow } from './sample.ts'
import type { Shape } from './shape.ts'

/** `POST forward_backward` carries the call under `forward_backward_input`, `POST forward` under `forward_input`. */
export function encodeForwardBackwardJson(call: ForwardBackwardCall): Record<string, unknown> {
  const input: Record<string, unknown> = { data: call.data.map(encodeDatumJson), loss_fn: call.lossFn }
  if (call.lossFnConfig !== undefined) input['loss_fn_config'] = call.lossFnConfig
  const body: Record<string, unknown> = { model_id: call.modelId }
  if (call.seqId !== undefined) body['seq_id'] = call.seqId
  body[call.forwardOnly ? 'forward_input' : 'forward_backward_input'] = input
  return body
}

function encodeDatumJson(datum: Datum): Record<string, unknown> {
  const inputs = Object.entries(datum.lossFnInputs).map(([key, tensor]) => [key, encodeTensorJson(tensor)])
  return { model_input: encodeModelInputJson(datum.modelInput), loss_fn_inputs: Object.fromEntries(inputs) }
}

const passShape = object({
  loss_fn_output_type: withDefault(string, ''),
  loss_fn_outputs: withDefault(array(record(readTensor)), []),
  metrics: withDefault(record(withDefault(number, NaN)), {}),
})

export function decodeForwardBackwardOutputJson(body: unknown): Result<ForwardBackwardOutput, string> {
  return decoding(() => {
    const output = passShape(body, '')
    return {
      lossFnOutputType: output.loss_fn_output_type,
      lossFnOutputs: output.loss_fn_outputs,
      metrics: output.metrics,
    }
  })
}

const readFloats: Shape<Float32Array> = (value, at) => {
  if (!Array.isArray(value)) throw mismatch(at, 'a list', value)
  const out = new Float32Array(value.length)
  for (let i = 0; i < out.length; i++) out[i] = numberOrNaN(value[i], `${at}[${i}]`)
  return out
}

const numberOrNaN = withDefault(number, NaN)

const readTopkRow: Shape<TopkRow> = (value, at) =>
  array((pair, place) => {
    const [token, logprob] = array(number)(pair, place)
    return { token: int(token, `${place}[0]`), logprob: number(logprob, `${place}[1]`) }
  })(value, at)

const sampleShape = object({
  sequences: array(
    object({
      stop_reason: string,
      tokens: readTokens,
      logprobs: optional(readFloats),
      topk_sampled_logprobs: optional(array(optional(readTopkRow))),
    }),
  ),
  prompt_logprobs: optional(readFloats),
  topk_prompt_logprobs: optional(array(optional(readTopkRow))),
  prompt_cache_hit_tokens: withDefault(int, 0),
  target_prompt_logprobs: optional(readTensor),
  prompt_alt_tokens: optional(object({ tokens: readTensor, logprobs: readTensor })),
})

export function decodeSampleResultJson(body: unknown): Result<SampleResult, string> {
  return decoding(() => {
    const result = sampleShape(body, '')
    return {
      sequences: result.sequences.map((s) => ({
        tokens: s.tokens,
        logprobs: s.logprobs ?? null,
        stopReason: s.stop_reason,
        ...(s.topk_sampled_logprobs && { topkLogprobs: s.topk_sampled_logprobs.map((row) => row ?? null) }),
      })),
      promptLogprobs: result.prompt_logprobs ?? null,
      topkPromptLogprobs: result.topk_prompt_logprobs?.map((row) => row ?? null) ?? null,
      promptCacheHitTokens: result.prompt_cache_hit_tokens,
      ...(result.target_prompt_logprobs && { targetPromptLogprobs: result.target_prompt_logprobs }),
      ...(result.prompt_alt_tokens && { promptAltTokens: result.prompt_alt_tokens }),
    }
  })
}
