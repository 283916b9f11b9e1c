/** Pass 3: in the order of the wires, each kind turns its params and inputs into values for the next, and perhaps a stage. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { StageId } from '../../base/ids.ts'
import type { EdgeRec, GraphDoc } from '../../graph/model.ts'
import { assetOf, edgesInto, edgesOutOf } from '../../graph/query.ts'
import type { InputValue, Lowered, LowerCtx, PortValue } from '../../kinds/contract.ts'
import type { DatasetFacts, Facts } from '../../ir/dataset.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import { IR_VERSION } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { Checked } from './check.ts'
import type { Resolution, ResolvedNode } from './resolve.ts'

export type LoweredGraph = {
  /** In topological order. */
  readonly nodes: ReadonlyMap<string, Lowered>
  /** What reading told, by the node that defines the dataset. */
  readonly factsByNode: ReadonlyMap<string, DatasetFacts>
  readonly diagnostics: readonly Diagnostic[]
}

export function lower(
  doc: GraphDoc,
  facts: Facts,
  resolutions: ReadonlyMap<string, Resolution>,
  checked: Checked,
): LoweredGraph {
  const nodes = new Map<string, Lowered>()
  const factsByNode = new Map<string, DatasetFacts>()
  const diagnostics: Diagnostic[] = []
  const rank = new Map(checked.order.order.map((id, index) => [id as string, index]))
  for (const id of checked.order.order) {
    const resolved = resolutions.get(id)?.resolved
    if (!resolved || !checked.complete.has(id)) continue
    const unread = unreadRows(doc, resolved, facts)
    if (unread) {
      // Nobody waits for rows that flow nowhere.
      if (edgesOutOf(doc, id).length > 0) diagnostics.push(unread)
      continue
    }
    for (const request of resolved.kind.factRequests?.(resolved.params) ?? []) {
      const known = facts.datasets[datasetKey(request)]
      if (known && !factsByNode.has(id)) factsByNode.set(id, known)
    }
    const inputs = arriving(doc, resolved, checked.sound, nodes, rank)
    if (!inputs) continue
    const result = lowerNode(resolved, inputs, facts)
    nodes.set(id, result)
    diagnostics.push(...result.diagnostics)
  }
  return { nodes, factsByNode, diagnostics }
}

/** A missing file is an error; rows that nobody has read yet only take time. */
function unreadRows(doc: GraphDoc, { node, kind, params, title }: ResolvedNode, facts: Facts): Diagnostic | null {
  const at = { on: 'node', node: node.id } as const
  const missing = kind.assets?.(params).find((asset) => !assetOf(doc, asset))
  if (missing !== undefined) {
    const message = `The file of “${title}” is not in this document; choose it again.`
    return compilerDiagnostic('CM3102', at, message, { data: { asset: missing } })
  }
  const waits = (kind.factRequests?.(params) ?? []).some(
    (request) => !Object.hasOwn(facts.datasets, datasetKey(request)),
  )
  return waits
    ? compilerDiagnostic('CM3103', at, `Still reading the rows of “${title}”.`, { data: { pending: true } })
    : null
}

type Inputs = ReadonlyMap<string, readonly InputValue[]>

/** Values by port, in the order of their sources; null when a required input gets none because something upstream failed. */
function arriving(
  doc: GraphDoc,
  { node, ports }: ResolvedNode,
  sound: ReadonlySet<EdgeRec>,
  nodes: ReadonlyMap<string, Lowered>,
  rank: ReadonlyMap<string, number>,
): Inputs | null {
  const inputs = new Map<string, readonly InputValue[]>()
  for (const port of ports) {
    if (port.direction !== 'in') continue
    const wires = edgesInto(doc, node.id, port.key).filter((wire) => sound.has(wire))
    const values = wires
      .toSorted((a, b) => bySource(a, b, rank))
      .flatMap((wire): readonly InputValue[] => {
        const value = valueOf(nodes.get(wire.from.node), wire.from.port)
        return value ? [{ value, from: wire.from }] : []
      })
    // A partial answer would be a false one: a sum without one reward, a comparison without one policy.
    if (values.length < wires.length || (port.required && values.length === 0)) return null
    inputs.set(port.key, values)
  }
  return inputs
}

function valueOf(lowered: Lowered | undefined, port: string): PortValue | undefined {
  return lowered && Object.hasOwn(lowered.outputs, port) ? lowered.outputs[port] : undefined
}

/** Independent of edge ids, so that drawing the same wire again changes nothing. */
function bySource(a: EdgeRec, b: EdgeRec, rank: ReadonlyMap<string, number>): number {
  const byRank = (rank.get(a.from.node) ?? 0) - (rank.get(b.from.node) ?? 0)
  return byRank !== 0 ? byRank : a.from.port < b.from.port ? -1 : 1
}

function lowerNode(resolved: ResolvedNode, inputs: Inputs, facts: Facts): Lowered {
  const { node, kind, title, params } = resolved
  const ctx: LowerCtx<Record<string, unknown>> = {
    node,
    title,
    params,
    facts,
    inputs: (port) => inputs.get(port) ?? [],
    datasetFacts: (request) => {
      const key = datasetKey(request)
      return Object.hasOwn(facts.datasets, key) ? facts.datasets[key]! : null
    },
    // A node makes at most one stage; the stage is named by its node and so survives edits elsewhere.
    stageId: node.id as string as StageId,
    irVersion: IR_VERSION,
  }
  try {
    return kind.lower(ctx)
  } catch (cause) {
    const message = `The kind “${kind.kind}” failed on “${title}”: ${cause instanceof Error ? cause.message : String(cause)}.`
    return { outputs: {}, diagnostics: [compilerDiagnostic('CM3303', { on: 'node', node: node.id }, message)] }
  }
}
