/** An edited inside of a group written back into it. What was not touched stays the same value, byte for byte. */
import { canonicalJson } from '../base/canonicalJson.ts'
import type { Json } from '../base/canonicalJson.ts'
import { bareId, isRail, railId } from '../graph/nested.ts'
import type { EdgeRec, GraphDoc, NodeRec, Params } from '../graph/model.ts'
import type { GroupContent, GroupEdits, PortSpec } from './contract.ts'
import { lensOf } from './lens.ts'
import { madeParams, paramAt, withParam } from './given.ts'
import type { OpenedGroup } from './openGroup.ts'
import { railPorts, reachedBy } from './rails.ts'
import type { Registry } from './registry.ts'

type GroupParams = Record<string, unknown>
type MadePort = Parameters<GroupEdits<GroupParams>['withContent']>[1]['ports'][number]

/**
 * The document with the group changed to what `after` is; `before` is what the group gave. Wires at ports that the group no
 * longer has go, too. Files are those of `after`: who puts into a whole document looks which are still used.
 */
export function putInside(
  registry: Registry,
  doc: GraphDoc,
  group: OpenedGroup,
  before: GraphDoc,
  after: GraphDoc,
): GraphDoc {
  const { rec, kind, content } = group
  const nodes: { [id: string]: NodeRec } = {}
  let params = group.params
  const cardBindings: { [field: string]: string } = { ...rec.bindings }
  for (const [id, now] of Object.entries(after.nodes)) {
    if (isRail(id)) continue
    const key = bareId(id)
    const was = Object.hasOwn(before.nodes, id) ? before.nodes[id] : undefined
    const own = was && content.nodes[key]
    if (own && same(now, was)) nodes[key] = own
    else if (own && was) {
      const taken = takeBack(registry, content, own, was, now, cardBindings)
      nodes[key] = { ...taken.node, id: own.id }
      for (const [shown, value] of taken.values) params = kind.edits!.withValue(params, shown, value)
    } else nodes[key] = { ...now, id: key as NodeRec['id'] }
  }
  const edges: { [id: string]: EdgeRec } = {}
  for (const edge of Object.values(after.edges)) {
    if (isRail(edge.from.node) || isRail(edge.to.node)) continue
    const id = bareId(edge.id)
    const own = content.edges[id]
    const [from, to] = [edge.from, edge.to].map(({ node, port }) => ({ node: bareId(node), port }))
    edges[id] = own && same(edge, before.edges[edge.id]) ? own : { id, from: from!, to: to! }
  }
  const ports = portsOf(registry, group, before, after, nodes)
  const places = {
    in: placeOf(after, before, railId(rec.id, 'in')),
    out: placeOf(after, before, railId(rec.id, 'out')),
  }
  const rails = [railId(rec.id, 'in'), railId(rec.id, 'out')]
  const changed =
    params !== group.params ||
    !sameRecords(nodes, content.nodes) ||
    !sameRecords(edges, content.edges) ||
    !same(ports, portsAsTheyAre(group)) ||
    rails.some((id) => !same(placeOf(after, before, id), placeOf(before, before, id)))
  // Rails stand beside the drawing until something in it is changed: from then on they stay where they were seen.
  const inside = changed
    ? madeParams(kind, kind.edits!.withContent(params, { nodes, edges, ports, places }))
    : group.params
  const shown = new Set(kind.inside!(inside).values.map((value) => value.key))
  const gone = content.values.filter((value) => !shown.has(value.key))
  for (const { key } of gone) delete cardBindings[key]
  const { bindings: _, ...rest } = rec
  const next: NodeRec = {
    ...rest,
    ...(changed ? { params: inside as Params, kindVersion: kind.version } : {}),
    ...(Object.keys(cardBindings).length > 0 ? { bindings: cardBindings } : {}),
  }
  const sameRec = !changed && same(rec.bindings ?? {}, cardBindings)
  const lost = kind
    .ports(group.params)
    .filter((port) => !ports.some((p) => p.key === port.key && p.direction === port.direction))
  return {
    ...doc,
    title: after.title,
    assets: after.assets,
    nodes: sameRec ? doc.nodes : { ...doc.nodes, [rec.id]: next },
    edges: lost.length === 0 ? doc.edges : withoutWires(doc.edges, rec.id, lost),
  }
}

/** A changed node without what the card gives it: fields that the card shows are changed at the card. */
function takeBack(
  registry: Registry,
  content: GroupContent,
  own: NodeRec,
  was: NodeRec,
  now: NodeRec,
  cardBindings: { [field: string]: string },
): { readonly node: NodeRec; readonly values: readonly (readonly [string, Json])[] } {
  const values: (readonly [string, Json])[] = []
  const bindings = { ...now.bindings }
  let params = now.params
  for (const { key, field } of content.values.filter((value) => value.node === bareId(own.id))) {
    const value = paramAt(registry, now, field)
    if (value !== undefined && !same(value, paramAt(registry, was, field))) values.push([key, value])
    params = restored(registry, { ...now, params }, own, field)
    if (cardBindings[key] === undefined) continue
    const bound = now.bindings?.[field]
    if (bound === undefined) {
      delete cardBindings[key]
      continue
    }
    cardBindings[key] = bound
    const before = own.bindings?.[field]
    if (before === undefined) delete bindings[field]
    else bindings[field] = before
  }
  const { bindings: _, ...rest } = now
  return { node: { ...rest, params, ...(Object.keys(bindings).length > 0 ? { bindings } : {}) }, values }
}

/** The field as it is written inside, under what the card says. */
function restored(registry: Registry, node: NodeRec, own: NodeRec, field: string): Params {
  const value = paramAt(registry, own, field)
  if (registry.get(node.kind)?.edits) {
    // The inner group may show the field no longer.
    return value === undefined || paramAt(registry, node, field) === undefined
      ? node.params
      : withParam(registry, node, node.params, field, value)
  }
  if (value !== undefined) return { ...node.params, [field]: value }
  const { [field]: _, ...params } = node.params
  return params
}

function portsOf(
  registry: Registry,
  { rec, kind, params, content }: OpenedGroup,
  before: GraphDoc,
  after: GraphDoc,
  nodes: GraphDoc['nodes'],
): readonly MadePort[] {
  const order = new Map(kind.ports(params).map((port, i) => [`${port.direction} ${port.key}`, i]))
  let moved = false
  const made = (['in', 'out'] as const).flatMap((direction) => {
    const id = railId(rec.id, direction)
    const rail = after.nodes[id] ?? before.nodes[id]
    moved ||= !same(
      railPorts(rail).map((p) => p.key),
      railPorts(before.nodes[id]).map((p) => p.key),
    )
    return railPorts(rail).map((port): MadePort => {
      const known = content.ports.find((p) => p.key === port.key && p.direction === direction)?.inner ?? []
      const inner = reachedBy(rec.id, after, direction, port.key, known)
      const { key, label, type, required, multiple } = port
      const as = { key, label, type, direction, required, multiple, inner }
      return direction === 'out' || inner.length === 0 || same(inner, known)
        ? as
        : { ...as, ...needs(registry, inner, nodes) }
    })
  })
  if (moved) return made
  // The same ports: in the order that they had, whichever side they are on.
  return made.sort((a, b) => order.get(`${a.direction} ${a.key}`)! - order.get(`${b.direction} ${b.key}`)!)
}

/** What the ports that an input leads to ask of it. */
function needs(
  registry: Registry,
  inner: MadePort['inner'],
  nodes: GraphDoc['nodes'],
): Pick<PortSpec, 'required' | 'multiple'> {
  const lens = lensOf(registry)
  const specs = inner.flatMap(({ node, port }) => {
    const rec = nodes[node]
    return (rec && lens.ports(rec)?.filter((spec) => spec.key === port && spec.direction === 'in')) ?? []
  })
  return {
    required: specs.some((spec) => spec.required),
    multiple: specs.length > 0 && specs.every((spec) => spec.multiple),
  }
}

function portsAsTheyAre({ kind, params, content }: OpenedGroup): readonly MadePort[] {
  return kind.ports(params).map(({ help: _, ...port }) => ({
    ...port,
    inner: content.ports.find(({ key, direction }) => key === port.key && direction === port.direction)?.inner ?? [],
  }))
}

/** The same objects under the same ids. */
function sameRecords(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const ids = Object.keys(a)
  return ids.length === Object.keys(b).length && ids.every((id) => a[id] === b[id])
}

function placeOf(drawing: GraphDoc, otherwise: GraphDoc, rail: string): NodeRec['position'] {
  return (drawing.nodes[rail] ?? otherwise.nodes[rail]!).position
}

function withoutWires(edges: GraphDoc['edges'], group: string, lost: readonly PortSpec[]): GraphDoc['edges'] {
  const at = (end: EdgeRec['from'], direction: 'in' | 'out'): boolean =>
    end.node === group && lost.some((port) => port.direction === direction && port.key === end.port)
  return Object.fromEntries(Object.entries(edges).filter(([, { from, to }]) => !at(from, 'out') && !at(to, 'in')))
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalJson(a as Json) === canonicalJson(b as Json))
}
