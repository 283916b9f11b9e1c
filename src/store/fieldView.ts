/** Fields that a card offers: those of its kind, or for a group the promoted ones of the nodes inside it. */
import type { Json } from '../base/canonicalJson.ts'
import type { NodeId } from '../base/ids.ts'
import type { GraphDoc, NodeRec, Params } from '../graph/model.ts'
import { replaceParams, setParam } from '../graph/ops.ts'
import type { DraftDoc } from '../graph/ops.ts'
import { nodeOf } from '../graph/query.ts'
import type { FieldSpec, NodeKind } from '../kinds/contract.ts'
import { titleOf } from '../kinds/lens.ts'
import { groupParams } from '../kinds/given.ts'
import type { Registry } from '../kinds/registry.ts'
import { upgradeParams } from '../kinds/upgrade.ts'
import { takesParameters } from './parameters.ts'

export type FieldViews = {
  readonly fields: readonly FieldSpec[]
  /** What each field shows, by key. */
  readonly values: Readonly<Record<string, unknown>>
}

/** @param params parsed params of a node of the kind */
export function fieldViews(registry: Registry, kind: NodeKind, params: Readonly<Record<string, unknown>>): FieldViews {
  if (!kind.inside) return { fields: kind.fields, values: params }
  const { nodes, values } = kind.inside(params)
  const inner = new Map<string, FieldViews | null>()
  const fields: FieldSpec[] = []
  const shown: Record<string, unknown> = {}
  for (const { key, label, node, field } of values) {
    const rec = nodes[node]!
    if (!inner.has(node)) {
      const own = Object.fromEntries(values.filter((v) => v.node === node).map((v) => [v.field, v.value]))
      inner.set(node, innerViews(registry, rec, own as Params))
    }
    const found = inner.get(node)
    const spec = found?.fields.find((candidate) => candidate.key === field)
    if (!found || !spec || !takesParameters(spec)) continue
    const { advanced: _, hiddenIf, ...rest } = spec
    fields.push({
      ...rest,
      key,
      label,
      section: titleOf(rec, registry.get(rec.kind)),
      ...(hiddenIf ? { hiddenIf: () => hiddenIf(found.values) } : {}),
    })
    shown[key] = found.values[field]
  }
  return { fields, values: shown }
}

/** Fields of a node inside a group, with the values that the group's card gives them. */
function innerViews(registry: Registry, rec: NodeRec, values: Params): FieldViews | null {
  const kind = registry.get(rec.kind)
  if (!kind) return null
  const upgraded = upgradeParams(kind, kind.inside ? rec : { ...rec, params: { ...rec.params, ...values } })
  const parsed = upgraded.ok ? kind.parse(upgraded.value, { on: 'node', node: rec.id }) : upgraded
  let params = parsed.ok ? parsed.value : { ...kind.defaults, ...values }
  if (kind.inside && !parsed.ok) return null
  if (kind.edits) for (const [key, value] of Object.entries(values)) params = kind.edits.withValue(params, key, value)
  return fieldViews(registry, kind, params)
}

/** The edit that gives a field of a card another value: a param, or what a group gives to a node inside it. */
export function fieldEdit(
  registry: Registry,
  doc: GraphDoc,
  id: string,
  values: Params,
): ((draft: DraftDoc) => void) | null {
  const rec = nodeOf(doc, id)
  const kind = rec && registry.get(rec.kind)
  if (!rec) return null
  if (!kind?.edits) {
    return (draft) => {
      for (const [field, value] of Object.entries(values)) setParam(draft, rec.id, field, value)
    }
  }
  const params = groupParams(kind, rec)
  if (!params) return null
  const changed = Object.entries(values).reduce(
    (p, [key, value]) => kind.edits!.withValue(p, key, value as Json),
    params,
  )
  return (draft) => void replaceParams(draft, rec.id as NodeId, changed as Params, kind.version)
}

/** Fields of a node inside a group that its card could show, with their values there. */
export function innerFields(registry: Registry, rec: NodeRec): FieldViews {
  const { fields, values } = innerViews(registry, rec, {}) ?? { fields: [], values: {} }
  return { fields: fields.filter((field) => takesParameters(field) && field.hiddenIf?.(values) !== true), values }
}
