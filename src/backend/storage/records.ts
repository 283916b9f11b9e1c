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
  type: literal('training', 'sampler'),
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
})
export type CheckpointRecord = Infer<typeof checkpointRecord>
