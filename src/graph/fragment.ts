/** Copy and paste: a part of a drawing as text, with the wires inside it and the files that it needs. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { EdgeId, IdSource, NodeId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { graphDiagnostic } from './codes.ts'
import { readJson } from './codec.ts'
import { isRecord, own } from './json.ts'
import { FORMAT, FORMAT_VERSION } from './model.ts'
import type { AssetRec, EdgeRec, GraphDoc, NodeRec, PortRef } from './model.ts'
import { bareId, isRail } from './nested.ts'
import { addAsset, addNode } from './ops.ts'
import type { DraftDoc, Point } from './ops.ts'
import { printJson } from './print.ts'
import { assetOf, assetsOfNode, nodeOf, sortedEdges } from './query.ts'
import { readRecords } from './readRecords.ts'

/** Mark of copied parts on the clipboard. */
export const FRAGMENT_FORMAT = 'tunegraph/fragment'

export type Fragment = {
  readonly nodes: readonly NodeRec[]
  /** Wires with both ends inside. */
  readonly edges: readonly EdgeRec[]
  readonly assets: readonly AssetRec[]
}

export type Pasted = { readonly nodes: readonly NodeId[]; readonly edges: readonly EdgeId[] }

/** Ids are those that the nodes have in their own group; the cards that stand for a group's ports are no part of it. */
export function fragmentOf(doc: GraphDoc, ids: Iterable<NodeId>): Fragment {
  const inside = new Set<string>([...ids].filter((id) => !isRail(id)))
  const found = [...inside].sort().flatMap((id) => nodeOf(doc, id) ?? [])
  const used = new Set(found.flatMap((node) => assetsOfNode(doc, node)))
  const nodes = found.map((node) => ({ ...node, id: bareId(node.id) }))
  const bare = ({ node, port }: PortRef): PortRef => ({ node: bareId(node), port })
  const edges = sortedEdges(doc)
    .filter((edge) => inside.has(edge.from.node) && inside.has(edge.to.node))
    .map(({ id, from, to }) => ({ id: bareId(id), from: bare(from), to: bare(to) }))
  return { nodes, edges, assets: [...used].sort().flatMap((id) => assetOf(doc, id) ?? []) }
}

/** Text for the system clipboard. */
export function copyText(doc: GraphDoc, ids: Iterable<NodeId>): string {
  const { nodes, edges, assets } = fragmentOf(doc, ids)
  const byId = <T extends { readonly id: string }>(items: readonly T[]): { [id: string]: T } =>
    Object.fromEntries(items.map((item) => [item.id, item]))
  return printJson({
    format: FRAGMENT_FORMAT,
    version: FORMAT_VERSION,
    nodes: byId(nodes),
    edges: byId(edges),
    assets: byId(assets),
  })
}

/** Whatever was on the clipboard: a copied part or the text of a whole file. The repairs made are in `diagnostics`. */
export function parseFragment(
  text: string,
): Result<{ readonly fragment: Fragment; readonly diagnostics: readonly Diagnostic[] }, Diagnostic> {
  const read = readJson(text)
  const mark = read.ok && isRecord(read.value) ? own(read.value, 'format') : undefined
  if (!read.ok || !isRecord(read.value) || (mark !== FRAGMENT_FORMAT && mark !== FORMAT)) {
    return err(nothing('What was copied is no part of a graph.'))
  }
  const diagnostics: Diagnostic[] = []
  const records = readRecords(read.value, diagnostics)
  const nodes = Object.values(records.nodes)
  if (nodes.length === 0) return err(nothing('What was copied has no node in it.'))
  const fragment = { nodes, edges: Object.values(records.edges), assets: Object.values(records.assets) }
  return ok({ fragment, diagnostics })
}

/** Adds the part with fresh ids, moved by `offset`; the same fragment can be pasted any number of times. */
export function paste(draft: DraftDoc, fragment: Fragment, ids: IdSource, offset: Point): Pasted {
  const fresh = new Map<string, NodeId>()
  for (const asset of fragment.assets) addAsset(draft, asset)
  for (const node of fragment.nodes) {
    const id = unused(ids, 'n', draft.nodes) as NodeId
    fresh.set(node.id, id)
    const position = { x: node.position.x + offset.x, y: node.position.y + offset.y }
    addNode(draft, { ...structuredClone(node), id, position })
  }
  const edges: EdgeId[] = []
  for (const edge of fragment.edges) {
    const from = fresh.get(edge.from.node)
    const to = fresh.get(edge.to.node)
    if (!from || !to) continue
    const id = unused(ids, 'e', draft.edges) as EdgeId
    draft.edges[id] = { id, from: { node: from, port: edge.from.port }, to: { node: to, port: edge.to.port } }
    edges.push(id)
  }
  return { nodes: [...fresh.values()], edges }
}

/** Top-left corner of the part, so that a paste can put it under the pointer. */
export function cornerOf(fragment: Fragment): Point {
  return {
    x: fragment.nodes.reduce((least, node) => Math.min(least, node.position.x), Infinity),
    y: fragment.nodes.reduce((least, node) => Math.min(least, node.position.y), Infinity),
  }
}

function unused(ids: IdSource, prefix: string, taken: object): string {
  for (;;) {
    const id: string = ids(prefix)
    if (!Object.hasOwn(taken, id)) return id
  }
}

function nothing(message: string): Diagnostic {
  return graphDiagnostic('GR1201', { on: 'document' }, message)
}
