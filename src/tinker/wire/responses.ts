/**
 * JSON bodies of the plain answers: for each, the shape a client checks and the type a server fills in.
 * Names are the wire's own; unknown members are ignored. Source: protocol reference §2.
 */
import { array, boolean, int, number, object, optional, record, string, withDefault } from './shape.ts'
import type { Infer } from './shape.ts'

/** The handle of a result that is still to come. */
export const futureHandle = object({
  request_id: string,
  model_id: optional(string),
  /** Of a sampling request, since SDK 0.38: the id of each sequence to come, in their order. */
  sample_sequence_ids: optional(array(string)),
})
export type FutureHandle = Infer<typeof futureHandle>

/** What the server lets a client know about itself; the defaults are those of the official SDK. */
export const clientConfigResponse = object({
  pjwt_auth_enabled: withDefault(boolean, false),
  credential_default_source: withDefault(string, 'api_key'),
  sample_dispatch_bytes_semaphore_size: withDefault(int, 10_485_760),
  inflight_response_bytes_semaphore_size: withDefault(int, 52_428_800),
  parallel_fwdbwd_chunks: withDefault(boolean, true),
  proto_compress_fwdbwd: withDefault(boolean, false),
  fwdbwd_max_chunk_len: withDefault(int, 1024),
  fwdbwd_max_chunk_bytes_count: withDefault(int, 5_000_000),
  fwdbwd_dispatch_bytes_semaphore_size: withDefault(int, 50_000_000),
  billing_exception_max_pause_duration_sec: withDefault(int, 3600),
  sample_no_retries: withDefault(boolean, false),
  sample_enable_stuck_detection: withDefault(boolean, true),
  sample_max_concurrent_requests: withDefault(int, 2000),
  use_pyqwest_transport: withDefault(boolean, true),
  create_model_via_load_weights: withDefault(boolean, false),
  /** SDK 0.38: one poll for all samples of a session, by `retrieve_futures`. */
  sample_use_retrieve_futures: withDefault(boolean, false),
  /** SDK 0.38: copies of a sampling client get the range of their request numbers from `join_sampling_session`. */
  sample_join_sampling_session: withDefault(boolean, false),
  /** Read by SDKs 0.19 to 0.24 only; true says for certain that protobuf bodies are understood. */
  proto_write_fwdbwd: optional(boolean),
})
export type ClientConfigResponse = Infer<typeof clientConfigResponse>

export const createSessionResponse = object({
  session_id: string,
  info_message: optional(string),
  warning_message: optional(string),
  error_message: optional(string),
})
export type CreateSessionResponse = Infer<typeof createSessionResponse>

export const createSamplingSessionResponse = object({ sampling_session_id: string })
export type CreateSamplingSessionResponse = Infer<typeof createSamplingSessionResponse>

export const modelIdResult = object({ model_id: string })
/** Result of `create_model` and `unload_model`. */
export type ModelIdResult = Infer<typeof modelIdResult>

export const optimStepResult = object({ metrics: optional(record(withDefault(number, NaN))) })
export type OptimStepResult = Infer<typeof optimStepResult>

export const saveWeightsResult = object({ path: string })
export type SaveWeightsResult = Infer<typeof saveWeightsResult>

/** `path` for a named save, `sampling_session_id` for an ephemeral one. */
export const saveWeightsForSamplerResult = object({ path: optional(string), sampling_session_id: optional(string) })
export type SaveWeightsForSamplerResult = Infer<typeof saveWeightsForSamplerResult>

export const loadWeightsResult = object({ path: optional(string), model_id: optional(string) })
export type LoadWeightsResult = Infer<typeof loadWeightsResult>
