/** The open document: an immutable value behind one pointer, one door to change it, and listeners of its parts. */
import { freeze } from 'immer'
import { proxy, ref } from 'valtio/vanilla'
import type { Patch } from 'immer'
import { applyChange, edit, touchedBy } from '../graph/change.ts'
import type { Touched } from '../graph/change.ts'
import type { GraphDoc } from '../graph/model.ts'
import type { DraftDoc } from '../graph/ops.ts'
import { NO_HISTORY, closeMerge, record, stepBack, stepForward } from './history.ts'
import type { History } from './history.ts'
import { existing } from './selection.ts'
import type { Selection, SelectionStore } from './selection.ts'

export type DocCause = 'edit' | 'undo' | 'redo' | 'load'

/** What changed, by id, so that listeners look at nothing else. */
export type DocChange = Touched & {
  readonly cause: DocCause
  readonly label: string
  readonly before: GraphDoc
  readonly doc: GraphDoc
}

export type TransactOptions = {
  /** `merge` joins the step before when it has the same key and is recent; `ignore` leaves no step. */
  readonly history?: 'record' | 'merge' | 'ignore'
  readonly mergeKey?: string
  /** Selection after the change; without it the selection stays, less what is gone. */
  readonly select?: Selection | ((doc: GraphDoc) => Selection)
}

export type DocState = {
  doc: GraphDoc
  /** Counts every change, also undo and redo; 0 after loading. */
  docVersion: number
  /** Labels of the steps that undo and redo would take. */
  undoLabel: string | null
  redoLabel: string | null
}

export type DocStore = {
  readonly state: DocState
  get(): GraphDoc
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
  const state = proxy<DocState>({ doc: ref(freeze(initial, true)), docVersion: 0, undoLabel: null, redoLabel: null })
  const all = new Set<(change: DocChange) => void>()
  const byNode = new Map<string, Set<() => void>>()
  const byEdge = new Map<string, Set<() => void>>()
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

  function publish(made: DocChange, select: Selection): void {
    const following = made.cause === 'load' ? [] : followers(made.before, made.doc, made.nodes)
    const change = following.length === 0 ? made : { ...made, nodes: new Set([...made.nodes, ...following]) }
    state.doc = ref(change.doc)
    state.docVersion = change.cause === 'load' ? 0 : state.docVersion + 1
    selection.set(select)
    for (const listener of [...all]) listener(change)
    notify(byNode, change.nodes)
    notify(byEdge, change.edges)
  }

  function replay(patches: readonly Patch[], cause: DocCause, label: string, select: Selection): DocChange {
    const before = state.doc
    const doc = applyChange(before, patches)
    const change = { cause, label, before, doc, ...touchedBy(patches, before, doc) }
    publish(change, existing(select, doc))
    return change
  }

  return {
    state,
    get: () => state.doc,
    history: () => history,
    transact(label, recipe, options = {}) {
      if (guarded()) return null
      const before = state.doc
      const selectionBefore = selection.get()
      const { doc, patches, inverse } = edit(before, recipe)
      if (patches.length === 0) return null
      const wanted = typeof options.select === 'function' ? options.select(doc) : (options.select ?? selectionBefore)
      const selectionAfter = existing(wanted, doc)
      const intent = options.history ?? 'record'
      if (intent !== 'ignore') {
        const mergeKey = group?.key ?? (intent === 'merge' ? (options.mergeKey ?? label) : null)
        const step = { patches, inverse, selectionBefore, selectionAfter, mergeKey, at: now() }
        setHistory(record(history, { label: group?.label ?? label, ...step }))
      }
      const change: DocChange = { cause: 'edit', label, before, doc, ...touchedBy(patches, before, doc) }
      publish(change, selectionAfter)
      return change
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
      return replay(step.entry.inverse, 'undo', step.entry.label, step.entry.selectionBefore)
    },
    redo() {
      const step = stepForward(history)
      if (!step || guarded()) return null
      setHistory(step.history)
      return replay(step.entry.patches, 'redo', step.entry.label, step.entry.selectionAfter)
    },
    load(doc) {
      const before = state.doc
      setHistory(NO_HISTORY)
      const change: DocChange = {
        cause: 'load',
        label: 'Open',
        before,
        doc: freeze(doc, true),
        nodes: new Set([...Object.keys(before.nodes), ...Object.keys(doc.nodes)]),
        edges: new Set([...Object.keys(before.edges), ...Object.keys(doc.edges)]),
        assets: new Set([...Object.keys(before.assets), ...Object.keys(doc.assets)]),
        document: true,
        meaning: true,
      }
      publish(change, { nodes: new Set(), edges: new Set() })
      return change
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
