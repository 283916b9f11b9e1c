/** Runs, checkpoints and sessions as this library shows them, made from the wire's records. */
import type { CheckpointRecord, TrainingRunRecord } from '../wire/listingResponses.ts'
import type { SessionSearchResponse } from '../wire/adminResponses.ts'

export type Page = { readonly limit?: number; readonly offset?: number }
export type Paged<T> = { readonly items: readonly T[]; readonly total: number }

/** `owned`: the caller's own. `accessible`: also what others share with the caller. Default `owned`. */
export type AccessScope = 'owned' | 'accessible'

export type CheckpointSummary = {
  /** `weights/0001` or `sampler_weights/final`. */
  readonly checkpointId: string
  readonly type: 'training' | 'sampler'
  readonly path: string
  /** RFC 3339. */
  readonly time: string
  readonly sizeBytes: number | undefined
  readonly public: boolean
  /** RFC 3339; undefined when kept for ever. */
  readonly expiresAt: string | undefined
}

export type TrainingRunSummary = {
  readonly runId: string
  readonly baseModel: string
  readonly loraRank: number | undefined
  /** RFC 3339. */
  readonly lastRequestTime: string | undefined
  readonly corrupted: boolean
  readonly lastCheckpoint: CheckpointSummary | undefined
  readonly lastSamplerCheckpoint: CheckpointSummary | undefined
  readonly userMetadata: Readonly<Record<string, string>>
}

/** `expires`: RFC 3339 or an HTTP date; undefined when an answer in JSON names none. */
export type ArchiveUrl = { readonly url: string; readonly expires: string | undefined }

export type SessionSummary = {
  readonly sessionId: string
  /** RFC 3339. */
  readonly createdAt: string
  readonly owner: string
  readonly projectId: string | undefined
  /** As `active`, `client_finished`, `failed`, `cancelled`; undefined when neither finished nor known to run. */
  readonly status: string | undefined
  readonly checkpoints: number
  readonly displayName: string | undefined
  readonly userMetadata: Readonly<Record<string, string>>
}

export function checkpointOf(record: CheckpointRecord): CheckpointSummary {
  return {
    checkpointId: record.checkpoint_id,
    type: record.checkpoint_type === 'sampler' ? 'sampler' : 'training',
    path: record.tinker_path,
    time: record.time,
    sizeBytes: record.size_bytes,
    public: record.public,
    expiresAt: record.expires_at,
  }
}

export function runOf(record: TrainingRunRecord): TrainingRunSummary {
  return {
    runId: record.training_run_id,
    baseModel: record.base_model,
    loraRank: record.lora_rank,
    lastRequestTime: record.last_request_time,
    corrupted: record.corrupted,
    lastCheckpoint: record.last_checkpoint && checkpointOf(record.last_checkpoint),
    lastSamplerCheckpoint: record.last_sampler_checkpoint && checkpointOf(record.last_sampler_checkpoint),
    userMetadata: record.user_metadata ?? {},
  }
}

export function sessionOf(record: SessionSearchResponse['sessions'][number]): SessionSummary {
  return {
    sessionId: record.session_id,
    createdAt: record.created_at,
    owner: record.owner,
    projectId: record.project_id,
    status: record.status?.type,
    checkpoints: record.checkpoints_count,
    displayName: record.display_name,
    userMetadata: record.user_metadata ?? {},
  }
}
