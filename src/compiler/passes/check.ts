/** Pass 2: wires fit their ports, single inputs have one wire, required ones at least one, and nothing goes round in a circle. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { checkWire, nameOf } from '../../graph/connect.ts'
import type { GraphLens } from '../../graph/connect.ts'
import { graphDiagnostic } from '../../graph/codes.ts'
import type { EdgeRec, GraphDoc } from '../../graph/model.ts'
import { topologicalOrder } from '../../graph/order.ts'
import type { GraphOrder } from '../../graph/order.ts'
import { edgesInto, sortedEdges } from '../../graph/query.ts'
import type { KindLens } from '../../kinds/lens.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { Resolution, ResolvedNode } from './resolve.ts'

export type Checked = {
  /** Wires that may carry values. */
  readonly sound: ReadonlySet<EdgeRec>
  /** Nodes whose inputs are complete as drawn; whether values arrive is seen while lowering. */
  readonly complete: ReadonlySet<string>
  readonly order: GraphOrder
  readonly diagnostics: readonly Diagnostic[]
}

/** The order depends on wires and on which nodes there are; most edits touch neither. */
export type CheckMemo = {
  order: { readonly edges: GraphDoc['edges']; readonly nodes: string; readonly order: GraphOrder } | null
  /** Wires that were sound between these two nodes as they were then. */
  readonly sound: WeakMap<EdgeRec, readonly [ResolvedNode, ResolvedNode]>
  /** Nodes whose inputs were complete with these wires, all of them sound. */
  readonly complete: WeakMap<ResolvedNode, readonly EdgeRec[]>
}

export function check(
  doc: GraphDoc,
  kinds: KindLens,
  resolutions: ReadonlyMap<string, Resolution>,
  memo: CheckMemo = { order: null, sound: new WeakMap(), complete: new WeakMap() },
): Checked {
  const diagnostics: Diagnostic[] = []
  const sound = new Set<EdgeRec>()
  const lens = resolvedLens(kinds, resolutions)
  for (const edge of sortedEdges(doc)) {
    const ends = endsOf(edge, resolutions)
    const before = memo.sound.get(edge)
    if (ends && before && before[0] === ends[0] && before[1] === ends[1]) {
      sound.add(edge)
      continue
    }
    const wrong = checkWire(doc, lens, edge)
    if (!wrong) {
      sound.add(edge)
      if (ends) memo.sound.set(edge, ends)
    }
    // A wire at an unknown kind is no second problem: the kind is reported already.
    else if (!atUnknownKind(doc, lens, edge)) diagnostics.push(wrong)
  }
  const complete = new Set<string>()
  for (const [id, { resolved }] of resolutions) {
    if (!resolved) continue
    const into = edgesInto(doc, id)
    const before = memo.complete.get(resolved)
    if (before === into && into.every((wire) => sound.has(wire))) {
      complete.add(id)
      continue
    }
    const problems = inputProblems(doc, resolved, sound)
    diagnostics.push(...problems)
    if (problems.length > 0) continue
    complete.add(id)
    if (into.every((wire) => sound.has(wire))) memo.complete.set(resolved, into)
  }
  const order = orderOf(doc, resolutions, memo)
  for (const cycle of order.cycles) {
    const names = [...cycle, cycle[0]!].map((id) => nameOf(doc, lens, id)).join(' → ')
    const related = cycle.slice(1).map((node) => ({ on: 'node', node }) as const)
    const message = `These nodes feed one another in a circle: ${names}. Remove one of the wires.`
    diagnostics.push(graphDiagnostic('GR1107', { on: 'node', node: cycle[0]! }, message, { related }))
  }
  return { sound, complete, order, diagnostics }
}

function endsOf(
  { from, to }: EdgeRec,
  resolutions: ReadonlyMap<string, Resolution>,
): readonly [ResolvedNode, ResolvedNode] | null {
  const source = resolutions.get(from.node)?.resolved
  const target = resolutions.get(to.node)?.resolved
  return source && target ? [source, target] : null
}

/** Params were parsed already; asking the kinds again would parse every node twice. */
function resolvedLens(kinds: KindLens, resolutions: ReadonlyMap<string, Resolution>): GraphLens {
  return {
    name: (node) => resolutions.get(node.id)?.resolved?.title ?? kinds.name(node),
    ports: (node) => resolutions.get(node.id)?.resolved?.ports ?? kinds.ports(node),
  }
}

function orderOf(doc: GraphDoc, resolutions: ReadonlyMap<string, Resolution>, memo: CheckMemo): GraphOrder {
  const nodes = [...resolutions.keys()].join()
  const before = memo.order
  if (before && before.edges === doc.edges && before.nodes === nodes) return before.order
  const order = topologicalOrder(doc)
  memo.order = { edges: doc.edges, nodes, order }
  return order
}

function inputProblems(doc: GraphDoc, { node, title, ports }: ResolvedNode, sound: ReadonlySet<EdgeRec>): Diagnostic[] {
  const found: Diagnostic[] = []
  for (const port of ports) {
    if (port.direction !== 'in') continue
    const wires = edgesInto(doc, node.id, port.key)
    const at = { on: 'port', node: node.id, port: port.key } as const
    if (wires.length === 0 && port.required) {
      const message = `“${title}” needs ${port.type} at “${port.label}”. ${port.help}`
      found.push(compilerDiagnostic('CM3101', at, message, { data: { type: port.type } }))
    } else if (!port.multiple && wires.filter((wire) => sound.has(wire)).length > 1) {
      const message = `“${title}” takes one wire at “${port.label}”, but has ${wires.length}.`
      const related = wires.map((wire) => ({ on: 'edge', edge: wire.id }) as const)
      const fix = {
        title: 'Keep the first',
        command: 'wire.disconnect',
        args: { edges: wires.slice(1).map((wire) => wire.id) },
      }
      found.push(graphDiagnostic('GR1108', at, message, { related, fix }))
    }
  }
  return found
}

function atUnknownKind(doc: GraphDoc, lens: GraphLens, edge: EdgeRec): boolean {
  return [edge.from.node, edge.to.node].some(
    (id) => Object.hasOwn(doc.nodes, id) && lens.ports(doc.nodes[id]!) === null,
  )
}
