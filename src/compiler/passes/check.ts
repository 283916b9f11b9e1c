/** Pass 2: wires fit their ports, single inputs have one wire, required ones at least one, and nothing goes round in a circle. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { checkWire, nameOf } from '../../graph/connect.ts'
import type { GraphLens } from '../../graph/connect.ts'
import { graphDiagnostic } from '../../graph/codes.ts'
import type { EdgeRec, GraphDoc } from '../../graph/model.ts'
import { numbered } from '../../graph/numbered.ts'
import type { Numbered } from '../../graph/numbered.ts'
import { cyclesOf, orderByNumber } from '../../graph/order.ts'
import { allEdges } from '../../graph/query.ts'
import type { PortSpec } from '../../kinds/contract.ts'
import type { KindLens } from '../../kinds/lens.ts'
import { compilerDiagnostic } from '../codes.ts'
import { resolutionOf } from './resolve.ts'
import type { Moved, Resolution, Resolutions, ResolvedNode } from './resolve.ts'

export type Checked = {
  readonly graph: Numbered
  /** The place of each wire's port among those of the node that it ends at; -1 where it has no such port. */
  readonly ports: Int32Array
  /** Wires that may not carry values. */
  readonly unsound: ReadonlySet<number>
  /** Nodes whose inputs are not complete as drawn; whether values arrive is seen while lowering. */
  readonly incomplete: ReadonlySet<number>
  /** Nodes outside and above circles, sources first. */
  readonly order: Int32Array
  /** The place of each node in that order; -1 for those that have none. */
  readonly places: Int32Array
  readonly diagnostics: readonly Diagnostic[]
}

/** The newest drawing that a compiler found without a fault, and the order of its nodes. */
export type CheckMemo = {
  edges: GraphDoc['edges'] | null
  checked: Checked | null
}

export function freshCheckMemo(): CheckMemo {
  return { edges: null, checked: null }
}

/** @returns the very same while the drawing has the same wires and no fault */
export function check(
  doc: GraphDoc,
  kinds: KindLens,
  resolutions: Resolutions,
  memo: CheckMemo = freshCheckMemo(),
): Checked {
  const { moved } = resolutions
  const before = moved && memo.edges === doc.edges ? memo.checked : null
  // A drawing that had no fault has none while ports are the same: they take and give the same wires.
  if (before?.diagnostics.length === 0 && moved!.every(hasSamePorts)) return before
  const checked = checkAll(doc, kinds, resolutions, before)
  memo.edges = doc.edges
  memo.checked = checked
  return checked
}

function hasSamePorts({ before, now }: Moved): boolean {
  return before.resolved !== null && before.resolved.ports === now.resolved?.ports
}

function checkAll(doc: GraphDoc, kinds: KindLens, resolutions: Resolutions, before: Checked | null): Checked {
  const { ids, ranks, all } = resolutions
  const graph = before?.graph ?? numbered(ids, allEdges(doc), ranks)
  const { edges, sources, targets } = graph
  const diagnostics: Diagnostic[] = []
  const unsound = new Set<number>()
  const ports = new Int32Array(edges.length)
  const lens = resolvedLens(kinds, resolutions)
  for (let wire = 0; wire < edges.length; wire++) {
    const edge = edges[wire]!
    const into = all[targets[wire]!]?.resolved
    const port = into ? placeOf(into.ports, edge.to.port) : -1
    ports[wire] = port
    const usual = port >= 0 && sources[wire] !== targets[wire] && fits(edge, all[sources[wire]!], into!.ports[port]!)
    if (!usual && checkWire(doc, lens, edge)) unsound.add(wire)
  }
  if (unsound.size > 0) {
    for (const edge of byId(edges, unsound)) {
      // A wire at an unknown kind is no second problem: the kind is reported already.
      if (!atUnknownKind(doc, lens, edge)) diagnostics.push(removable(checkWire(doc, lens, edge)!, edge))
    }
  }
  const incomplete = new Set<number>()
  for (let node = 0; node < all.length; node++) {
    const { resolved } = all[node]!
    const problems = resolved ? inputProblems(resolved, node, graph, ports, unsound) : null
    if (problems?.length === 0) continue
    incomplete.add(node)
    if (problems) diagnostics.push(...problems)
  }
  const order = before?.order ?? orderByNumber(graph)
  for (const cycle of cyclesOf(doc, graph, order)) {
    const names = [...cycle, cycle[0]!].map((id) => nameOf(doc, lens, id)).join(' → ')
    const related = cycle.slice(1).map((node) => ({ on: 'node', node }) as const)
    const message = `These nodes feed one another in a circle: ${names}. Remove one of the wires.`
    diagnostics.push(graphDiagnostic('GR1107', { on: 'node', node: cycle[0]! }, message, { related }))
  }
  const places = before?.places ?? placesIn(order, ids.length)
  return { graph, ports, unsound, incomplete, order, places, diagnostics }
}

function placesIn(order: Int32Array, nodes: number): Int32Array {
  const places = new Int32Array(nodes).fill(-1)
  for (let at = 0; at < order.length; at++) places[order[at]!] = at
  return places
}

function byId(edges: readonly EdgeRec[], wires: Iterable<number>): readonly EdgeRec[] {
  return Array.from(wires, (wire) => edges[wire]!).sort((a, b) => (a.id < b.id ? -1 : 1))
}

function removable(problem: Diagnostic, { id }: EdgeRec): Diagnostic {
  return { ...problem, fix: { title: 'Remove the wire', command: 'wire.disconnect', args: { edges: [id] } } }
}

/** The usual wire, from an output to an input of the same type; whatever else there is has its reason from `checkWire`. */
function fits({ from }: EdgeRec, source: Resolution | undefined, input: PortSpec): boolean {
  const ports = source?.resolved?.ports
  const output = ports?.[placeOf(ports, from.port)]
  return output?.direction === 'out' && input.direction === 'in' && output.type === input.type
}

function placeOf(ports: readonly PortSpec[], key: string): number {
  for (let at = 0; at < ports.length; at++) if (ports[at]!.key === key) return at
  return -1
}

/** Params were parsed already; asking the kinds again would parse every node twice. */
function resolvedLens(kinds: KindLens, resolutions: Resolutions): GraphLens {
  return {
    name: (node) => resolutionOf(resolutions, node.id)?.resolved?.title ?? kinds.name(node),
    ports: (node) => resolutionOf(resolutions, node.id)?.resolved?.ports ?? kinds.ports(node),
  }
}

function inputProblems(
  { node, title, ports: own }: ResolvedNode,
  number: number,
  { edges, into }: Numbered,
  ports: Int32Array,
  unsound: ReadonlySet<number>,
): readonly Diagnostic[] {
  let found = NONE
  const [first, end] = [into.starts[number]!, into.starts[number + 1]!]
  for (let place = 0; place < own.length; place++) {
    const port = own[place]!
    if (port.direction !== 'in') continue
    let count = 0
    for (let i = first; i < end; i++) if (ports[into.wires[i]!] === place) count++
    if (count === 0 ? !port.required : port.multiple || count === 1) continue
    const numbers = [...into.wires.subarray(first, end)].filter((wire) => ports[wire] === place)
    const wires = byId(edges, numbers)
    const at = { on: 'port', node: node.id, port: port.key } as const
    if (count === 0) {
      const message = `“${title}” needs ${port.type} at “${port.label}”. ${port.help}`
      found = [...found, compilerDiagnostic('CM3101', at, message, { data: { type: port.type } })]
    } else if (numbers.filter((wire) => !unsound.has(wire)).length > 1) {
      const message = `“${title}” takes one wire at “${port.label}”, but has ${wires.length}.`
      const related = wires.map((wire) => ({ on: 'edge', edge: wire.id }) as const)
      const fix = {
        title: 'Keep the first',
        command: 'wire.disconnect',
        args: { edges: wires.slice(1).map((wire) => wire.id) },
      }
      found = [...found, graphDiagnostic('GR1108', at, message, { related, fix })]
    }
  }
  return found
}

const NONE: readonly Diagnostic[] = []

function atUnknownKind(doc: GraphDoc, lens: GraphLens, edge: EdgeRec): boolean {
  return [edge.from.node, edge.to.node].some(
    (id) => Object.hasOwn(doc.nodes, id) && lens.ports(doc.nodes[id]!) === null,
  )
}
