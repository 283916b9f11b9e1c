/** The drawing inside a group as a document of its own: nodes with what the group's card gives them, and rails for its ports. */
import type { Json } from '../base/canonicalJson.ts'
import type { EdgeId, NodeId } from '../base/ids.ts'
import { within } from '../graph/nested.ts'
import type { GraphDoc, NodeRec, Params } from '../graph/model.ts'
import { nodeOf } from '../graph/query.ts'
import type { GroupContent, NodeKind } from './contract.ts'
import { railWires, railsOf } from './rails.ts'
import type { Registry } from './registry.ts'
import { upgradeParams } from './upgrade.ts'

export type OpenedGroup = {
  readonly rec: NodeRec
  readonly kind: NodeKind
  readonly params: Record<string, unknown>
  readonly content: GroupContent
}

/** Null for a node that is not there, is no group, or whose params cannot be read. */
export function readGroup(registry: Registry, doc: GraphDoc, id: string): OpenedGroup | null {
  const rec = nodeOf(doc, id)
  const kind = rec && registry.get(rec.kind)
  const params = rec && kind ? groupParams(kind, rec) : null
  return rec && kind && params ? { rec, kind, params, content: kind.inside!(params) } : null
}

/** Parsed params of a group; null for other kinds and for groups that cannot be read. */
export function groupParams(kind: NodeKind, rec: NodeRec): Record<string, unknown> | null {
  if (!kind.edits || !kind.inside) return null
  const upgraded = upgradeParams(kind, rec)
  const parsed = upgraded.ok ? kind.parse(upgraded.value, { on: 'node', node: rec.id }) : upgraded
  return parsed.ok ? parsed.value : null
}

/** The inside of a group with ids of its own, `group/inner`; it shares title and files with the document. */
export function drawingInside(
  registry: Registry,
  doc: GraphDoc,
  { rec, kind, params, content }: OpenedGroup,
): GraphDoc {
  const inner = Object.entries(content.nodes).map(([key, node]): NodeRec => ({
    ...withGiven(registry, rec, content, key, node),
    id: within<NodeId>(rec.id, key),
  }))
  const wires = Object.values(content.edges).map((edge) => ({
    id: within<EdgeId>(rec.id, edge.id),
    from: { node: within<NodeId>(rec.id, edge.from.node), port: edge.from.port },
    to: { node: within<NodeId>(rec.id, edge.to.node), port: edge.to.port },
  }))
  const nodes = [...inner, ...railsOf(registry, rec.id, kind.ports(params), content.places, inner)]
  const edges = [...wires, ...railWires(rec.id, content.ports)]
  return {
    ...doc,
    nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
    edges: Object.fromEntries(edges.map((edge) => [edge.id, edge])),
  }
}

/** A node inside a group with the params and bindings that the group's card gives it. */
export function withGiven(
  registry: Registry,
  group: NodeRec,
  content: GroupContent,
  key: string,
  node: NodeRec,
): NodeRec {
  const promoted = content.values.filter((value) => value.node === key)
  if (promoted.length === 0) return node
  const params = promoted
    // A param that is written nowhere has no value to give.
    .filter(({ field, value }) => value !== null || Object.hasOwn(node.params, field))
    .reduce((given, { field, value }) => withParam(registry, node, given, field, value), node.params)
  const bindings = { ...node.bindings }
  for (const { key: shown, field } of promoted) {
    const bound = group.bindings?.[shown]
    if (bound !== undefined) bindings[field] = bound
  }
  const { bindings: _, ...rest } = node
  return { ...rest, params, ...(Object.keys(bindings).length > 0 ? { bindings } : {}) }
}

/** The params with another value of a field; of a group the field is one that its card shows. */
export function withParam(registry: Registry, node: NodeRec, params: Params, field: string, value: Json): Params {
  const kind = registry.get(node.kind)
  if (!kind?.edits) return { ...params, [field]: value }
  const group = groupParams(kind, { ...node, params })
  return group ? (kind.edits.withValue(group, field, value) as Params) : params
}

/** What a field of a node shows; of a group, what the field of its card does. Undefined when there is no such value. */
export function paramAt(registry: Registry, node: NodeRec, field: string): Json | undefined {
  const kind = registry.get(node.kind)
  if (!kind?.edits) return Object.hasOwn(node.params, field) ? node.params[field] : undefined
  const group = groupParams(kind, node)
  return group ? kind.inside!(group).values.find((value) => value.key === field)?.value : undefined
}
