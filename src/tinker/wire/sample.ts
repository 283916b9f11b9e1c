/** A sampling request and its result, with the JSON forms of a server; those of a client are in `sampleCall.ts` and `clientJson.ts`. */
import { readModelInput, readTokens } from './modelInput.ts'
import { boolean, int, mismatch, number, object, optional, string } from './shape.ts'
import { wideInt, withDefault } from './shape.ts'
import { encodeTensorJson } from './tensorData.ts'
import { readTensor } from './tensorJson.ts'
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

/**
 * A stop sequence, or the limit on tokens; what else a server says in JSON is kept as it came. Protobuf numbers the two, and
 * another number is a malformed answer.
 */
export type StopReason = 'stop' | 'length' | (string & Record<never, never>)

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
