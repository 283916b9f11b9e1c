/** JSON bodies of the answers about runs, checkpoints and sessions, which only the listing clients read. Source: protocol reference §2.9. */
import { array, boolean, int, number, object, optional, record, string, withDefault } from './shape.ts'
import type { Infer } from './shape.ts'

export const weightsInfoResponse = object({
  base_model: string,
  is_lora: boolean,
  lora_rank: optional(int),
  train_unembed: optional(boolean),
  train_mlp: optional(boolean),
  train_attn: optional(boolean),
})
export type WeightsInfoResponse = Infer<typeof weightsInfoResponse>

export const checkpointRecord = object({
  checkpoint_id: string,
  checkpoint_type: string,
  time: string,
  tinker_path: string,
  size_bytes: optional(number),
  public: withDefault(boolean, false),
  expires_at: optional(string),
})
export type CheckpointRecord = Infer<typeof checkpointRecord>

export const cursor = object({ offset: int, limit: int, total_count: int })
export type Cursor = Infer<typeof cursor>

export const checkpointsResponse = object({ checkpoints: array(checkpointRecord), cursor: optional(cursor) })
export type CheckpointsResponse = Infer<typeof checkpointsResponse>

export const trainingRunRecord = object({
  training_run_id: string,
  base_model: string,
  model_owner: withDefault(string, ''),
  is_lora: withDefault(boolean, true),
  last_request_time: optional(string),
  corrupted: withDefault(boolean, false),
  lora_rank: optional(int),
  last_checkpoint: optional(checkpointRecord),
  last_sampler_checkpoint: optional(checkpointRecord),
  user_metadata: optional(record(string)),
})
export type TrainingRunRecord = Infer<typeof trainingRunRecord>

export const trainingRunsResponse = object({ training_runs: array(trainingRunRecord), cursor: optional(cursor) })
export type TrainingRunsResponse = Infer<typeof trainingRunsResponse>

export const archiveUrlResponse = object({ url: string, expires: optional(string) })
export type ArchiveUrlResponse = Infer<typeof archiveUrlResponse>

export const sessionsResponse = object({ sessions: array(string) })
export type SessionsResponse = Infer<typeof sessionsResponse>

export const sessionResponse = object({
  training_run_ids: withDefault(array(string), []),
  sampler_ids: withDefault(array(string), []),
})
export type SessionResponse = Infer<typeof sessionResponse>
