/** The messages between the engine and its shard workers: discriminated unions, structured-cloneable. */
import type { BatchOutput, TopOutput } from './core.ts'
import type { BatchJob } from './datums.ts'
import type { EngineErrorKind } from './errors.ts'
import type { SimdVariant } from './kernels/kernels.ts'
import type { SampleJob } from './sampler.ts'
import type { LoraShape, ModelFiles, SampledSequence } from './engineApi.ts'

/** `version` null is the base model; other versions are announced by `weights` before their first use. */
export type ShardTask =
  | { op: 'load'; files: ModelFiles; variant: SimdVariant }
  | { op: 'batch'; version: number | null; job: BatchJob }
  | { op: 'top'; version: number | null; tokens: Int32Array; k: number }
  | { op: 'sample'; version: number | null; job: SampleJob }

export type ShardRequest =
  | { kind: 'task'; id: number; task: ShardTask }
  | { kind: 'cancel'; id: number }
  | { kind: 'weights'; version: number; shape: LoraShape; data: Float32Array }
  | { kind: 'drop'; version: number }

export type ShardValue = BatchOutput | TopOutput | SampledSequence[] | null

export type ShardReply =
  | { id: number; ok: true; value: ShardValue }
  | { id: number; ok: false; error: { kind: EngineErrorKind | 'bug'; message: string } }
