/** Topological order of a drawing, and its circles. Depends on ids and wires alone, never on positions or key order. */
import type { NodeId } from '../base/ids.ts'
import type { GraphDoc } from './model.ts'
import { allEdges, edgesOutOf, nodeOf, pathBetween } from './query.ts'

export type GraphOrder = {
  /** Nodes outside and above circles, sources first; among those that are ready the smallest id goes first. */
  readonly order: readonly NodeId[]
  /** One closed path per knot of circles, starting at its smallest id. */
  readonly cycles: readonly (readonly NodeId[])[]
}

/**
 * Nodes are counted by their place among all ids, so that ready ones are compared as numbers.
 * @param ids of all nodes in their order, from whoever has them at hand
 */
export function topologicalOrder(doc: GraphDoc, ids: readonly NodeId[] = sortedIds(doc)): GraphOrder {
  const rank = new Map<string, number>()
  for (const id of ids) rank.set(id, rank.size)
  const edges = allEdges(doc)
  const ends = new Int32Array(2 * edges.length)
  const waitsFor = new Int32Array(ids.length)
  /** Where the targets of each node begin in `targets`; one more marks the end. */
  const starts = new Int32Array(ids.length + 1)
  for (let i = 0; i < edges.length; i++) {
    const { from, to } = edges[i]!
    const source = rank.get(from.node) ?? -1
    const target = source < 0 ? -1 : (rank.get(to.node) ?? -1)
    ends[2 * i] = source
    ends[2 * i + 1] = target
    if (target < 0) continue
    waitsFor[target] = waitsFor[target]! + 1
    starts[source + 1] = starts[source + 1]! + 1
  }
  for (let at = 0; at < ids.length; at++) starts[at + 1] = starts[at + 1]! + starts[at]!
  const targets = new Int32Array(starts[ids.length]!)
  const filled = starts.slice()
  for (let i = 0; i < edges.length; i++) {
    const target = ends[2 * i + 1]!
    if (target < 0) continue
    const source = ends[2 * i]!
    targets[filled[source]!] = target
    filled[source] = filled[source]! + 1
  }
  const ready = new SmallestFirst()
  for (let at = 0; at < ids.length; at++) if (waitsFor[at] === 0) ready.push(at)
  const order: NodeId[] = []
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    order.push(ids[at]!)
    for (let i = starts[at]!; i < starts[at + 1]!; i++) {
      const target = targets[i]!
      const left = waitsFor[target]! - 1
      waitsFor[target] = left
      if (left === 0) ready.push(target)
    }
  }
  const stuck = order.length === ids.length ? [] : ids.filter((_, at) => waitsFor[at]! > 0)
  return { order, cycles: circles(doc, stuck) }
}

function sortedIds(doc: GraphDoc): readonly NodeId[] {
  return [...new Set(Object.values(doc.nodes).map((node) => node.id))].sort()
}

/** `stuck` holds the circles and all that lies below them. */
function circles(doc: GraphDoc, stuck: readonly NodeId[]): readonly (readonly NodeId[])[] {
  const left = new Set(stuck)
  const found: (readonly NodeId[])[] = []
  const next = (id: NodeId): readonly NodeId[] =>
    edgesOutOf(doc, id)
      .map((edge) => edge.to.node)
      .filter((to) => left.has(to) && nodeOf(doc, to) !== undefined)
  for (const start of stuck) {
    if (!left.has(start)) continue
    const back = shortestCircle(start, next)
    if (!back) continue
    found.push(back)
    for (const id of back) left.delete(id)
  }
  return found
}

function shortestCircle(start: NodeId, next: (id: NodeId) => readonly NodeId[]): readonly NodeId[] | null {
  for (const first of next(start)) {
    const path = pathBetween(first, start, next)
    if (path) return [start, ...path.slice(0, -1)]
  }
  return null
}

/** Binary heap of ranks. */
class SmallestFirst {
  readonly #items: number[] = []

  push(rank: number): void {
    const items = this.#items
    let at = items.push(rank) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (items[parent]! <= rank) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = rank
  }

  pop(): number | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++
      if (items[child]! >= last) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
    return top
  }
}
