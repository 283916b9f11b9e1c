/** What the parts of the service share. */
import type { IdSource } from '../../base/ids.ts'
import type { CheckpointStore } from '../storage/checkpointStore.ts'
import type { BaseModels } from './baseModels.ts'
import type { Clock } from './clock.ts'
import type { Futures } from './futures.ts'
import type { LaneQueue } from './laneQueue.ts'
import type { ResidentAdapters } from './residentAdapters.ts'
import type { Sessions } from './sessions.ts'

export type ServiceContext = {
  readonly clock: Clock
  readonly ids: IdSource
  /** Shown as `model_owner` in listings. */
  readonly owner: string
  readonly bases: BaseModels
  readonly store: CheckpointStore
  readonly sessions: Sessions
  readonly futures: Futures
  /** Training operations, one lane per model. */
  readonly training: LaneQueue
  /** Sampling, one lane per sampler; the cost of a job is its number of sequences. */
  readonly sampling: LaneQueue
  readonly adapters: ResidentAdapters
}
