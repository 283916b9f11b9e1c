/** The one checker of wires: under the pointer, on paste and in the compiler the same reasons in the same words. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { EdgeId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { graphDiagnostic } from './codes.ts'
import type { EdgeRec, GraphDoc, NodeRec, PortRef } from './model.ts'
import { isRail } from './nested.ts'
import { edgesInto, nodeOf, wouldCycle } from './query.ts'

/** What the document's rules need to know of a port; a kind's PortSpec has it all. */
export type PortShape = {
  readonly key: string
  readonly label: string
  readonly type: string
  readonly direction: 'in' | 'out'
  readonly required: boolean
  readonly multiple: boolean
}

/** How this room sees kinds without knowing them; `kinds/lens.ts` makes one from a registry. */
export type GraphLens = {
  /** null when nobody knows the node's kind. */
  ports(node: NodeRec): readonly PortShape[] | null
  /** The person's title or the kind's. */
  name(node: NodeRec): string
}

export type Connection = {
  /** Output and input, whichever end the hand began at. */
  readonly from: PortRef
  readonly to: PortRef
  /** Wires that give way because the input takes only one. */
  readonly replaces: readonly EdgeId[]
}

type End = { readonly ref: PortRef; readonly node: NodeRec; readonly port: PortShape; readonly name: string }

/** May a wire join these two ports? The error is the reason, as one sentence. `moved` is a wire that is being re-plugged. */
export function checkConnection(
  doc: GraphDoc,
  lens: GraphLens,
  a: PortRef,
  b: PortRef,
  moved?: EdgeId,
): Result<Connection, Diagnostic> {
  const first = findEnd(doc, lens, a)
  if (!first.ok) return first
  const second = findEnd(doc, lens, b)
  if (!second.ok) return second
  const [from, to] =
    first.value.port.direction === 'in' && second.value.port.direction === 'out'
      ? [second.value, first.value]
      : [first.value, second.value]
  const refusal = misfit(from, to)
  if (refusal) return err(refusal)
  const present = edgesInto(doc, to.ref.node, to.ref.port).filter((edge) => edge.id !== moved)
  if (present.some((edge) => samePort(edge.from, from.ref))) {
    return err(diagnose('GR1106', to.ref, `${quoted(from)} is already connected to ${quoted(to)}.`))
  }
  const path = wouldCycle(doc, from.ref.node, to.ref.node)
  if (path) {
    const names = [...path, to.ref.node].map((id) => nameOf(doc, lens, id)).join(' → ')
    return err(diagnose('GR1107', to.ref, `This wire would close a circle: ${names}.`))
  }
  return ok({ from: from.ref, to: to.ref, replaces: to.port.multiple ? [] : present.map((edge) => edge.id) })
}

/** What is wrong with a wire that is already in the document; circles and arity are questions about several wires. */
export function checkWire(doc: GraphDoc, lens: GraphLens, edge: EdgeRec): Diagnostic | null {
  const at = { on: 'edge', edge: edge.id } as const
  const from = findEnd(doc, lens, edge.from)
  if (!from.ok) return { ...from.error, at }
  const to = findEnd(doc, lens, edge.to)
  if (!to.ok) return { ...to.error, at }
  const refusal = misfit(from.value, to.value)
  return refusal && { ...refusal, at, related: [{ on: 'port', node: edge.to.node, port: edge.to.port }] }
}

export function nameOf(doc: GraphDoc, lens: GraphLens, id: string): string {
  const node = nodeOf(doc, id)
  return node ? lens.name(node) : id
}

export function samePort(a: PortRef, b: PortRef): boolean {
  return a.node === b.node && a.port === b.port
}

function misfit(from: End, to: End): Diagnostic | null {
  if (from.port.direction === to.port.direction) {
    const both = from.port.direction === 'in' ? 'inputs' : 'outputs'
    return diagnose(
      'GR1103',
      to.ref,
      `${quoted(from)} and ${quoted(to)} are both ${both}; a wire joins an output to an input.`,
    )
  }
  if (from.port.direction === 'in') {
    return diagnose(
      'GR1103',
      to.ref,
      `${quoted(from)} is an input and ${quoted(to)} an output; a wire starts at the output.`,
    )
  }
  if (from.ref.node === to.ref.node) {
    return diagnose('GR1104', to.ref, `“${to.name}” cannot feed itself.`)
  }
  // A group knows its ports by what they reach inside it.
  if (isRail(from.ref.node) && isRail(to.ref.node)) {
    const message = `A group hands nothing straight through: put a node or a reroute between ${quoted(from)} and ${quoted(to)}.`
    return diagnose('GR1109', to.ref, message)
  }
  if (from.port.type !== to.port.type) {
    const message = `“${to.name}” expects ${to.port.type} at “${to.port.label}”, got ${from.port.type} from “${from.name}”.`
    return diagnose('GR1105', to.ref, message)
  }
  return null
}

function findEnd(doc: GraphDoc, lens: GraphLens, ref: PortRef): Result<End, Diagnostic> {
  const node = nodeOf(doc, ref.node)
  if (!node) return err(diagnose('GR1101', ref, `The wire ends at a node that is not in the document (${ref.node}).`))
  const name = lens.name(node)
  const ports = lens.ports(node)
  if (!ports)
    return err(diagnose('GR1102', ref, `The ports of “${name}” are unknown because its kind “${node.kind}” is.`))
  const port = ports.find((p) => p.key === ref.port)
  if (!port) return err(diagnose('GR1102', ref, `“${name}” has no port “${ref.port}”.`))
  return ok({ ref, node, port, name })
}

function diagnose(code: Parameters<typeof graphDiagnostic>[0], at: PortRef, message: string): Diagnostic {
  return graphDiagnostic(code, { on: 'port', node: at.node, port: at.port }, message)
}

function quoted(end: End): string {
  return `“${end.name}” (${end.port.label})`
}
