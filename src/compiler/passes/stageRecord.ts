/** What a compiler knows of one stage, from pass to pass and from one compile to the next. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { DatasetSpec } from '../../ir/dataset.ts'
import { NEVER } from '../../ir/hash.ts'
import type { HashSlot } from '../../ir/hash.ts'
import type { CheckpointSpec, PipelineConfig, StageEstimate, TrainStage } from '../../ir/pipelineConfig.ts'
import type { Counted } from './estimate.ts'
import { specsOfStage } from './stageRows.ts'

/** It holds as long as the stage is the very same object; each pass keeps what it found, with what it found that from. */
export type StageRecord = HashSlot & {
  /** As its node made it, and the saves that checkpoint nodes added. */
  readonly made: PipelineConfig
  readonly added: readonly CheckpointSpec[]
  readonly stage: PipelineConfig
  /** What its node says of it, where the kind counts for itself. */
  readonly estimate: StageEstimate | null
  /** Every dataset that it reads, mixes taken apart. */
  readonly specs: readonly DatasetSpec[]
  /** Whether it was seen to hold nothing but plain data. */
  plain: boolean
  counted: Counted | null
  advice: Advice | null
}

/** What was said of a stage, and what it was said about. */
export type Advice = {
  readonly counted: Counted
  readonly parent: TrainStage | null
  readonly found: readonly Diagnostic[]
}

const NO_SAVES: readonly CheckpointSpec[] = []

export function recordOf(
  made: PipelineConfig,
  estimate: StageEstimate | null = null,
  added: readonly CheckpointSpec[] = NO_SAVES,
): StageRecord {
  const stage =
    made.mode === 'evaluate' || added.length === 0
      ? made
      : { ...made, checkpointing: [...made.checkpointing, ...added] }
  const specs = specsOfStage(stage)
  return { made, added, stage, estimate, specs, plain: false, counted: null, advice: null, hash: '', round: NEVER }
}

/** The records of the newest compile. */
export type StageMemo = {
  records: readonly StageRecord[]
  /** The same by the id of their stage, once somebody looked for one that stands elsewhere now. */
  byId: ReadonlyMap<string, StageRecord> | null
}

export function freshStageMemo(): StageMemo {
  return { records: [], byId: null }
}

/** What is known of a stage that was made of the same before. @param at its place among the stages, where it mostly was then */
export function knownRecord(
  memo: StageMemo,
  at: number,
  made: PipelineConfig,
  added: readonly CheckpointSpec[] = NO_SAVES,
): StageRecord | null {
  if (memo.records.length === 0) return null
  let before = memo.records[at]
  if (before?.made.id !== made.id) {
    memo.byId ??= new Map(memo.records.map((record) => [record.made.id, record]))
    before = memo.byId.get(made.id)
  }
  if (before?.made !== made || before.added.length !== added.length) return null
  for (let i = 0; i < added.length; i++) if (before.added[i] !== added[i]) return null
  return before
}
