/** Topological order of a drawing, and its circles. Depends on ids and wires alone, never on positions or key order. */
import type { NodeId } from '../base/ids.ts'
import type { GraphDoc } from './model.ts'
import { edgesOutOf, nodeOf, pathBetween, sortedEdges } from './query.ts'

export type GraphOrder = {
  /** Nodes outside and above circles, sources first; among those that are ready the smallest id goes first. */
  readonly order: readonly NodeId[]
  /** One closed path per knot of circles, starting at its smallest id. */
  readonly cycles: readonly (readonly NodeId[])[]
}

export function topologicalOrder(doc: GraphDoc): GraphOrder {
  const waitsFor = new Map<NodeId, number>()
  for (const node of Object.values(doc.nodes)) waitsFor.set(node.id, 0)
  for (const edge of sortedEdges(doc)) {
    const count = waitsFor.get(edge.to.node)
    if (count !== undefined && waitsFor.has(edge.from.node)) waitsFor.set(edge.to.node, count + 1)
  }
  const ready = new SmallestFirst()
  for (const [id, count] of waitsFor) if (count === 0) ready.push(id)
  const order: NodeId[] = []
  for (let id = ready.pop(); id; id = ready.pop()) {
    order.push(id)
    waitsFor.delete(id)
    for (const edge of edgesOutOf(doc, id)) {
      const count = waitsFor.get(edge.to.node)
      if (count === undefined) continue
      waitsFor.set(edge.to.node, count - 1)
      if (count === 1) ready.push(edge.to.node)
    }
  }
  return { order, cycles: circles(doc, [...waitsFor.keys()].sort()) }
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

/** Binary heap of ids. */
class SmallestFirst {
  readonly #items: NodeId[] = []

  push(id: NodeId): void {
    const items = this.#items
    let at = items.push(id) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (items[parent]! <= id) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = id
  }

  pop(): NodeId | undefined {
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
