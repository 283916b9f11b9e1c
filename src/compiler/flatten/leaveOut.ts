/**
 * Nodes that only hand on (detours, and whatever is bypassed) give way to a wire from their source. What is muted goes, and
 * with it everything behind that cannot do without it: inputs that may stay empty, or have other wires, merely lose one.
 */
import type { EdgeId } from '../../base/ids.ts'
import type { EdgeRec, NodeRec } from '../../graph/model.ts'
import { topologicalOrder } from '../../graph/order.ts'
import type { PortShape } from '../../graph/connect.ts'
import { lensOf, titleOf } from '../../kinds/lens.ts'
import type { Registry } from '../../kinds/registry.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { ReadParams } from './flatten.ts'
import { docOf } from './flatDoc.ts'
import type { Work } from './flatDoc.ts'

type Wires = { readonly into: Map<string, EdgeRec[]>; readonly outOf: Map<string, EdgeRec[]> }

export function leaveOut(work: Work, registry: Registry, read: ReadParams): void {
  const leaving = [...work.nodes.values()].some(
    (node) => node.mode !== undefined || registry.get(node.kind)?.passThrough !== undefined,
  )
  if (!leaving) return
  const wires = indexed(work.edges)
  const gone = new Map<string, string>()
  const lens = lensOf(registry)
  for (const id of topologicalOrder(docOf(work)).order) {
    const node = work.nodes.get(id)!
    const ports = lens.ports(node) ?? []
    const cause = node.mode === 'mute' ? titleOf(node, registry.get(node.kind)) : causeAbove(id, ports, wires, gone)
    if (cause !== null) {
      if (node.mode !== 'mute') sayLeftOut(work, registry, node, cause)
      gone.set(id, cause)
      // Wires stay for now: whoever stands behind sees by them what is missing.
      continue
    }
    for (const edge of [...(wires.into.get(id) ?? [])]) if (gone.has(edge.from.node)) remove(wires, edge)
    const through = throughOf(node, ports, registry, read)
    if (through && handOn(id, through, wires)) gone.set(id, '')
  }
  for (const id of gone.keys()) work.nodes.delete(id)
  work.edges = [...wires.into.values()].flat().filter(({ from, to }) => !gone.has(from.node) && !gone.has(to.node))
}

/** The title of what is muted above, when a required input has lost its last wire to it. */
function causeAbove(
  id: string,
  ports: readonly PortShape[],
  { into }: Wires,
  gone: ReadonlyMap<string, string>,
): string | null {
  for (const port of ports) {
    if (port.direction !== 'in' || !port.required) continue
    const at = (into.get(id) ?? []).filter((edge) => edge.to.port === port.key)
    const lost = at.find((edge) => gone.has(edge.from.node))
    if (lost && at.every((edge) => gone.has(edge.from.node))) return gone.get(lost.from.node)!
  }
  return null
}

/** Which input each output hands on: the kind's own word, or for a bypassed node the first input of the same type. */
function throughOf(
  node: NodeRec,
  ports: readonly PortShape[],
  registry: Registry,
  read: ReadParams,
): ReadonlyMap<string, string | null> | null {
  const kind = registry.get(node.kind)
  if (kind?.passThrough) {
    const params = read(node, kind)
    return params && new Map(Object.entries(kind.passThrough(params)))
  }
  if (node.mode !== 'bypass') return null
  const outputs = ports.filter((port) => port.direction === 'out')
  const inputOf = (type: string): string | null =>
    ports.find((port) => port.direction === 'in' && port.type === type)?.key ?? null
  return new Map(outputs.map((port) => [port.key, inputOf(port.type)]))
}

/** False when the node has to stay: nothing is wired to what it hands on, and the person should hear of that. */
function handOn(id: string, through: ReadonlyMap<string, string | null>, wires: Wires): boolean {
  const into = wires.into.get(id) ?? []
  const outOf = [...(wires.outOf.get(id) ?? [])]
  const sources = (output: string): readonly EdgeRec[] =>
    into.filter((edge) => edge.to.port === through.get(output) && edge.from.node !== id)
  const unfed = outOf.some((edge) => through.get(edge.from.port) && sources(edge.from.port).length === 0)
  if (unfed) return false
  for (const edge of outOf) {
    // Nothing can stand for this output; the wire stays, so that whoever needs it is left out with a word.
    if (!through.get(edge.from.port)) continue
    const above = sources(edge.from.port)
    for (const [i, source] of above.entries()) {
      const known = (wires.into.get(edge.to.node) ?? []).some(
        (other) => other !== edge && other.to.port === edge.to.port && samePort(other, source),
      )
      if (known) continue
      const wire: EdgeRec = { id: (i === 0 ? edge.id : `${edge.id}+${i}`) as EdgeId, from: source.from, to: edge.to }
      add(wires, wire)
    }
    remove(wires, edge)
  }
  for (const edge of [...into]) remove(wires, edge)
  return true
}

function sayLeftOut(work: Work, registry: Registry, node: NodeRec, cause: string): void {
  const title = titleOf(node, registry.get(node.kind))
  const message =
    cause === ''
      ? `“${title}” is left out: what it needs is bypassed and has nothing to hand on.`
      : `“${title}” is left out, because it needs “${cause}”, which is muted.`
  work.diagnostics.push(compilerDiagnostic('CM3601', { on: 'node', node: node.id }, message))
}

function indexed(edges: readonly EdgeRec[]): Wires {
  const wires: Wires = { into: new Map(), outOf: new Map() }
  for (const edge of edges) add(wires, edge)
  return wires
}

function add({ into, outOf }: Wires, edge: EdgeRec): void {
  into.set(edge.to.node, [...(into.get(edge.to.node) ?? []), edge])
  const out = outOf.get(edge.from.node)
  if (out) out.push(edge)
  else outOf.set(edge.from.node, [edge])
}

function remove({ into, outOf }: Wires, edge: EdgeRec): void {
  into.set(
    edge.to.node,
    (into.get(edge.to.node) ?? []).filter((other) => other !== edge),
  )
  const out = outOf.get(edge.from.node) ?? []
  const at = out.indexOf(edge)
  if (at >= 0) out.splice(at, 1)
}

function samePort(a: EdgeRec, b: EdgeRec): boolean {
  return a.from.node === b.from.node && a.from.port === b.from.port
}
