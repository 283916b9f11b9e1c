/** The drawing inside a group as a document of its own: nodes with what the group's card gives them, and rails for its ports. */
import type { EdgeId, NodeId } from '../base/ids.ts'
import { within } from '../graph/nested.ts'
import type { GraphDoc, NodeRec } from '../graph/model.ts'
import { nodeOf } from '../graph/query.ts'
import type { GroupContent, NodeKind } from './contract.ts'
import { groupParams, withGiven } from './given.ts'
import { railWires, railsOf } from './rails.ts'
import type { Registry } from './registry.ts'

const made = new WeakMap<object, { readonly key: string; readonly record: object }>()

/** What was made of a record before, as long as it would be made the same. */
function again<T extends object>(from: T, key: string, make: () => T): T {
  const before = made.get(from)
  if (before?.key === key) return before.record as T
  const record = make()
  made.set(from, { key, record })
  return record
}

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

/** The inside of a group with ids of its own, `group/inner`; it shares title and files with the document. */
export function drawingInside(
  registry: Registry,
  doc: GraphDoc,
  { rec, kind, params, content }: OpenedGroup,
): GraphDoc {
  const inner = Object.entries(content.nodes).map(([key, node]): NodeRec => {
    const id = within<NodeId>(rec.id, key)
    const promoted = content.values.filter((value) => value.node === key)
    const given = promoted.map((value) => [value.field, value.value, rec.bindings?.[value.key] ?? null])
    return again(node, `${id} ${JSON.stringify(given)}`, () => ({
      ...withGiven(registry, rec, content, key, node),
      id,
    }))
  })
  const wires = Object.values(content.edges).map((edge) =>
    again(edge, rec.id, () => ({
      id: within<EdgeId>(rec.id, edge.id),
      from: { node: within<NodeId>(rec.id, edge.from.node), port: edge.from.port },
      to: { node: within<NodeId>(rec.id, edge.to.node), port: edge.to.port },
    })),
  )
  const nodes = [...inner, ...railsOf(registry, rec.id, kind.ports(params), content.places, inner)]
  const edges = [...wires, ...railWires(rec.id, content.ports)]
  return {
    ...doc,
    nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
    edges: Object.fromEntries(edges.map((edge) => [edge.id, edge])),
  }
}
