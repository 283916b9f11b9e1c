/** A sampling request and its result, with the JSON forms both ways. The protobuf result is in `protoSample.ts`. */
import { encodeModelInputJson, readModelInput, readTokens } from './modelInput.ts'
import { array, boolean, int, literal, mismatch, number, object, optional, string } from './shape.ts'
import { wideInt, withDefault } from './shape.ts'
import { encodeTensorJson, readTensor } from './tensorData.ts'
import { decoding } from './wireError.ts'
import type { Result } from '../../base/result.ts'
import type { ModelInput } from './modelInput.ts'
import type { Infer, Shape } from './shape.ts'
import type { TensorData } from './tensorData.ts'

export type SamplingParams = {
  /** Tokens to generate at most. Optional in the API, but some servers refuse a request without it. */
  readonly maxTokens?: number
  /** Unsigned 64 bits. */
  readonly seed?: number | bigint
  /** Strings or token ids, not both; an empty list switches every stop off. */
  readonly stop?: string | readonly string[] | readonly number[]
  /** Default 1; 0 is greedy. */
  readonly temperature?: number
  /** Default −1: off. */
  readonly topK?: number
  /** Default 1: off. */
  readonly topP?: number
}

export type SampleCall = {
  readonly prompt: ModelInput
  readonly numSamples: number
  readonly params: SamplingParams
  readonly samplingSessionId?: string
  readonly baseModel?: string
  readonly modelPath?: string
  /** Identity of the request within its session; may exceed 2^53. */
  readonly seqId?: number | bigint
  readonly promptLogprobs: boolean
  readonly topkPromptLogprobs: number
  /**
   * The rest exists since SDK 0.38 and is sent only when given: older servers refuse members that they do not know.
   * How many of the most likely tokens to return for each sampled token.
   */
  readonly topkSampleLogprobs?: number
  /** int64 [prompt length − 1, K]: token ids whose log-probabilities to return; −1 asks for nothing. */
  readonly targetPromptLogprobs?: TensorData
  /** How many alternatives to draw for every prompt token after the first. */
  readonly promptAltTokensK?: number
  /** Score only the last so many tokens of the prompt. */
  readonly promptLogprobsLastN?: number
  /** Lets later training requests name the sampled sequences as where their tokens came from. */
  readonly recordStabilityInfo?: boolean
}

export type StopReason = 'stop' | 'length'

export type SampledSequence = {
  /** Includes the stop token where one ended the sequence. */
  readonly tokens: Int32Array
  /** Natural logarithms, one per token; null when the server gave none. */
  readonly logprobs: Float32Array | null
  readonly stopReason: StopReason
  /** One row per sampled token; absent when not asked for. */
  readonly topkLogprobs?: readonly (TopkRow | null)[]
  /** By which training can name the sequence as where its tokens came from; absent from servers before SDK 0.38. */
  readonly sequenceId?: string
}

/** The k most likely tokens at one position of the prompt, most likely first. */
export type TopkRow = readonly { readonly token: number; readonly logprob: number }[]

export type SampleResult = {
  readonly sequences: readonly SampledSequence[]
  /** One per prompt token, NaN where not computed (at least the first); null when not asked for. */
  readonly promptLogprobs: Float32Array | null
  readonly topkPromptLogprobs: readonly (TopkRow | null)[] | null
  readonly promptCacheHitTokens: number
  /** float32 in the shape and layout of the request's `targetPromptLogprobs`. */
  readonly targetPromptLogprobs?: TensorData
  /** Draws from the model's distribution at every prompt position after the first, both [prompt length − 1, K]. */
  readonly promptAltTokens?: PromptAltTokens
}

/** `tokens` int64 and `logprobs` float32, of one shape. */
export type PromptAltTokens = { readonly tokens: TensorData; readonly logprobs: TensorData }

export function encodeSampleJson(call: SampleCall): Record<string, unknown> {
  return {
    num_samples: call.numSamples,
    prompt: encodeModelInputJson(call.prompt),
    sampling_params: encodeParams(call.params),
    base_model: call.baseModel,
    model_path: call.modelPath,
    sampling_session_id: call.samplingSessionId,
    seq_id: call.seqId,
    prompt_logprobs: call.promptLogprobs,
    topk_prompt_logprobs: call.topkPromptLogprobs,
    topk_sample_logprobs: call.topkSampleLogprobs,
    target_prompt_logprobs: call.targetPromptLogprobs && encodeTensorJson(call.targetPromptLogprobs),
    prompt_alt_tokens_k: call.promptAltTokensK,
    prompt_logprobs_last_n: call.promptLogprobsLastN,
    record_stability_info: call.recordStabilityInfo,
    type: 'sample',
  }
}

function encodeParams(params: SamplingParams): Record<string, unknown> {
  return {
    max_tokens: params.maxTokens,
    seed: params.seed,
    stop: params.stop,
    temperature: params.temperature ?? 1,
    top_k: params.topK ?? -1,
    top_p: params.topP ?? 1,
  }
}

const readStop: Shape<string | string[] | number[]> = (value, at) => {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) throw mismatch(at, 'a string, strings or token ids', value)
  return value.every((v) => typeof v === 'string') ? value : Array.from(readTokens(value, at))
}

const paramsShape = object({
  max_tokens: optional(int),
  seed: optional(wideInt),
  stop: optional(readStop),
  temperature: withDefault(number, 1),
  top_k: withDefault(int, -1),
  top_p: withDefault(number, 1),
})

const callShape = object({
  num_samples: withDefault(int, 1),
  prompt: readModelInput,
  sampling_params: paramsShape,
  base_model: optional(string),
  model_path: optional(string),
  sampling_session_id: optional(string),
  seq_id: optional(wideInt),
  prompt_logprobs: withDefault(boolean, false),
  topk_prompt_logprobs: withDefault(int, 0),
  topk_sample_logprobs: optional(int),
  target_prompt_logprobs: optional(readTensor),
  prompt_alt_tokens_k: optional(int),
  prompt_logprobs_last_n: optional(int),
  record_stability_info: optional(boolean),
})

/** Decodes the body of `POST asample`. */
export function decodeSampleJson(body: unknown): Result<SampleCall, string> {
  return decoding(() => {
    const call = callShape(body, '')
    return {
      prompt: call.prompt,
      numSamples: call.num_samples,
      params: paramsOf(call.sampling_params),
      ...(call.sampling_session_id === undefined ? {} : { samplingSessionId: call.sampling_session_id }),
      ...(call.base_model === undefined ? {} : { baseModel: call.base_model }),
      ...(call.model_path === undefined ? {} : { modelPath: call.model_path }),
      ...(call.seq_id === undefined ? {} : { seqId: call.seq_id }),
      promptLogprobs: call.prompt_logprobs,
      topkPromptLogprobs: call.topk_prompt_logprobs,
      // SDK 0.38 always sends these, and zero is how it says "not asked for".
      ...(call.topk_sample_logprobs ? { topkSampleLogprobs: call.topk_sample_logprobs } : {}),
      ...(call.target_prompt_logprobs && { targetPromptLogprobs: call.target_prompt_logprobs }),
      ...(call.prompt_alt_tokens_k ? { promptAltTokensK: call.prompt_alt_tokens_k } : {}),
      ...(call.prompt_logprobs_last_n && { promptLogprobsLastN: call.prompt_logprobs_last_n }),
      ...(call.record_stability_info && { recordStabilityInfo: true }),
    }
  })
}

function paramsOf(params: Infer<typeof paramsShape>): SamplingParams {
  return {
    ...(params.max_tokens === undefined ? {} : { maxTokens: params.max_tokens }),
    ...(params.seed === undefined ? {} : { seed: params.seed }),
    ...(params.stop === undefined ? {} : { stop: params.stop }),
    temperature: params.temperature,
    topK: params.top_k,
    topP: params.top_p,
  }
}

export function encodeSampleResultJson(result: SampleResult): Record<string, unknown> {
  return {
    type: 'sample',
    sequences: result.sequences.map(({ tokens, logprobs, stopReason, topkLogprobs }) => ({
      stop_reason: stopReason,
      tokens: Array.from(tokens),
      logprobs: logprobs && Array.from(logprobs),
      ...(topkLogprobs && { topk_sampled_logprobs: encodeTopk(topkLogprobs) }),
    })),
    prompt_logprobs: result.promptLogprobs && Array.from(result.promptLogprobs, (v) => (Number.isNaN(v) ? null : v)),
    topk_prompt_logprobs: result.topkPromptLogprobs && encodeTopk(result.topkPromptLogprobs),
    prompt_cache_hit_tokens: result.promptCacheHitTokens,
    ...(result.targetPromptLogprobs && { target_prompt_logprobs: encodeTensorJson(result.targetPromptLogprobs) }),
    ...(result.promptAltTokens && { prompt_alt_tokens: encodeAltTokens(result.promptAltTokens) }),
  }
}

function encodeTopk(rows: readonly (TopkRow | null)[]): unknown {
  return rows.map((row) => row && row.map(({ token, logprob }) => [token, logprob]))
}

function encodeAltTokens({ tokens, logprobs }: PromptAltTokens): unknown {
  return { tokens: encodeTensorJson(tokens), logprobs: encodeTensorJson(logprobs) }
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

const resultShape = object({
  sequences: array(
    object({
      stop_reason: literal('stop', 'length'),
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
    const result = resultShape(body, '')
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
