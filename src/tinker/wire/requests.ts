/**
 * JSON bodies of the plain requests: for each, the shape a server checks and the type a client fills in.
 * Names are the wire's own. Members a caller leaves undefined are not written. Source: protocol reference §2.
 */
import {
  boolean,
  int,
  literal,
  nullable,
  number,
  object,
  optional,
  record,
  string,
  unknownValue,
  withDefault,
} from './shape.ts'
import { array } from './shape.ts'
import type { Infer } from './shape.ts'

const metadata = optional(record(unknownValue))

export const clientConfigRequest = object({ sdk_version: withDefault(string, '') })
export type ClientConfigRequest = Infer<typeof clientConfigRequest>

export const createSessionRequest = object({
  tags: withDefault(array(string), []),
  user_metadata: metadata,
  sdk_version: withDefault(string, ''),
  project_id: optional(string),
  /** Newer SDKs: for display and search only. */
  display_name: optional(string),
})
export type CreateSessionRequest = Infer<typeof createSessionRequest>

export const sessionHeartbeatRequest = object({ session_id: string })
export type SessionHeartbeatRequest = Infer<typeof sessionHeartbeatRequest>

export const loraConfig = object({
  rank: int,
  seed: optional(int),
  train_unembed: withDefault(boolean, true),
  train_mlp: withDefault(boolean, true),
  train_attn: withDefault(boolean, true),
})
export type LoraConfig = Infer<typeof loraConfig>

export const createModelRequest = object({
  session_id: string,
  model_seq_id: int,
  base_model: string,
  user_metadata: metadata,
  lora_config: optional(loraConfig),
  /** Newer SDKs name the optimizer for the model's lifetime: `adamw` unless said otherwise. */
  optimizer_config: optional(object({ type: string })),
})
export type CreateModelRequest = Infer<typeof createModelRequest>

export const modelIdRequest = object({ model_id: string })
/** Body of `get_info` and `unload_model`. */
export type ModelIdRequest = Infer<typeof modelIdRequest>

/** The optimizer: AdamW, decoupled decay; `grad_clip_norm` 0 is off. Defaults are the API's. */
export const adamParams = object({
  learning_rate: withDefault(number, 1e-4),
  beta1: withDefault(number, 0.9),
  beta2: withDefault(number, 0.95),
  eps: withDefault(number, 1e-12),
  weight_decay: withDefault(number, 0),
  grad_clip_norm: withDefault(number, 0),
})

export const optimStepRequest = object({
  model_id: string,
  seq_id: optional(int),
  adam_params: adamParams,
})
export type OptimStepRequest = Infer<typeof optimStepRequest>

/** `path` is the name the user gave, not a URI. `ttl_seconds` absent means kept for ever. */
export const saveWeightsRequest = object({
  model_id: string,
  path: optional(string),
  seq_id: optional(int),
  ttl_seconds: optional(int),
  overwrite: withDefault(boolean, false),
  user_metadata: optional(record(string)),
})
export type SaveWeightsRequest = Infer<typeof saveWeightsRequest>

/** With `path`: saved under that name. With `sampling_session_seq_id`: an ephemeral sampling session instead. */
export const saveWeightsForSamplerRequest = object({
  model_id: string,
  path: optional(string),
  sampling_session_seq_id: optional(int),
  seq_id: optional(int),
  ttl_seconds: optional(int),
  /** `inflight`: all such sampling sessions of a model share weights that every later such save replaces. */
  kind: optional(literal('snapshot', 'inflight')),
  user_metadata: optional(record(string)),
})
export type SaveWeightsForSamplerRequest = Infer<typeof saveWeightsForSamplerRequest>

/** Into an existing model (`model_id`, `seq_id`), or creating one by loading (`session_id`, `model_seq_id`). */
export const loadWeightsRequest = object({
  model_id: optional(string),
  seq_id: optional(int),
  session_id: optional(string),
  model_seq_id: optional(int),
  base_model: optional(string),
  user_metadata: metadata,
  path: string,
  optimizer: withDefault(boolean, false),
  weights_access_token: optional(string),
  optimizer_config: optional(object({ type: string })),
})
export type LoadWeightsRequest = Infer<typeof loadWeightsRequest>

export const weightsInfoRequest = object({ tinker_path: string })
export type WeightsInfoRequest = Infer<typeof weightsInfoRequest>

export const createSamplingSessionRequest = object({
  session_id: string,
  sampling_session_seq_id: int,
  base_model: optional(string),
  model_path: optional(string),
})
export type CreateSamplingSessionRequest = Infer<typeof createSamplingSessionRequest>

export const futureRetrieveRequest = object({
  request_id: string,
  allow_metadata_only: withDefault(boolean, false),
})
export type FutureRetrieveRequest = Infer<typeof futureRetrieveRequest>

/** Null removes the time limit, so it is a value here. */
export const ttlRequest = object({ ttl_seconds: nullable(int) })
export type TtlRequest = Infer<typeof ttlRequest>
