/** Trainers that are set alike over the same rows: what is counted of one, and that nothing speaks against it, holds of all. */
import type { CheckpointSpec, PipelineConfig, TrainStage } from '../../ir/pipelineConfig.ts'
import type { StageRecord } from './stageRecord.ts'

/** Compared with so many of the newest. */
const KEPT = 8

/** The newest trainers of which everything is known, for whoever comes to another one that is set alike. */
export class Alikes {
  readonly #kept: StageRecord[] = []
  #oldest = 0

  /** @param parent where it matters, too, what the weights come from */
  find(stage: TrainStage, parent?: TrainStage | null): StageRecord | null {
    for (const record of this.#kept) {
      if (!alike(record.stage, stage)) continue
      if (parent === undefined || sameParents(record.advice!.parent, parent)) return record
    }
    return null
  }

  keep(record: StageRecord): void {
    this.#kept[this.#oldest] = record
    this.#oldest = (this.#oldest + 1) % KEPT
  }
}

/** But for their names, saves' names, what they wait for and which weights they start from. Equal parts are the same objects. */
function alike(a: PipelineConfig, b: TrainStage): boolean {
  if (a.mode !== b.mode || a.dataset !== b.dataset || a.model !== b.model) return false
  if (a.hyperparameters !== b.hyperparameters || a.renderer !== b.renderer) return false
  if ((a.start.from === 'base') !== (b.start.from === 'base')) return false
  if (a.mode === 'rl') return b.mode === 'rl' && a.rl === b.rl && sameSaves(a.checkpointing, b.checkpointing)
  return b.mode === 'sft' && a.sft === b.sft && a.heldout === b.heldout && sameSaves(a.checkpointing, b.checkpointing)
}

function sameSaves(a: readonly CheckpointSpec[], b: readonly CheckpointSpec[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    const one = a[i]!
    const other = b[i]!
    if (one.every !== other.every || one.ttlSeconds !== other.ttlSeconds) return false
    if ((one.node === null) !== (other.node === null)) return false
  }
  return true
}

function sameParents(a: TrainStage | null, b: TrainStage | null): boolean {
  if (a === null || b === null) return a === b
  return a.mode === b.mode && a.hyperparameters === b.hyperparameters
}
