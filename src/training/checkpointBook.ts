/** The saves of a run: what the log already holds when it resumes, and those made since. */
import type { StageId } from '../base/ids.ts'
import type { PolicySource } from '../ir/pipelineConfig.ts'
import type { SavedCheckpoint } from '../ir/runEvent.ts'
import type { RunContext } from './runContext.ts'

export type CheckpointBook = {
  /** Resolves when the save is on record; only then may an older one go. */
  add(checkpoint: SavedCheckpoint): Promise<void>
  remove(checkpoint: SavedCheckpoint): Promise<void>
  /** Whether a stage's named save of this step is on record. */
  has(stage: StageId, name: string, step: number): boolean
  rolling(stage: StageId): SavedCheckpoint | null
  /** Saves of a stage that it can go on from, the furthest first. */
  states(stage: StageId): readonly SavedCheckpoint[]
  /** The save that a policy names; null for a base model and for a choice that was not made. */
  find(source: PolicySource): SavedCheckpoint | null
  /** Takes saves of an earlier run as they are; they stay that run's. */
  adopt(saves: readonly SavedCheckpoint[]): void
}

export function checkpointBook(ctx: RunContext, known: readonly SavedCheckpoint[]): CheckpointBook {
  let checkpoints = [...known]
  const of = (stage: StageId): SavedCheckpoint[] => checkpoints.filter((c) => c.stage === stage)
  return {
    async add(checkpoint) {
      await ctx.emit({ type: 'checkpointSaved', checkpoint })
      checkpoints.push(checkpoint)
    },
    async remove({ statePath }) {
      await ctx.emit({ type: 'checkpointDeleted', statePath })
      checkpoints = checkpoints.filter((c) => c.statePath !== statePath)
    },
    has: (stage, name, step) => of(stage).some((c) => c.name === name && c.step === step && !c.rolling),
    rolling: (stage) => of(stage).findLast((c) => c.rolling) ?? null,
    states: (stage) => of(stage).sort((a, b) => b.step - a.step),
    find(source) {
      if (source.from !== 'stage') return null
      return of(source.stage).findLast((c) => c.name === source.checkpoint && !c.rolling) ?? null
    },
    adopt(saves) {
      const adopted = new Set(saves.map((save) => save.stage))
      checkpoints = [...checkpoints.filter((c) => !adopted.has(c.stage)), ...saves]
    },
  }
}
