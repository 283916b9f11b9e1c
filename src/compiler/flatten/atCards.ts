/** Problems found in the flat drawing, said at the cards that people see; what several trials share is said once. */
import type { Diagnostic, Fix, Locus } from '../../base/diagnostic.ts'
import type { GraphDoc } from '../../graph/model.ts'
import type { FlatDoc } from './flatDoc.ts'

export function atCards(found: readonly Diagnostic[], flat: FlatDoc, doc: GraphDoc): readonly Diagnostic[] {
  const said = new Set<string>()
  return found.flatMap((diagnostic) => {
    const moved = atCard(diagnostic, flat, doc)
    const key = JSON.stringify([moved.code, moved.at, moved.inside, moved.message])
    if (said.has(key)) return []
    said.add(key)
    return [moved]
  })
}

function atCard(diagnostic: Diagnostic, flat: FlatDoc, doc: GraphDoc): Diagnostic {
  const at = placeOf(diagnostic.at, flat, doc)
  const inside = insideOf(diagnostic.at, flat)
  const related = diagnostic.related?.map((place) => placeOf(place, flat, doc))
  const { fix: _, ...rest } = diagnostic
  const fix = diagnostic.fix && fixOf(diagnostic.fix, flat, doc)
  return { ...rest, at, ...(inside ? { inside } : {}), ...(related ? { related } : {}), ...(fix ? { fix } : {}) }
}

/** The place in the drawing inside a group, for who can open it; null for what lies on the document itself. */
function insideOf(at: Locus, flat: FlatDoc): Locus | null {
  if (at.on === 'node' || at.on === 'port' || at.on === 'field') {
    return inGroup(at.node, flat) ? { ...at, node: flat.origin(at.node) } : null
  }
  const wire = at.on === 'edge' ? flat.doc.edges[at.edge] : undefined
  return wire && inGroup(wire.to.node, flat) ? { on: 'node', node: flat.origin(wire.to.node) } : null
}

function placeOf(at: Locus, flat: FlatDoc, doc: GraphDoc): Locus {
  switch (at.on) {
    case 'node':
      return { on: 'node', node: flat.card(at.node) }
    case 'port':
      return inGroup(at.node, flat) ? { on: 'node', node: flat.card(at.node) } : { ...at, node: flat.origin(at.node) }
    case 'field': {
      if (!inGroup(at.node, flat)) return { ...at, node: flat.origin(at.node) }
      const promoted = flat.promoted(at.node, at.field)
      const node = flat.card(at.node)
      return promoted === null ? { on: 'node', node } : { on: 'field', node, field: promoted }
    }
    case 'edge': {
      if (Object.hasOwn(doc.edges, at.edge)) return at
      const wire = flat.doc.edges[at.edge]
      return wire ? { on: 'node', node: flat.card(wire.to.node) } : { on: 'document' }
    }
    default:
      return at
  }
}

/**
 * A setting is mended where its value stands: at the graph parameter that the field is bound to, at the promoted field of
 * the group around it, or at the node, also inside a group: its id is then `group/inner`.
 */
function fixOf(fix: Fix, flat: FlatDoc, doc: GraphDoc): Fix | undefined {
  const { node, edges, field, value } = fix.args
  if (typeof node === 'string') {
    const standing = standingFor(node, flat)
    const parameter = typeof field === 'string' ? flat.doc.nodes[standing]?.bindings?.[field] : undefined
    const frees = fix.command === 'field.unbind'
    if (parameter !== undefined && !frees) return atParameter(fix, standing, parameter, value, flat)
    if (!inGroup(node, flat)) return { ...fix, args: { ...fix.args, node: flat.origin(node) } }
    const promoted = typeof field === 'string' ? flat.promoted(node, field) : null
    // A binding that is written inside the group cannot be taken off at its card.
    if (promoted === null || (frees && doc.nodes[flat.card(node)]?.bindings?.[promoted] === undefined)) {
      return { ...fix, args: { ...fix.args, node: flat.origin(node) } }
    }
    return { ...fix, args: { ...fix.args, node: flat.card(node), field: promoted } }
  }
  if (Array.isArray(edges)) return edges.every((id) => Object.hasOwn(doc.edges, String(id))) ? fix : undefined
  return fix
}

const copies = new WeakMap<FlatDoc, ReadonlyMap<string, string>>()

/** Stages name the node that copies were made from; the drawing holds the copies, all bound alike. */
function standingFor(node: string, flat: FlatDoc): string {
  if (Object.hasOwn(flat.doc.nodes, node)) return node
  let byOrigin = copies.get(flat)
  if (!byOrigin) {
    byOrigin = new Map([...flat.variants.keys()].map((copy) => [flat.origin(copy), copy]))
    copies.set(flat, byOrigin)
  }
  return byOrigin.get(node) ?? node
}

function atParameter(fix: Fix, node: string, parameter: string, value: unknown, flat: FlatDoc): Fix | undefined {
  const holder = flat.holder(parameter)
  const swept = flat.variants.get(node)?.some((variant) => Object.hasOwn(variant.values, parameter))
  if (!holder || swept || inGroup(holder.node, flat) || typeof holder.value !== typeof value) return undefined
  const title = `${fix.title} (parameter ${parameter})`
  return { ...fix, title, args: { ...fix.args, node: holder.node, field: holder.field } }
}

function inGroup(node: string, flat: FlatDoc): boolean {
  return flat.card(node) !== flat.origin(node)
}
