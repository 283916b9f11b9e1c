/** What is kept about training runs and checkpoints. Times are milliseconds since 1970. */
import { array, boolean, int, literal, number, object, optional, record, string } from '../../tinker/wire/shape.ts'
import { nullable } from '../../tinker/wire/shape.ts'
import type { Infer } from '../../tinker/wire/shape.ts'

const lora = {
  base_model: string,
  rank: int,
  alpha: number,
  train_attn: boolean,
  train_mlp: boolean,
  train_unembed: boolean,
}

export const runRecord = object({
  id: string,
  session_id: string,
  ...lora,
  seed: int,
  owner: string,
  created_at: number,
  last_request_at: number,
  project_id: optional(string),
  user_metadata: optional(record(string)),
  tags: optional(array(string)),
})
/** A training run, which is the same thing as a model: its id is the model's. */
export type RunRecord = Infer<typeof runRecord>

export const checkpointRecord = object({
  run_id: string,
  type: literal('training', 'sampler', 'external'),
  name: string,
  ...lora,
  created_at: number,
  size_bytes: int,
  /** Key of the data in the store, and its SHA-256 in hex. */
  data_key: string,
  sha256: string,
  has_optimizer: boolean,
  public: boolean,
  expires_at: nullable(number),
  user_metadata: optional(record(string)),
})
export type CheckpointRecord = Infer<typeof checkpointRecord>

export const sessionRecord = object({
  id: string,
  created_at: number,
  tags: array(string),
  user_metadata: record(string),
  display_name: optional(string),
  project_id: optional(string),
  closed: boolean,
  finish: nullable(object({ reason: literal('success', 'errored', 'interrupted'), detail: nullable(string) })),
})
export type SessionRecord = Infer<typeof sessionRecord>

/** Sampling sessions over a base model or a saved checkpoint; ephemeral ones are not kept. */
export const samplerRecord = object({
  id: string,
  session_id: string,
  base_model: string,
  model_path: nullable(string),
})
export type SamplerRecord = Infer<typeof samplerRecord>
