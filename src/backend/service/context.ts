/** What the parts of the service share. */
import type { IdSource } from '../../base/ids.ts'
import type { CheckpointStore } from '../storage/checkpointStore.ts'
import type { Audit } from './audit.ts'
import type { BadDays } from './badDays.ts'
import type { BaseModels } from './baseModels.ts'
import type { Clock } from './clock.ts'
import type { Futures, Task } from './futures.ts'
import type { LaneQueue } from './laneQueue.ts'
import type { ResidentAdapters } from './residentAdapters.ts'
import type { Sessions } from './sessions.ts'
import type { Usage } from './usage.ts'

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
  readonly usage: Usage
  readonly audit: Audit
  readonly badDays: BadDays
}

/** What every operation does when it leaves the queue. */
export async function begin({ badDays }: ServiceContext, kind: string, task: Task): Promise<void> {
  await badDays.beforeOperation(kind)
  task.signal.throwIfAborted()
  task.begun()
}
