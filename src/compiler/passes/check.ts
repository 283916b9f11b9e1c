/** Pass 2: wires fit their ports, single inputs have one wire, required ones at least one, and nothing goes round in a circle. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { NodeId } from '../../base/ids.ts'
import { checkWire, nameOf } from '../../graph/connect.ts'
import type { GraphLens } from '../../graph/connect.ts'
import { graphDiagnostic } from '../../graph/codes.ts'
import type { EdgeRec, GraphDoc } from '../../graph/model.ts'
import { topologicalOrder } from '../../graph/order.ts'
import type { GraphOrder } from '../../graph/order.ts'
import { allEdges, edgesByTarget, sortedEdges } from '../../graph/query.ts'
import type { PortSpec } from '../../kinds/contract.ts'
import type { KindLens } from '../../kinds/lens.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { Moved, Resolution, Resolutions, ResolvedNode } from './resolve.ts'

export type Checked = {
  /** Wires that may not carry values. */
  readonly unsound: ReadonlySet<EdgeRec>
  /** Nodes whose inputs are not complete as drawn; whether values arrive is seen while lowering. */
  readonly incomplete: ReadonlySet<string>
  readonly order: GraphOrder
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
  { byId, moved }: Resolutions,
  memo: CheckMemo = freshCheckMemo(),
): Checked {
  const before = moved && memo.edges === doc.edges ? memo.checked : null
  // A drawing that had no fault has none while ports are the same: they take and give the same wires.
  if (before?.diagnostics.length === 0 && moved!.every(hasSamePorts)) return before
  const checked = checkAll(doc, kinds, byId, before?.order ?? null)
  memo.edges = doc.edges
  memo.checked = checked
  return checked
}

function hasSamePorts({ before, now }: Moved): boolean {
  return before.resolved !== null && before.resolved.ports === now.resolved?.ports
}

function checkAll(
  doc: GraphDoc,
  kinds: KindLens,
  resolutions: ReadonlyMap<string, Resolution>,
  known: GraphOrder | null,
): Checked {
  const diagnostics: Diagnostic[] = []
  const unsound = new Set<EdgeRec>()
  const lens = resolvedLens(kinds, resolutions)
  for (const edge of allEdges(doc)) if (!fits(edge, resolutions) && checkWire(doc, lens, edge)) unsound.add(edge)
  if (unsound.size > 0) {
    for (const edge of sortedEdges(doc)) {
      if (!unsound.has(edge)) continue
      // A wire at an unknown kind is no second problem: the kind is reported already.
      if (!atUnknownKind(doc, lens, edge)) diagnostics.push(removable(checkWire(doc, lens, edge)!, edge))
    }
  }
  const incomplete = new Set<string>()
  const byTarget = edgesByTarget(doc)
  // Without an entry made for each of ten thousand.
  resolutions.forEach(({ resolved }, id) => {
    const problems = resolved ? inputProblems(resolved, byTarget.get(id) ?? NO_WIRES, unsound) : null
    if (problems?.length === 0) return
    incomplete.add(id)
    if (problems) diagnostics.push(...problems)
  })
  const order = known ?? topologicalOrder(doc, [...resolutions.keys()] as NodeId[])
  for (const cycle of order.cycles) {
    const names = [...cycle, cycle[0]!].map((id) => nameOf(doc, lens, id)).join(' → ')
    const related = cycle.slice(1).map((node) => ({ on: 'node', node }) as const)
    const message = `These nodes feed one another in a circle: ${names}. Remove one of the wires.`
    diagnostics.push(graphDiagnostic('GR1107', { on: 'node', node: cycle[0]! }, message, { related }))
  }
  return { unsound, incomplete, order, diagnostics }
}

function removable(problem: Diagnostic, { id }: EdgeRec): Diagnostic {
  return { ...problem, fix: { title: 'Remove the wire', command: 'wire.disconnect', args: { edges: [id] } } }
}

const NO_WIRES: readonly EdgeRec[] = []

/** The usual wire, from an output to an input of the same type; whatever else there is has its reason from `checkWire`. */
function fits({ from, to }: EdgeRec, resolutions: ReadonlyMap<string, Resolution>): boolean {
  if (from.node === to.node) return false
  const output = portOf(resolutions.get(from.node)?.resolved, from.port)
  const input = portOf(resolutions.get(to.node)?.resolved, to.port)
  return output?.direction === 'out' && input?.direction === 'in' && output.type === input.type
}

function portOf(resolved: ResolvedNode | null | undefined, key: string): PortSpec | undefined {
  if (!resolved) return undefined
  for (const port of resolved.ports) if (port.key === key) return port
  return undefined
}

/** Params were parsed already; asking the kinds again would parse every node twice. */
function resolvedLens(kinds: KindLens, resolutions: ReadonlyMap<string, Resolution>): GraphLens {
  return {
    name: (node) => resolutions.get(node.id)?.resolved?.title ?? kinds.name(node),
    ports: (node) => resolutions.get(node.id)?.resolved?.ports ?? kinds.ports(node),
  }
}

function inputProblems(
  { node, title, ports }: ResolvedNode,
  into: readonly EdgeRec[],
  unsound: ReadonlySet<EdgeRec>,
): readonly Diagnostic[] {
  let found = NONE
  for (const port of ports) {
    if (port.direction !== 'in') continue
    let count = 0
    for (const wire of into) if (wire.to.port === port.key) count++
    if (count === 0 ? !port.required : port.multiple || count === 1) continue
    const wires = into.filter((wire) => wire.to.port === port.key)
    const at = { on: 'port', node: node.id, port: port.key } as const
    if (count === 0) {
      const message = `“${title}” needs ${port.type} at “${port.label}”. ${port.help}`
      found = [...found, compilerDiagnostic('CM3101', at, message, { data: { type: port.type } })]
    } else if (wires.filter((wire) => !unsound.has(wire)).length > 1) {
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
