/** Problems found in the flat drawing, said at the cards that people see; what several trials share is said once. */
import type { Diagnostic, Fix, Locus } from '../../base/diagnostic.ts'
import type { GraphDoc } from '../../graph/model.ts'
import type { FlatDoc } from './flatDoc.ts'

export function atCards(found: readonly Diagnostic[], flat: FlatDoc, doc: GraphDoc): readonly Diagnostic[] {
  const said = new Set<string>()
  return found.flatMap((diagnostic) => {
    const moved = atCard(diagnostic, flat, doc)
    const key = JSON.stringify([moved.code, moved.at, moved.message])
    if (said.has(key)) return []
    said.add(key)
    return [moved]
  })
}

function atCard(diagnostic: Diagnostic, flat: FlatDoc, doc: GraphDoc): Diagnostic {
  const at = placeOf(diagnostic.at, flat, doc)
  const related = diagnostic.related?.map((place) => placeOf(place, flat, doc))
  const { fix: _, ...rest } = diagnostic
  const fix = diagnostic.fix && fixOf(diagnostic.fix, flat, doc)
  return { ...rest, at, ...(related ? { related } : {}), ...(fix ? { fix } : {}) }
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

/** A fix that would set a param inside a group has no place on the drawing. */
function fixOf(fix: Fix, flat: FlatDoc, doc: GraphDoc): Fix | undefined {
  const { node, edges } = fix.args
  if (typeof node === 'string') {
    return inGroup(node, flat) ? undefined : { ...fix, args: { ...fix.args, node: flat.origin(node) } }
  }
  if (Array.isArray(edges)) return edges.every((id) => Object.hasOwn(doc.edges, String(id))) ? fix : undefined
  return fix
}

function inGroup(node: string, flat: FlatDoc): boolean {
  return flat.card(node) !== flat.origin(node)
}
