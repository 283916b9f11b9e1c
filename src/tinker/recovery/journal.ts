/**
 * What has to be known to go on with a run after its model, its session or its own process is gone. Plain data: it survives
 * structured cloning and JSON, and every function here gives a new journal.
 */
import { boolean, array, int, number, object, optional, readShape, record, string } from '../wire/shape.ts'
import type { Result } from '../../base/result.ts'
import type { LoraOptions } from '../training/createModel.ts'

/** How the model is made when there is no save yet. With a `seed` the new one is the old one. */
export type ModelRecipe = Omit<LoraOptions, 'signal'>

export type SavedState = {
  /** Optimizer steps that are in it. */
  readonly step: number
  readonly path: string
  /** Whatever `best` may be judged by. */
  readonly metrics?: Readonly<Record<string, number>>
}

export type RunJournal = {
  readonly version: 1
  readonly recipe: ModelRecipe
  /** Optimizer steps that the server has confirmed. */
  readonly step: number
  /** Oldest first. */
  readonly saves: readonly SavedState[]
  /** How often the model was rebuilt. */
  readonly recoveries: number
  /** The model on the server and the number of the last operation sent to it; for logs, a rebuilt one has another. */
  readonly modelId?: string
  readonly lastSeqId?: number
}

export function startJournal(recipe: ModelRecipe): RunJournal {
  return { version: 1, recipe, step: 0, saves: [], recoveries: 0 }
}

export function withModel(journal: RunJournal, modelId: string): RunJournal {
  return { ...journal, modelId, lastSeqId: 0 }
}

export function withStep(journal: RunJournal, step: number, lastSeqId: number): RunJournal {
  return { ...journal, step, lastSeqId }
}

export function withSave(journal: RunJournal, save: SavedState): RunJournal {
  const others = journal.saves.filter(({ path }) => path !== save.path)
  return { ...journal, saves: [...others, save].sort((a, b) => a.step - b.step) }
}

/** Forgets a save that is not on the server any more. */
export function withoutSave(journal: RunJournal, path: string): RunJournal {
  return { ...journal, saves: journal.saves.filter((save) => save.path !== path) }
}

const journalShape = /* @__PURE__ */ object({
  version: int,
  recipe: object({
    baseModel: string,
    rank: optional(int),
    seed: optional(int),
    trainMlp: optional(boolean),
    trainAttn: optional(boolean),
    trainUnembed: optional(boolean),
    userMetadata: optional(record(string)),
  }),
  step: int,
  saves: array(object({ step: int, path: string, metrics: optional(record(number)) })),
  recoveries: int,
  modelId: optional(string),
  lastSeqId: optional(int),
})

/** A journal that was stored. The error is a sentence. */
export function readJournal(stored: unknown): Result<RunJournal, string> {
  const read = readShape(journalShape, stored)
  if (!read.ok) return read
  if (read.value.version !== 1)
    return { ok: false, error: `a journal of version ${read.value.version} cannot be read by this version` }
  return { ok: true, value: withoutGaps(read.value) as RunJournal }
}

/** Absent members stay absent, as if the value had been copied. */
function withoutGaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutGaps)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutGaps(member)]))
}
