/** What a run is given by its host (run worker or CLI). The loops know nothing of storage, pages or files. */
import type { RunId } from '../base/ids.ts'
import type { DatasetSpec } from '../ir/dataset.ts'
import type { MetricBatch, RolloutRecord, RunEventBody } from '../ir/runEvent.ts'
import type { Example } from '../data/example.ts'
import type { ServiceClient } from '../tinker/index.ts'
import type { TokenizerFiles } from '../tokenizers/loadTokenizer.ts'
import type { Earlier } from './reusePlan.ts'

export type RunContext = {
  readonly run: RunId
  readonly service: ServiceClient
  /** Examples of the spec's part, after split and limit, in file order. */
  examples(spec: DatasetSpec): Promise<readonly Example[]>
  /** Texts of the tokenizer's files for a model of the backend. */
  tokenizerFiles(model: string): Promise<TokenizerFiles>
  /** Resolves when the event is durable: a cursor counts only once it is written. */
  emit(event: RunEventBody): Promise<void>
  metrics(batch: Omit<MetricBatch, 'run'>): void
  rollouts(records: readonly Omit<RolloutRecord, 'run'>[]): void
  /** What earlier runs on the same server left, for stages that need not run again; absent = everything runs. */
  earlier?(): Promise<Earlier>
  /** Aborts at once (Stop). */
  readonly signal: AbortSignal
  /** Resolves at once, or when a paused run continues; called at step boundaries. */
  boundary(): Promise<void>
  now(): number
}
