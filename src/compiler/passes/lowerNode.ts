/** One node of pass 3: what arrives at it, what its kind makes of that, and whether that was made before. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { DecisionId, NodeId, StageId } from '../../base/ids.ts'
import type { GraphDoc } from '../../graph/model.ts'
import { assetOf } from '../../graph/query.ts'
import type { InputValue, Lowered, LowerCtx, PortValue } from '../../kinds/contract.ts'
import type { DatasetFacts, DatasetRequest, Facts } from '../../ir/dataset.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import { IR_VERSION } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { FlatDoc } from '../flatten/flatDoc.ts'
import type { Checked } from './check.ts'
import type { ResolvedNode } from './resolve.ts'

/** What a node was lowered from and to. */
export type Remembered = {
  readonly resolved: ResolvedNode
  readonly inputs: Inputs
  readonly models: Facts['models']
  /** What is known of the node's own sets. */
  readonly own: OwnSets
  /** What it asked about rows, and what it was told; null when it asked nothing. */
  readonly asked: ReadonlyMap<string, DatasetFacts | null> | null
  readonly result: Lowered
}

export type OwnSets = readonly (readonly [key: string, facts: DatasetFacts])[]

const NO_INPUTS: readonly InputValue[] = []
const noInputs = (): readonly InputValue[] => NO_INPUTS
const NO_SETS: OwnSets = []

/** The same node with the same inputs and facts gives the same again. */
export function lowersTheSame(before: Remembered, resolved: ResolvedNode, inputs: Inputs, facts: Facts): boolean {
  return (
    before.resolved === resolved &&
    before.models === facts.models &&
    sameInputs(before.inputs, inputs) &&
    sameAnswers(before.asked, facts)
  )
}

/** The facts of a dataset's own rows, under the key that stages name them by. */
export function ownSets({ kind, params }: ResolvedNode, facts: Facts): OwnSets {
  if (!kind.factRequests) return NO_SETS
  return kind.factRequests(params).flatMap((request) => {
    const known = facts.datasets[datasetKey(request)]
    return known?.mapping ? [[mappedKey(request, known), known] as const] : []
  })
}

export function sameSets(a: OwnSets, b: OwnSets): boolean {
  return a.length === b.length && a.every(([key, known], i) => b[i]![0] === key && b[i]![1] === known)
}

function sameAnswers(asked: Remembered['asked'], facts: Facts): boolean {
  if (asked) for (const [key, told] of asked) if (told !== rowsKnown(facts, key)) return false
  return true
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

function sameInputs(a: Inputs, b: Inputs): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) {
    const values = a[at]!
    const others = b[at]!
    if (others.length !== values.length) return false
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!
      const y = others[i]!
      if (x.value !== y.value || x.from.node !== y.from.node || x.from.port !== y.from.port) return false
    }
  }
  return true
}

/** A missing file is an error; rows that nobody has read yet only take time. */
export function unreadRows(
  doc: GraphDoc,
  { node, kind, params, title }: ResolvedNode,
  facts: Facts,
): Diagnostic | null {
  const at = { on: 'node', node: node.id } as const
  const missing = kind.assets?.(params).find((asset) => !assetOf(doc, asset))
  if (missing !== undefined) {
    const message = `The file of “${title}” is not in this document; choose it again.`
    return compilerDiagnostic('CM3102', at, message, { data: { asset: missing } })
  }
  if (!kind.factRequests) return null
  const waits = kind.factRequests(params).some((request) => !Object.hasOwn(facts.datasets, datasetKey(request)))
  return waits
    ? compilerDiagnostic('CM3103', at, `Still reading the rows of “${title}”.`, { data: { pending: true } })
    : null
}

/** Values by the place of their port among those of the node; outputs and what is not wired have none. */
export type Inputs = readonly (readonly InputValue[])[]

/**
 * Values by port, in the order of their sources; null when a required input gets none because something upstream failed.
 * @param values what came of each node, by number
 */
export function arrivals(
  { origin }: FlatDoc,
  { graph, ports: inputs, unsound, places }: Checked,
  values: readonly (Lowered | undefined)[],
): (resolved: ResolvedNode, node: number) => Inputs | null {
  const { edges, sources, into } = graph
  const arriving = (wire: number): InputValue | null => {
    const { from } = edges[wire]!
    const value = valueOf(values[sources[wire]!], from.port)
    if (!value) return null
    const node = origin(from.node)
    return { value, from: node === from.node ? from : { node, port: from.port } }
  }
  // Independent of edge ids, so that drawing the same wire again changes nothing.
  const bySource = (a: number, b: number): number =>
    places[sources[a]!]! - places[sources[b]!]! || (edges[a]!.from.port < edges[b]!.from.port ? -1 : 1)
  return ({ ports }, node) => {
    // Lists of their own length: one that grows takes room for 17.
    const arrived: (readonly InputValue[])[] = ports.map(noInputs)
    const end = into.starts[node + 1]!
    for (let at = 0; at < ports.length; at++) {
      if (ports[at]!.direction !== 'in') continue
      let first = -1
      let wires: number[] | null = null
      for (let i = into.starts[node]!; i < end; i++) {
        const wire = into.wires[i]!
        if (inputs[wire] !== at || (unsound.size > 0 && unsound.has(wire))) continue
        if (wires) wires.push(wire)
        else if (first >= 0) wires = [first, wire]
        else first = wire
      }
      if (first < 0) {
        if (ports[at]!.required) return null
        continue
      }
      const own = wires ? inOrder(wires, bySource).map(arriving) : [arriving(first)]
      // A partial answer would be a false one: a sum without one reward, a comparison without one policy.
      if (own.includes(null)) return null
      arrived[at] = own as readonly InputValue[]
    }
    return arrived
  }
}

/** In place; most stand so already. */
function inOrder(wires: number[], compare: (a: number, b: number) => number): number[] {
  for (let i = 1; i < wires.length; i++) if (compare(wires[i - 1]!, wires[i]!) > 0) return wires.sort(compare)
  return wires
}

function valueOf(lowered: Lowered | undefined, port: string): PortValue | undefined {
  return lowered && Object.hasOwn(lowered.outputs, port) ? lowered.outputs[port] : undefined
}

/** Copies of a sweep know themselves as the node that they were made from; only what they make has an id of its own. */
export function lowerNode(
  resolved: ResolvedNode,
  origin: NodeId,
  inputs: Inputs,
  own: OwnSets,
  facts: Facts,
): Remembered {
  const { kind, title, params, ports } = resolved
  const { id } = resolved.node
  const node = id === origin ? resolved.node : { ...resolved.node, id: origin }
  let asked: Map<string, DatasetFacts | null> | null = null
  const ctx: LowerCtx<Record<string, unknown>> = {
    node,
    title,
    params,
    facts,
    inputs: (key) => {
      for (let at = 0; at < ports.length; at++) if (ports[at]!.key === key) return inputs[at]!
      return NO_INPUTS
    },
    datasetFacts: (request) => {
      const key = datasetKey(request)
      const known = rowsKnown(facts, key)
      asked = (asked ?? new Map<string, DatasetFacts | null>()).set(key, known)
      return known
    },
    // A node makes at most one stage; the stage is named by its node and so survives edits elsewhere.
    stageId: id as string as StageId,
    decisionId: id as string as DecisionId,
    irVersion: IR_VERSION,
  }
  let result: Lowered
  try {
    result = kind.lower(ctx)
  } catch (cause) {
    const message = `The kind “${kind.kind}” failed on “${title}”: ${cause instanceof Error ? cause.message : String(cause)}.`
    const at = { on: 'node', node: node.id } as const
    result = { outputs: {}, diagnostics: [compilerDiagnostic('CM3303', at, message)] }
  }
  return { resolved, inputs, models: facts.models, own, asked, result }
}
