/** Questions about a drawing. Indexes are memoised by identity of the frozen records, so moving cards rebuilds nothing. */
import { current, isDraft } from 'immer'
import type { AssetId, EdgeId, NodeId } from '../base/ids.ts'
import type { AssetRec, EdgeRec, GraphDoc, NodeRec } from './model.ts'

/** Each made on first use: a compile asks only for what ends at a node, and sorting all edges takes longest. */
type EdgeIndex = {
  readonly edges: readonly EdgeRec[]
  sorted: readonly EdgeRec[] | null
  into: ReadonlyMap<string, readonly EdgeRec[]> | null
  outOf: ReadonlyMap<string, readonly EdgeRec[]> | null
}

const indexes = new WeakMap<object, EdgeIndex>()
const nodeLists = new WeakMap<object, NodeList>()
const NONE: readonly EdgeRec[] = []

/** Ids and nodes in the order of the record. */
export type NodeList = { readonly ids: readonly string[]; readonly nodes: readonly NodeRec[] }

/** Own properties only: ids come from files, and `constructor` must not find Object's. */
export function nodeOf(doc: GraphDoc, id: string): NodeRec | undefined {
  return Object.hasOwn(doc.nodes, id) ? doc.nodes[id] : undefined
}

export function edgeOf(doc: GraphDoc, id: string): EdgeRec | undefined {
  return Object.hasOwn(doc.edges, id) ? doc.edges[id] : undefined
}

export function assetOf(doc: GraphDoc, id: string): AssetRec | undefined {
  return Object.hasOwn(doc.assets, id) ? doc.assets[id] : undefined
}

/** All nodes, for whoever goes through them more than once: walking a large record takes longer than what is done then. */
export function allNodes(doc: GraphDoc): NodeList {
  if (isDraft(doc)) return nodeList(doc.nodes)
  let list = nodeLists.get(doc.nodes)
  if (!list) nodeLists.set(doc.nodes, (list = nodeList(doc.nodes)))
  return list
}

function nodeList(nodes: GraphDoc['nodes']): NodeList {
  const ids = Object.keys(nodes)
  return { ids, nodes: membersOf(nodes, ids) }
}

/** Of a large record this takes engines half as long as `Object.values`. */
function membersOf<T>(record: { readonly [id: string]: T }, ids: readonly string[]): readonly T[] {
  const members: T[] = []
  for (let i = 0; i < ids.length; i++) members.push(record[ids[i]!]!)
  return members
}

/** All edges by id, whatever order the record has. */
export function sortedEdges(doc: GraphDoc): readonly EdgeRec[] {
  const index = edgeIndex(doc)
  return (index.sorted ??= inOrder([...index.edges]))
}

/** All edges, in the order of the record: for whoever only counts them. */
export function allEdges(doc: GraphDoc): readonly EdgeRec[] {
  return edgeIndex(doc).edges
}

/** Edges by the node that they end at, each list by id. */
function edgesByTarget(doc: GraphDoc): ReadonlyMap<string, readonly EdgeRec[]> {
  const index = edgeIndex(doc)
  return (index.into ??= grouped(index.edges, 'to'))
}

/** Edges by the node that they start at, each list by id. */
function edgesBySource(doc: GraphDoc): ReadonlyMap<string, readonly EdgeRec[]> {
  const index = edgeIndex(doc)
  return (index.outOf ??= grouped(index.edges, 'from'))
}

export function edgesInto(doc: GraphDoc, node: string, port?: string): readonly EdgeRec[] {
  const edges = edgesByTarget(doc).get(node) ?? NONE
  return port === undefined ? edges : edges.filter((edge) => edge.to.port === port)
}

export function edgesOutOf(doc: GraphDoc, node: string, port?: string): readonly EdgeRec[] {
  const edges = edgesBySource(doc).get(node) ?? NONE
  return port === undefined ? edges : edges.filter((edge) => edge.from.port === port)
}

export function edgesOfNodes(doc: GraphDoc, nodes: ReadonlySet<string>): readonly EdgeId[] {
  return sortedEdges(doc)
    .filter((edge) => nodes.has(edge.from.node) || nodes.has(edge.to.node))
    .map((edge) => edge.id)
}

/** Every node that something flows from into `node`, near or far; without `node` itself unless it is in a circle. */
export function upstream(doc: GraphDoc, node: string): ReadonlySet<NodeId> {
  return upstreamOfAll(doc, [node])
}

/** The same for several nodes at once, in one walk. */
export function upstreamOfAll(doc: GraphDoc, nodes: Iterable<string>): ReadonlySet<NodeId> {
  return reach(nodes, (id) => edgesInto(doc, id).map((edge) => edge.from.node))
}

/** Every node that something flows to from `node`. */
export function downstream(doc: GraphDoc, node: string): ReadonlySet<NodeId> {
  return reach([node], (id) => edgesOutOf(doc, id).map((edge) => edge.to.node))
}

/** The path from `to` back to `from` that a wire from → to would close, or null when it closes none. */
export function wouldCycle(doc: GraphDoc, from: NodeId, to: NodeId): readonly NodeId[] | null {
  return pathBetween(to, from, (id) => edgesOutOf(doc, id).map((edge) => edge.to.node))
}

/** Assets that a node's params mention, by value: works for kinds that nobody knows. */
export function assetsOfNode(doc: GraphDoc, node: NodeRec): readonly AssetId[] {
  const found = new Set<AssetId>()
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      const asset = assetOf(doc, value)
      if (asset) found.add(asset.id)
    } else if (Array.isArray(value)) value.forEach(visit)
    else if (value !== null && typeof value === 'object') Object.values(value).forEach(visit)
  }
  visit(node.params)
  return [...found]
}

export function pathBetween(
  start: NodeId,
  goal: NodeId,
  next: (id: NodeId) => readonly NodeId[],
): readonly NodeId[] | null {
  const cameFrom = new Map<NodeId, NodeId | null>([[start, null]])
  const queue = [start]
  for (let i = 0; i < queue.length; i++) {
    const id = queue[i]!
    if (id === goal) return backtrack(cameFrom, goal)
    for (const neighbour of next(id)) {
      if (cameFrom.has(neighbour)) continue
      cameFrom.set(neighbour, id)
      queue.push(neighbour)
    }
  }
  return null
}

function backtrack(cameFrom: ReadonlyMap<NodeId, NodeId | null>, goal: NodeId): readonly NodeId[] {
  const path: NodeId[] = []
  for (let id: NodeId | null | undefined = goal; id; id = cameFrom.get(id)) path.push(id)
  return path.reverse()
}

function reach(starts: Iterable<string>, next: (id: string) => readonly NodeId[]): ReadonlySet<NodeId> {
  const seen = new Set<NodeId>()
  const stack = [...starts].flatMap(next)
  for (let id = stack.pop(); id; id = stack.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    stack.push(...next(id))
  }
  return seen
}

function edgeIndex(doc: GraphDoc): EdgeIndex {
  // A draft keeps its identity while it changes; memoising it would answer from the past.
  if (isDraft(doc)) return buildIndex(current(doc.edges))
  let index = indexes.get(doc.edges)
  if (!index) indexes.set(doc.edges, (index = buildIndex(doc.edges)))
  return index
}

function buildIndex(edges: GraphDoc['edges']): EdgeIndex {
  return { edges: membersOf(edges, Object.keys(edges)), sorted: null, into: null, outOf: null }
}

function grouped(edges: readonly EdgeRec[], end: 'from' | 'to'): ReadonlyMap<string, readonly EdgeRec[]> {
  const groups = new Map<string, EdgeRec[]>()
  for (const edge of edges) {
    const { node } = edge[end]
    const group = groups.get(node)
    if (group) group.push(edge)
    else groups.set(node, [edge])
  }
  // `forEach` makes no entry for each of ten thousand.
  groups.forEach((group) => {
    if (group.length > 1) inOrder(group)
  })
  return groups
}

/** Lists up to this long, as most nodes have, are sorted by moving each edge to its place. */
const SHORT = 12

/** In place; most records are in order already. */
function inOrder(edges: EdgeRec[]): EdgeRec[] {
  for (let i = 1; i < edges.length; i++) {
    const edge = edges[i]!
    if (edges[i - 1]!.id < edge.id) continue
    if (edges.length > SHORT) return edges.sort((a, b) => (a.id < b.id ? -1 : 1))
    let at = i
    for (; at > 0 && edge.id < edges[at - 1]!.id; at--) edges[at] = edges[at - 1]!
    edges[at] = edge
  }
  return edges
}
