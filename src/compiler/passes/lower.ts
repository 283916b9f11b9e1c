/** Pass 3: in the order of the wires, each kind turns its params and inputs into values for the next, and perhaps a stage. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { DecisionId, NodeId, StageId } from '../../base/ids.ts'
import type { EdgeRec, GraphDoc } from '../../graph/model.ts'
import { assetOf, edgesInto, edgesOutOf } from '../../graph/query.ts'
import type { InputValue, Lowered, LowerCtx, PortValue } from '../../kinds/contract.ts'
import type { DatasetFacts, DatasetRequest, DatasetSpec, Facts } from '../../ir/dataset.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import { IR_VERSION } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { FlatDoc } from '../flatten/flatDoc.ts'
import type { Checked } from './check.ts'
import type { Resolution, ResolvedNode } from './resolve.ts'

export type LoweredGraph = {
  /** In topological order, by flat id. */
  readonly nodes: ReadonlyMap<string, Lowered>
  /** What reading told, by `datasetKey` of the rows with their detected mapping. */
  readonly datasets: ReadonlyMap<string, DatasetFacts>
  readonly diagnostics: readonly Diagnostic[]
}

/** What each node was lowered from and to, for whoever compiles again: the same inputs need no second look. */
export type LowerMemo = { nodes: ReadonlyMap<string, Remembered>; lowered: number }

type Remembered = {
  readonly resolved: ResolvedNode
  readonly inputs: Inputs
  /** Wires at the node, and what their sources had been lowered to. */
  readonly into: readonly EdgeRec[]
  readonly sources: readonly (Lowered | undefined)[]
  readonly models: Facts['models']
  /** All that was known of rows then, and what of it the node's own sets are. */
  readonly known: Facts['datasets'] | null
  readonly own: readonly (readonly [string, DatasetFacts])[]
  /** What it asked about rows, and what it was told. */
  readonly asked: ReadonlyMap<string, DatasetFacts | null>
  readonly result: Lowered
}

const NO_INPUTS: readonly InputValue[] = []

export function factsOfSpec(lowered: Pick<LoweredGraph, 'datasets'>, spec: DatasetSpec): DatasetFacts | null {
  return lowered.datasets.get(datasetKey(spec)) ?? null
}

export function lower(
  flat: FlatDoc,
  facts: Facts,
  resolutions: ReadonlyMap<string, Resolution>,
  checked: Checked,
  memo: LowerMemo = { nodes: new Map(), lowered: 0 },
): LoweredGraph {
  const { doc } = flat
  const nodes = new Map<string, Lowered>()
  const remembered = new Map<string, Remembered>()
  const datasets = new Map<string, DatasetFacts>()
  const diagnostics: Diagnostic[] = []
  let ranks: ReadonlyMap<string, number> | null = null
  for (const id of checked.order.order) {
    const resolved = resolutions.get(id)?.resolved
    if (!resolved || !checked.complete.has(id)) continue
    const before = memo.nodes.get(id)
    const into = edgesInto(doc, id)
    if (before?.resolved === resolved && before.known === facts.datasets && before.models === facts.models) {
      // The usual case of an edit elsewhere: same node, same facts, same wires from nodes that were not lowered again.
      if (before.into === into && sameSources(before.sources, into, nodes)) {
        for (const [key, known] of before.own) datasets.set(key, known)
        remembered.set(id, before)
        nodes.set(id, before.result)
        diagnostics.push(...before.result.diagnostics)
        continue
      }
    }
    const own: (readonly [string, DatasetFacts])[] = []
    const unread = unreadRows(doc, resolved, facts)
    if (unread) {
      // Nobody waits for rows that flow nowhere.
      if (edgesOutOf(doc, id).length > 0) diagnostics.push(unread)
      continue
    }
    for (const request of resolved.kind.factRequests?.(resolved.params) ?? []) {
      const known = facts.datasets[datasetKey(request)]
      if (known?.mapping) own.push([mappedKey(request, known), known])
    }
    for (const [key, known] of own) datasets.set(key, known)
    const sources = into.map((wire) => nodes.get(wire.from.node))
    // Same wires from nodes that were not lowered again: what arrives is what arrived.
    const inputs =
      before && before.resolved === resolved && before.into === into && sameSources(before.sources, into, nodes)
        ? before.inputs
        : arriving(flat, resolved, checked.sound, nodes, (ranks ??= ranksOf(checked)))
    if (!inputs) continue
    const same =
      before &&
      before.resolved === resolved &&
      before.models === facts.models &&
      sameInputs(before.inputs, inputs) &&
      [...before.asked].every(([key, told]) => told === rowsKnown(facts, key))
    const made = same ? before : lowerNode(resolved, flat.origin(id) as NodeId, inputs, facts)
    const entry: Remembered = { ...made, into, sources, own, known: facts.datasets }
    if (!same) memo.lowered++
    remembered.set(id, entry)
    nodes.set(id, entry.result)
    diagnostics.push(...entry.result.diagnostics)
  }
  memo.nodes = remembered
  return { nodes, datasets, diagnostics }
}

const mappedKeys = new WeakMap<DatasetFacts, string>()

/** Stages name rows by the mapping that was detected; facts are asked for by the one that was chosen. */
function mappedKey(request: DatasetRequest, facts: DatasetFacts): string {
  let key = mappedKeys.get(facts)
  if (key === undefined) {
    key = datasetKey({ source: request.source, mapping: facts.mapping! })
    mappedKeys.set(facts, key)
  }
  return key
}

function rowsKnown(facts: Facts, key: string): DatasetFacts | null {
  return Object.hasOwn(facts.datasets, key) ? facts.datasets[key]! : null
}

function ranksOf({ order }: Checked): ReadonlyMap<string, number> {
  return new Map(order.order.map((id, index) => [id as string, index]))
}

function sameSources(
  before: readonly (Lowered | undefined)[],
  into: readonly EdgeRec[],
  nodes: ReadonlyMap<string, Lowered>,
): boolean {
  // A source that made nothing says nothing: whether its wire is sound may have changed.
  return (
    before.length === into.length &&
    into.every((wire, i) => before[i] !== undefined && nodes.get(wire.from.node) === before[i])
  )
}

function sameInputs(a: Inputs, b: Inputs): boolean {
  if (a.size !== b.size) return false
  for (const [port, values] of a) {
    const others = b.get(port)
    if (!others || others.length !== values.length) return false
    const same = values.every((v, i) => {
      const other = others[i]!
      return v.value === other.value && v.from.node === other.from.node && v.from.port === other.from.port
    })
    if (!same) return false
  }
  return true
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
  { doc, origin }: FlatDoc,
  { node, ports }: ResolvedNode,
  sound: ReadonlySet<EdgeRec>,
  nodes: ReadonlyMap<string, Lowered>,
  rank: ReadonlyMap<string, number>,
): Inputs | null {
  const inputs = new Map<string, readonly InputValue[]>()
  for (const port of ports) {
    if (port.direction !== 'in') continue
    const wires = edgesInto(doc, node.id, port.key).filter((wire) => sound.has(wire))
    const sorted = wires.length < 2 ? wires : wires.toSorted((a, b) => bySource(a, b, rank))
    const values = sorted.flatMap((wire): readonly InputValue[] => {
      const value = valueOf(nodes.get(wire.from.node), wire.from.port)
      return value ? [{ value, from: { node: origin(wire.from.node), port: wire.from.port } }] : []
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

/** Copies of a sweep know themselves as the node that they were made from; only what they make has an id of its own. */
function lowerNode(resolved: ResolvedNode, origin: NodeId, inputs: Inputs, facts: Facts): Remembered {
  const { kind, title, params } = resolved
  const { id } = resolved.node
  const node = id === origin ? resolved.node : { ...resolved.node, id: origin }
  const asked = new Map<string, DatasetFacts | null>()
  const remembered = (result: Lowered): Remembered => {
    const { models } = facts
    return { resolved, inputs, into: [], sources: [], models, known: null, own: [], asked, result }
  }
  const ctx: LowerCtx<Record<string, unknown>> = {
    node,
    title,
    params,
    facts,
    inputs: (port) => inputs.get(port) ?? NO_INPUTS,
    datasetFacts: (request) => {
      const key = datasetKey(request)
      const known = rowsKnown(facts, key)
      asked.set(key, known)
      return known
    },
    // A node makes at most one stage; the stage is named by its node and so survives edits elsewhere.
    stageId: id as string as StageId,
    decisionId: id as string as DecisionId,
    irVersion: IR_VERSION,
  }
  try {
    return remembered(kind.lower(ctx))
  } catch (cause) {
    const message = `The kind “${kind.kind}” failed on “${title}”: ${cause instanceof Error ? cause.message : String(cause)}.`
    const at = { on: 'node', node: node.id } as const
    return remembered({ outputs: {}, diagnostics: [compilerDiagnostic('CM3303', at, message)] })
  }
}
