/** What is selected. View state: it travels with history entries but is never an entry itself. */
import { proxy, ref } from 'valtio/vanilla'
import type { GraphDoc } from '../graph/model.ts'

export type Selection = { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<string> }

export const NOTHING: Selection = { nodes: new Set(), edges: new Set() }

export type SelectionStore = {
  /** Proxy for `useSnapshot`; the sets inside are replaced, never changed. */
  readonly state: { current: Selection }
  get(): Selection
  set(next: Selection): void
  /** Exactly these nodes and no wire. */
  setNodes(ids: Iterable<string>): void
  setEdges(ids: Iterable<string>): void
  clear(): void
  subscribe(listener: (next: Selection, before: Selection) => void): () => void
}

export function createSelection(): SelectionStore {
  const state = proxy<{ current: Selection }>({ current: ref(NOTHING) })
  const listeners = new Set<(next: Selection, before: Selection) => void>()
  const set = (next: Selection): void => {
    const before = state.current
    if (sameSelection(before, next)) return
    state.current = ref(next)
    for (const listener of [...listeners]) listener(next, before)
  }
  return {
    state,
    get: () => state.current,
    set,
    setNodes: (ids) => set({ nodes: new Set(ids), edges: NOTHING.edges }),
    setEdges: (ids) => set({ nodes: NOTHING.nodes, edges: new Set(ids) }),
    clear: () => set(NOTHING),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function sameSelection(a: Selection, b: Selection): boolean {
  return sameSet(a.nodes, b.nodes) && sameSet(a.edges, b.edges)
}

/** Without what the document no longer has; the same value when nothing is gone. */
export function existing(selection: Selection, doc: GraphDoc): Selection {
  const nodes = [...selection.nodes].filter((id) => doc.nodes[id])
  const edges = [...selection.edges].filter((id) => doc.edges[id])
  if (nodes.length === selection.nodes.size && edges.length === selection.edges.size) return selection
  return { nodes: new Set(nodes), edges: new Set(edges) }
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const id of a) if (!b.has(id)) return false
  return true
}
