/** What a group's card gives to the nodes inside it: values and bindings of the fields that it shows. */
import type { Json } from '../base/canonicalJson.ts'
import type { NodeRec, Params } from '../graph/model.ts'
import type { GroupContent, NodeKind } from './contract.ts'
import type { Registry } from './registry.ts'
import { upgradeParams } from './upgrade.ts'

/** By the params as they are stored: reading a group means reading all that is in it. */
const read = new WeakMap<Params, { readonly by: NodeKind; readonly params: Record<string, unknown> | null }>()

/** Parsed params of a group; null for other kinds and for groups that cannot be read. */
export function groupParams(kind: NodeKind, rec: NodeRec): Record<string, unknown> | null {
  if (!kind.edits || !kind.inside) return null
  const known = read.get(rec.params)
  if (known?.by === kind && rec.kindVersion === kind.version) return known.params
  const upgraded = upgradeParams(kind, rec)
  const parsed = upgraded.ok ? kind.parse(upgraded.value, { on: 'node', node: rec.id }) : upgraded
  const params = parsed.ok ? parsed.value : null
  if (rec.kindVersion === kind.version) read.set(rec.params, { by: kind, params })
  return params
}

/** Params that the kind's own edits have made need not be read again; what is in them stays the same objects. */
export function madeParams(kind: NodeKind, params: Record<string, unknown>): Params {
  read.set(params as Params, { by: kind, params })
  return params as Params
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
