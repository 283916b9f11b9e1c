/**
 * A drawing by number: nodes by their place among all ids, wires by their place in the record. A large drawing is gone
 * through several times, and looking up ids in each of them would be most of the work.
 */
import type { NodeId } from '../base/ids.ts'
import type { EdgeRec } from './model.ts'

export type Numbered = {
  /** In their order. */
  readonly ids: readonly NodeId[]
  /** Numbers of nodes by their ids. */
  readonly ranks: ReadonlyMap<string, number>
  readonly edges: readonly EdgeRec[]
  /** The nodes that each wire starts and ends at; -1 where there is none. */
  readonly sources: Int32Array
  readonly targets: Int32Array
  readonly out: Wires
  readonly into: Wires
}

/** Wires at nodes: those of node `n` are `wires` from `starts[n]` up to `starts[n + 1]`, in the order of the record. */
export type Wires = { readonly starts: Int32Array; readonly wires: Int32Array }

export function ranksOf(ids: readonly string[]): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>()
  for (let rank = 0; rank < ids.length; rank++) ranks.set(ids[rank]!, rank)
  return ranks
}

/** @param ids of all nodes in their order */
export function numbered(
  ids: readonly NodeId[],
  edges: readonly EdgeRec[],
  ranks: ReadonlyMap<string, number> = ranksOf(ids),
): Numbered {
  const sources = new Int32Array(edges.length)
  const targets = new Int32Array(edges.length)
  for (let i = 0; i < edges.length; i++) {
    const { from, to } = edges[i]!
    sources[i] = ranks.get(from.node) ?? -1
    targets[i] = ranks.get(to.node) ?? -1
  }
  return { ids, ranks, edges, sources, targets, out: wiresAt(sources, ids.length), into: wiresAt(targets, ids.length) }
}

function wiresAt(ends: Int32Array, nodes: number): Wires {
  const starts = new Int32Array(nodes + 1)
  for (let i = 0; i < ends.length; i++) if (ends[i]! >= 0) starts[ends[i]! + 1] = starts[ends[i]! + 1]! + 1
  for (let at = 0; at < nodes; at++) starts[at + 1] = starts[at + 1]! + starts[at]!
  const wires = new Int32Array(starts[nodes]!)
  const filled = starts.slice()
  for (let i = 0; i < ends.length; i++) {
    const node = ends[i]!
    if (node < 0) continue
    wires[filled[node]!] = i
    filled[node] = filled[node]! + 1
  }
  return { starts, wires }
}
