/** Undo and redo as data: patches with their inverses, a label, and the selection on both sides. */
import type { Patch } from 'immer'
import type { Level } from '../kinds/level.ts'
import type { Selection } from './selection.ts'

export type HistoryEntry = {
  readonly label: string
  readonly patches: readonly Patch[]
  readonly inverse: readonly Patch[]
  readonly selectionBefore: Selection
  readonly selectionAfter: Selection
  readonly mergeKey: string | null
  readonly at: number
  /** The group that was open. */
  readonly level: Level | null
}

export type History = { readonly past: readonly HistoryEntry[]; readonly future: readonly HistoryEntry[] }

export const NO_HISTORY: History = { past: [], future: [] }

/** Steps kept. 500 steps of ordinary edits are a few MB; more than anyone walks back. */
export const HISTORY_LIMIT = 500
/** Typing and key repeats within this time are one step. */
export const MERGE_WINDOW_MS = 600

export function record(history: History, entry: HistoryEntry): History {
  const last = history.past.at(-1)
  if (last && history.future.length === 0 && mergeable(last, entry)) {
    return { past: [...history.past.slice(0, -1), merged(last, entry)], future: [] }
  }
  const past = [...history.past, entry]
  return { past: past.length > HISTORY_LIMIT ? past.slice(-HISTORY_LIMIT) : past, future: [] }
}

/** The step to take back and the history after it; null at the beginning. */
export function stepBack(history: History): { readonly entry: HistoryEntry; readonly history: History } | null {
  const entry = history.past.at(-1)
  if (!entry) return null
  return { entry, history: { past: history.past.slice(0, -1), future: [entry, ...history.future] } }
}

export function stepForward(history: History): { readonly entry: HistoryEntry; readonly history: History } | null {
  const entry = history.future[0]
  if (!entry) return null
  // The merge window ends here: an edit after a redo is a step of its own.
  const closed = { ...entry, mergeKey: null }
  return { entry, history: { past: [...history.past, closed], future: history.future.slice(1) } }
}

/** Ends the merge window: what comes next is a step of its own. */
export function closeMerge(history: History): History {
  const last = history.past.at(-1)
  if (!last || last.mergeKey === null) return history
  return { ...history, past: [...history.past.slice(0, -1), { ...last, mergeKey: null }] }
}

function mergeable(last: HistoryEntry, next: HistoryEntry): boolean {
  return next.mergeKey !== null && last.mergeKey === next.mergeKey && next.at - last.at <= MERGE_WINDOW_MS
}

function merged(last: HistoryEntry, next: HistoryEntry): HistoryEntry {
  const common = {
    label: next.label,
    selectionBefore: last.selectionBefore,
    selectionAfter: next.selectionAfter,
    mergeKey: next.mergeKey,
    at: next.at,
    level: next.level,
  }
  // A minute of typing into one field stays two patches instead of hundreds.
  if (samePlaces(last.patches, next.patches)) return { ...common, patches: next.patches, inverse: last.inverse }
  return { ...common, patches: [...last.patches, ...next.patches], inverse: [...next.inverse, ...last.inverse] }
}

function samePlaces(a: readonly Patch[], b: readonly Patch[]): boolean {
  if (a.length !== b.length) return false
  return a.every((p, i) => {
    const q = b[i]!
    return p.op === 'replace' && q.op === 'replace' && p.path.join('\u0000') === q.path.join('\u0000')
  })
}
