/**
 * The open document: an immutable value behind one pointer, one door to change it, and listeners of its parts. What is shown
 * and edited is the whole of it or the drawing inside a group; the door writes either into the one document.
 */
import { freeze } from 'immer'
import { proxy, ref } from 'valtio/vanilla'
import { applyChange, edit, touchedBy } from '../graph/change.ts'
import type { Touched } from '../graph/change.ts'
import type { GraphDoc } from '../graph/model.ts'
import type { DraftDoc } from '../graph/ops.ts'
import type { Level } from '../kinds/level.ts'
import { NO_HISTORY, closeMerge, record, stepBack, stepForward } from './history.ts'
import type { History, HistoryEntry } from './history.ts'
import { NOTHING, existing } from './selection.ts'
import type { Selection, SelectionStore } from './selection.ts'

/** `open`: the same document, but another drawing of it is shown. */
export type DocCause = 'edit' | 'undo' | 'redo' | 'load' | 'open'

/** What changed of what is shown, by id, so that listeners look at nothing else. */
export type DocChange = Touched & {
  readonly cause: DocCause
  readonly label: string
  /** What was shown. */
  readonly before: GraphDoc
  /** What is shown now. */
  readonly doc: GraphDoc
}

export type TransactOptions = {
  /** `merge` joins the step before when it has the same key and is recent; `ignore` leaves no step. */
  readonly history?: 'record' | 'merge' | 'ignore'
  readonly mergeKey?: string
  /** Selection after the change; without it the selection stays, less what is gone. */
  readonly select?: Selection | ((doc: GraphDoc) => Selection)
  /** The recipe is for the whole document, also while a group is open. */
  readonly whole?: boolean
}

export type DocState = {
  doc: GraphDoc
  /** Counts every change, also undo and redo; 0 after loading. */
  docVersion: number
  /** Labels of the steps that undo and redo would take. */
  undoLabel: string | null
  redoLabel: string | null
  /** Path of the group that is open; empty when the whole document is shown. */
  level: string
}

export type DocStore = {
  readonly state: DocState
  /** The drawing that is shown: the whole document, or what is inside the open group with ids `group/inner`. */
  get(): GraphDoc
  whole(): GraphDoc
  /** The open group; null when the whole document is shown. */
  level(): Level | null
  /** Shows what is inside a group, or (null) the whole document. False when there is no such group. */
  open(level: Level | null, select?: Iterable<string>): boolean
  history(): History
  /** The only way to change the document. Returns the change, or null when the recipe changed nothing or it is guarded. */
  transact(label: string, recipe: (draft: DraftDoc) => void, options?: TransactOptions): DocChange | null
  /** Everything that `work` changes is one step. */
  together(label: string, work: () => void): void
  /** Ends the merge window, e.g. when a field loses the focus. */
  closeMerge(): void
  undo(): DocChange | null
  redo(): DocChange | null
  /** Another document, or this one as read again: history starts anew. */
  load(doc: GraphDoc): DocChange
  /** From now on no change but `load` goes through while `refusal` gives a reason. */
  guard(refusal: () => string | null): void
  subscribe(listener: (change: DocChange) => void): () => void
  subscribeNode(id: string, listener: () => void): () => void
  subscribeEdge(id: string, listener: () => void): () => void
}

/**
 * @param refused hears why a guarded change did not go through
 * @param followers nodes that look different when these nodes change, e.g. those bound to a graph parameter
 */
export function createDocStore(
  initial: GraphDoc,
  selection: SelectionStore,
  now: () => number,
  refused: (reason: string) => void = () => undefined,
  followers: (before: GraphDoc, after: GraphDoc, touched: ReadonlySet<string>) => readonly string[] = () => [],
): DocStore {
  const first = freeze(initial, true)
  const state = proxy<DocState>({ doc: ref(first), docVersion: 0, undoLabel: null, redoLabel: null, level: '' })
  const all = new Set<(change: DocChange) => void>()
  const byNode = new Map<string, Set<() => void>>()
  const byEdge = new Map<string, Set<() => void>>()
  let shown: Shown = { level: null, doc: first }
  let history: History = NO_HISTORY
  let group: { readonly label: string; readonly key: string } | null = null
  let groups = 0
  let refusal: () => string | null = () => null

  function guarded(): boolean {
    const reason = refusal()
    if (reason !== null) refused(reason)
    return reason !== null
  }

  function setHistory(next: History): void {
    history = next
    state.undoLabel = next.past.at(-1)?.label ?? null
    state.redoLabel = next.future[0]?.label ?? null
  }

  function publish(
    cause: DocCause,
    label: string,
    whole: GraphDoc,
    next: Shown,
    touched: Touched,
    select: Selection,
  ): DocChange {
    const before = shown.doc
    const seen = shown.level || next.level ? { ...touched, ...differing(before, next.doc) } : touched
    const following = cause === 'load' || cause === 'open' ? [] : followers(before, next.doc, seen.nodes)
    const nodes = following.length === 0 ? seen.nodes : new Set([...seen.nodes, ...following])
    const change = { cause, label, before, doc: next.doc, ...seen, nodes }
    shown = next
    state.doc = ref(whole)
    state.level = next.level?.path ?? ''
    if (cause !== 'open') state.docVersion = cause === 'load' ? 0 : state.docVersion + 1
    selection.set(select)
    for (const listener of [...all]) listener(change)
    notify(byNode, change.nodes)
    notify(byEdge, change.edges)
    return change
  }

  function replay(entry: HistoryEntry, cause: 'undo' | 'redo'): DocChange {
    const patches = cause === 'undo' ? entry.inverse : entry.patches
    const before = state.doc
    const whole = applyChange(before, patches)
    // Where the step was made, so that it is seen.
    const next = shownAt(entry.level, whole)
    const select = cause === 'undo' ? entry.selectionBefore : entry.selectionAfter
    return publish(cause, entry.label, whole, next, touchedBy(patches, before, whole), existing(select, next.doc))
  }

  return {
    state,
    get: () => shown.doc,
    whole: () => state.doc,
    level: () => shown.level,
    open(level, select = []) {
      const next = shownAt(level, state.doc)
      if (next.level?.path !== level?.path) return false
      const chosen = existing({ nodes: new Set(select), edges: new Set() }, next.doc)
      if (next.level?.path !== shown.level?.path) {
        const nothing = { nodes: new Set<string>(), edges: new Set<string>(), assets: new Set<string>() }
        publish('open', 'Open', state.doc, next, { ...nothing, document: false, meaning: false }, chosen)
      } else selection.set(chosen)
      return true
    },
    history: () => history,
    transact(label, recipe, options = {}) {
      if (guarded()) return null
      const level = options.whole ? null : shown.level
      const before = level ? shown.doc : state.doc
      const selectionBefore = selection.get()
      const made = edit(before, recipe)
      if (made.patches.length === 0) return null
      const { doc, patches, inverse } = level
        ? edit(state.doc, (draft) => level.write(draft, state.doc, made.doc))
        : made
      if (patches.length === 0) return null
      const next = shownAt(shown.level, doc)
      const wanted =
        typeof options.select === 'function' ? options.select(next.doc) : (options.select ?? selectionBefore)
      const selectionAfter = existing(wanted, next.doc)
      const intent = options.history ?? 'record'
      if (intent !== 'ignore') {
        const mergeKey = group?.key ?? (intent === 'merge' ? (options.mergeKey ?? label) : null)
        const step = { patches, inverse, selectionBefore, selectionAfter, mergeKey, at: now(), level: shown.level }
        setHistory(record(history, { label: group?.label ?? label, ...step }))
      }
      return publish('edit', label, doc, next, touchedBy(made.patches, before, made.doc), selectionAfter)
    },
    together(label, work) {
      group = { label, key: `together ${++groups}` }
      try {
        work()
      } finally {
        group = null
        setHistory(closeMerge(history))
      }
    },
    closeMerge: () => setHistory(closeMerge(history)),
    undo() {
      const step = stepBack(history)
      if (!step || guarded()) return null
      setHistory(step.history)
      return replay(step.entry, 'undo')
    },
    redo() {
      const step = stepForward(history)
      if (!step || guarded()) return null
      setHistory(step.history)
      return replay(step.entry, 'redo')
    },
    load(doc) {
      const before = shown.doc
      setHistory(NO_HISTORY)
      const fresh = freeze(doc, true)
      const both = (part: 'nodes' | 'edges' | 'assets'): Set<string> =>
        new Set([...Object.keys(before[part]), ...Object.keys(doc[part])])
      const touched = { nodes: both('nodes'), edges: both('edges'), assets: both('assets') }
      shown = { level: null, doc: before }
      const next = { level: null, doc: fresh }
      return publish('load', 'Open', fresh, next, { ...touched, document: true, meaning: true }, NOTHING)
    },
    guard(why) {
      refusal = why
    },
    subscribe(listener) {
      all.add(listener)
      return () => all.delete(listener)
    },
    subscribeNode: (id, listener) => listen(byNode, id, listener),
    subscribeEdge: (id, listener) => listen(byEdge, id, listener),
  }
}

type Shown = { readonly level: Level | null; readonly doc: GraphDoc }

/** A group that is gone gives way to the one around it. */
function shownAt(level: Level | null, whole: GraphDoc): Shown {
  for (let at = level; at; at = at.outer) {
    const doc = at.get(whole)
    if (doc) return { level: at, doc }
  }
  return { level: null, doc: whole }
}

/** Records that are not the same object in both. */
function differing(before: GraphDoc, after: GraphDoc): Pick<Touched, 'nodes' | 'edges'> {
  const ids = (part: 'nodes' | 'edges'): Set<string> => {
    const [was, is] = [before[part], after[part]]
    return new Set([...Object.keys(was), ...Object.keys(is)].filter((id) => was[id] !== is[id]))
  }
  return { nodes: ids('nodes'), edges: ids('edges') }
}

function listen(map: Map<string, Set<() => void>>, id: string, listener: () => void): () => void {
  const set = map.get(id) ?? new Set()
  map.set(id, set)
  set.add(listener)
  return () => {
    set.delete(listener)
    if (set.size === 0 && map.get(id) === set) map.delete(id)
  }
}

function notify(map: Map<string, Set<() => void>>, ids: ReadonlySet<string>): void {
  for (const id of ids) for (const listener of [...(map.get(id) ?? [])]) listener()
}
