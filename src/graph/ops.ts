/** Edits of a document on an immer draft. An op that cannot apply changes nothing; `edit` in change.ts runs them on plain documents. */
import type { Draft } from 'immer'
import type { Json } from '../base/canonicalJson.ts'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { AssetId, EdgeId, NodeId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { checkConnection } from './connect.ts'
import type { GraphLens } from './connect.ts'
import { isJson } from './json.ts'
import type { AssetRec, EdgeRec, GraphDoc, NodeMode, NodeRec, Params, PortRef } from './model.ts'
import { assetsOfNode, edgesOfNodes, nodeOf } from './query.ts'

export type DraftDoc = Draft<GraphDoc>
export type Point = { readonly x: number; readonly y: number }

/** False when the id is taken. */
export function addNode(draft: DraftDoc, node: NodeRec): boolean {
  if (nodeOf(draft, node.id)) return false
  draft.nodes[node.id] = { ...node, position: tidy(node.position) } as Draft<NodeRec>
  return true
}

/** Removes nodes together with every wire at them. */
export function removeNodes(draft: DraftDoc, ids: Iterable<NodeId>): void {
  const gone = new Set<string>(ids)
  for (const edge of edgesOfNodes(draft, gone)) delete draft.edges[edge]
  for (const id of gone) if (nodeOf(draft, id)) delete draft.nodes[id]
}

/** Moves nodes to absolute places; ids that are not there are skipped. */
export function moveNodes(draft: DraftDoc, places: Iterable<readonly [NodeId, Point]>): void {
  for (const [id, place] of places) {
    const node = nodeOf(draft, id) as Draft<NodeRec> | undefined
    if (!node || !Number.isFinite(place.x) || !Number.isFinite(place.y)) continue
    const { x, y } = tidy(place)
    if (node.position.x !== x) node.position.x = x
    if (node.position.y !== y) node.position.y = y
  }
}

/**
 * Joins two ports, replacing the wire of an input that takes one. `moved` is a wire that is re-plugged: it gives way, too.
 * The error is the reason why not; then nothing changed.
 */
export function connect(
  draft: DraftDoc,
  lens: GraphLens,
  id: EdgeId,
  a: PortRef,
  b: PortRef,
  moved?: EdgeId,
): Result<EdgeRec, Diagnostic> {
  const checked = checkConnection(draft, lens, a, b, moved)
  if (!checked.ok) return err(checked.error)
  const { from, to, replaces } = checked.value
  for (const old of replaces) delete draft.edges[old]
  if (moved !== undefined) disconnect(draft, [moved])
  const edge: EdgeRec = { id, from: { ...from }, to: { ...to } }
  draft.edges[id] = edge as Draft<EdgeRec>
  return ok(edge)
}

export function disconnect(draft: DraftDoc, ids: Iterable<EdgeId>): void {
  for (const id of ids) if (Object.hasOwn(draft.edges, id)) delete draft.edges[id]
}

/** False when there is no such node or the value is not JSON. */
export function setParam(draft: DraftDoc, id: NodeId, field: string, value: Json): boolean {
  return setParams(draft, id, { [field]: value })
}

/** Sets several params at once or none. */
export function setParams(draft: DraftDoc, id: NodeId, values: Params): boolean {
  const node = nodeOf(draft, id) as Draft<NodeRec> | undefined
  if (!node || !isJson(values)) return false
  for (const [field, value] of Object.entries(values)) {
    if (!Object.is(node.params[field], value)) node.params[field] = value as Draft<Json>
  }
  return true
}

/** Replaces all params, e.g. after a kind's migration. */
export function replaceParams(draft: DraftDoc, id: NodeId, params: Params, kindVersion: number): boolean {
  const node = nodeOf(draft, id) as Draft<NodeRec> | undefined
  if (!node || !isJson(params)) return false
  node.params = params as Draft<Params>
  node.kindVersion = kindVersion
  return true
}

/** An empty title means the kind's own. */
export function renameNode(draft: DraftDoc, id: NodeId, title: string): boolean {
  const node = nodeOf(draft, id) as Draft<NodeRec> | undefined
  if (!node) return false
  node.title = title.trim().toWellFormed()
  return true
}

/** Bypassed, muted, or (null) taking part. */
export function setMode(draft: DraftDoc, id: NodeId, mode: NodeMode | null): boolean {
  const node = nodeOf(draft, id) as Draft<NodeRec> | undefined
  if (!node) return false
  if (mode === null) delete node.mode
  else if (node.mode !== mode) node.mode = mode
  return true
}

/** @param key of the earlier result to keep; null lets the node's stage follow its settings again */
export function setPin(draft: DraftDoc, id: NodeId, key: string | null): boolean {
  const node = nodeOf(draft, id) as Draft<NodeRec> | undefined
  if (!node) return false
  if (key === null) delete node.pin
  else if (node.pin !== key) node.pin = key
  return true
}

/** @param parameter that the field takes its value from; null leaves it to the param that is written at the node */
export function setBinding(draft: DraftDoc, id: NodeId, field: string, parameter: string | null): boolean {
  const node = nodeOf(draft, id) as Draft<NodeRec> | undefined
  if (!node) return false
  const bindings: { [field: string]: string } = { ...node.bindings }
  if ((Object.hasOwn(bindings, field) ? bindings[field] : null) === parameter) return true
  if (parameter === null) delete bindings[field]
  else bindings[field] = parameter
  if (Object.keys(bindings).length === 0) delete node.bindings
  else node.bindings = bindings
  return true
}

export function setTitle(draft: DraftDoc, title: string): void {
  draft.title = title.trim().toWellFormed() || 'Untitled'
}

export function addAsset(draft: DraftDoc, asset: AssetRec): void {
  if (!Object.hasOwn(draft.assets, asset.id)) draft.assets[asset.id] = { ...asset }
}

/** Drops files that no node refers to any more. */
export function pruneAssets(draft: DraftDoc): readonly AssetId[] {
  const used = new Set<string>()
  for (const node of Object.values(draft.nodes)) for (const id of assetsOfNode(draft, node as NodeRec)) used.add(id)
  const unused = Object.values(draft.assets)
    .map((asset) => asset.id)
    .filter((id) => !used.has(id))
  for (const id of unused) delete draft.assets[id]
  return unused
}

/** JSON has no negative zero, so a document must not either: reading it back has to give the same value. */
function tidy(place: Point): { x: number; y: number } {
  return { x: place.x + 0, y: place.y + 0 }
}
