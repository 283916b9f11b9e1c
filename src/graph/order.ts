/** Topological order of a drawing, and its circles. Depends on ids and wires alone, never on positions or key order. */
import type { NodeId } from '../base/ids.ts'
import type { GraphDoc } from './model.ts'
import { numbered } from './numbered.ts'
import type { Numbered } from './numbered.ts'
import { allEdges, edgesOutOf, nodeOf, pathBetween } from './query.ts'

export type GraphOrder = {
  /** Nodes outside and above circles, sources first; among those that are ready the smallest id goes first. */
  readonly order: readonly NodeId[]
  /** One closed path per knot of circles, starting at its smallest id. */
  readonly cycles: readonly (readonly NodeId[])[]
}

export function topologicalOrder(doc: GraphDoc): GraphOrder {
  const graph = numbered(sortedIds(doc), allEdges(doc))
  const order = orderByNumber(graph)
  return { order: Array.from(order, (node) => graph.ids[node]!), cycles: cyclesOf(doc, graph, order) }
}

/** Numbers of the nodes in topological order, without those that are in circles or below them. */
export function orderByNumber({ ids, sources, targets, out }: Numbered): Int32Array {
  const waitsFor = new Int32Array(ids.length)
  // A wire that starts at no node is waited for by nobody.
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i]!
    if (target >= 0 && sources[i]! >= 0) waitsFor[target] = waitsFor[target]! + 1
  }
  const ready = new SmallestFirst()
  for (let at = 0; at < ids.length; at++) if (waitsFor[at] === 0) ready.push(at)
  const order = new Int32Array(ids.length)
  let count = 0
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    order[count++] = at
    for (let i = out.starts[at]!; i < out.starts[at + 1]!; i++) {
      const target = targets[out.wires[i]!]!
      if (target < 0) continue
      const left = waitsFor[target]! - 1
      waitsFor[target] = left
      if (left === 0) ready.push(target)
    }
  }
  return order.subarray(0, count)
}

/** One closed path per knot of circles among the nodes that `order` leaves out. */
export function cyclesOf(doc: GraphDoc, { ids }: Numbered, order: Int32Array): GraphOrder['cycles'] {
  if (order.length === ids.length) return []
  const ordered = new Uint8Array(ids.length)
  for (const node of order) ordered[node] = 1
  return circles(
    doc,
    ids.filter((_, node) => ordered[node] === 0),
  )
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

/** Binary heap of numbers. */
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
