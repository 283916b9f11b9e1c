/** Pass 3: in the order of the wires, each kind turns its params and inputs into values for the next, and perhaps a stage. */
import { hasErrors } from '../../base/diagnostic.ts'
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { NodeId } from '../../base/ids.ts'
import type { Lowered } from '../../kinds/contract.ts'
import type { DatasetFacts, DatasetSpec, Facts } from '../../ir/dataset.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import type { FlatDoc } from '../flatten/flatDoc.ts'
import type { Checked } from './check.ts'
import { arrivals, lowerNode, lowersTheSame, ownSets, sameSets, unreadRows } from './lowerNode.ts'
import type { Remembered } from './lowerNode.ts'
import type { Resolutions } from './resolve.ts'

export type LoweredGraph = {
  /** In topological order; undefined for nodes that could not be lowered. */
  readonly entries: readonly (Remembered | undefined)[]
  /** What came of each node, by number. */
  readonly values: readonly (Lowered | undefined)[]
  /** What reading told, by `datasetKey` of the rows with their detected mapping. */
  readonly datasets: ReadonlyMap<string, DatasetFacts>
  readonly diagnostics: readonly Diagnostic[]
  /** Whether every node that was lowered before takes the part in a run that it took then. */
  readonly sameParts: boolean
}

/** What the newest drawing was lowered from and to, for whoever compiles again: the same inputs need no second look. */
export type LowerMemo = {
  entries: (Remembered | undefined)[]
  values: (Lowered | undefined)[]
  /** What it was found to be, and the facts that it was lowered with. */
  checked: Checked | null
  datasets: Facts['datasets'] | null
  models: Facts['models']
  /** Facts of its own sets, where no node waited for rows or inputs: all is brought up to date in place then. */
  made: ReadonlyMap<string, DatasetFacts> | null
  /** No node had anything to say. */
  silent: boolean
  /** How many nodes the newest compile lowered. */
  lowered: number
}

export function freshLowerMemo(): LowerMemo {
  const nothing = { checked: null, datasets: null, models: null, made: null }
  return { entries: [], values: [], ...nothing, silent: false, lowered: 0 }
}

/** It trains, measures, decides or saves; what did not come through may well be part of a run once it is mended. */
export function isActive({ stage, decision, amend, diagnostics }: Lowered): boolean {
  return stage !== undefined || decision !== undefined || (amend?.length ?? 0) > 0 || hasErrors(diagnostics)
}

export function factsOfSpec(lowered: Pick<LoweredGraph, 'datasets'>, spec: DatasetSpec): DatasetFacts | null {
  return lowered.datasets.get(datasetKey(spec)) ?? null
}

/** The graph of an incremental compile is the memo's own: it holds until the next compile. */
export function lower(
  flat: FlatDoc,
  facts: Facts,
  resolutions: Resolutions,
  checked: Checked,
  memo: LowerMemo = freshLowerMemo(),
): LoweredGraph {
  // Wires, facts and faults are those of the compile before: a node moves only when it or a source of it has moved.
  const quiet = memo.checked === checked && memo.datasets === facts.datasets && memo.models === facts.models
  const lowered = quiet ? lowerMoved(flat, facts, resolutions, checked, memo) : null
  return lowered ?? lowerAll(flat, facts, resolutions, checked, memo)
}

/** Null when something has to wait now that did not before; then all nodes are gone through. */
function lowerMoved(
  flat: FlatDoc,
  facts: Facts,
  { all, moved }: Resolutions,
  checked: Checked,
  memo: LowerMemo,
): LoweredGraph | null {
  const { entries, values } = memo
  if (!memo.made || !moved) return null
  const { graph, order, places } = checked
  /** Which nodes have to be looked at, by their place in the order. */
  const touched = new Uint8Array(order.length)
  const touch = (node: number): void => {
    if (node >= 0 && places[node]! >= 0) touched[places[node]!] = 1
  }
  for (const { node } of moved) touch(node)
  const arrived = arrivals(flat, checked, values)
  let sameParts = true
  for (let at = 0; at < order.length; at++) {
    const before = touched[at] === 1 ? entries[at] : undefined
    if (!before) continue
    const node = order[at]!
    const { resolved } = all[node]!
    if (!resolved || unreadRows(flat.doc, resolved, facts)) return null
    const inputs = arrived(resolved, node)
    if (!inputs) return null
    if (lowersTheSame(before, resolved, inputs, facts)) continue
    memo.lowered++
    for (let i = graph.out.starts[node]!; i < graph.out.starts[node + 1]!; i++)
      touch(graph.targets[graph.out.wires[i]!]!)
    const origin = flat.origin(resolved.node.id) as NodeId
    const entry = lowerNode(resolved, origin, inputs, ownSets(resolved, facts), facts)
    entries[at] = entry
    values[node] = entry.result
    if (isActive(before.result) !== isActive(entry.result)) sameParts = false
    memo.silent &&= entry.result.diagnostics.length === 0
    if (!sameSets(before.own, entry.own)) memo.made = datasetsOf(entries)
  }
  const diagnostics: Diagnostic[] = []
  if (!memo.silent) {
    for (const entry of entries) {
      if (entry && entry.result.diagnostics.length > 0) diagnostics.push(...entry.result.diagnostics)
    }
    memo.silent = diagnostics.length === 0
  }
  return { entries, values, datasets: memo.made, diagnostics, sameParts }
}

function lowerAll(flat: FlatDoc, facts: Facts, { all }: Resolutions, checked: Checked, memo: LowerMemo): LoweredGraph {
  const { doc } = flat
  const { graph, order, incomplete } = checked
  const remembered = byNode(memo)
  const entries: (Remembered | undefined)[] = []
  const values: (Lowered | undefined)[] = all.map(nothing)
  const diagnostics: Diagnostic[] = []
  const arrived = arrivals(flat, checked, values)
  let waits = false
  for (let at = 0; at < order.length; at++) {
    const node = order[at]!
    const { resolved } = all[node]!
    entries.push(undefined)
    if (!resolved || (incomplete.size > 0 && incomplete.has(node))) continue
    const unread = unreadRows(doc, resolved, facts)
    const inputs = unread ? null : arrived(resolved, node)
    // Nobody waits for rows that flow nowhere.
    if (unread && graph.out.starts[node]! < graph.out.starts[node + 1]!) diagnostics.push(unread)
    if (!inputs) {
      waits = true
      continue
    }
    const { id } = resolved.node
    const before = remembered?.get(id)
    const own = ownSets(resolved, facts)
    let entry = before
    if (!before || !lowersTheSame(before, resolved, inputs, facts)) {
      memo.lowered++
      entry = lowerNode(resolved, flat.origin(id) as NodeId, inputs, own, facts)
    } else if (!sameSets(before.own, own)) {
      entry = { ...before, own }
    }
    entries[at] = entry
    values[node] = entry!.result
    if (entry!.result.diagnostics.length > 0) diagnostics.push(...entry!.result.diagnostics)
  }
  const datasets = datasetsOf(entries)
  memo.entries = entries
  memo.values = values
  memo.checked = checked
  memo.datasets = facts.datasets
  memo.models = facts.models
  memo.made = waits ? null : datasets
  memo.silent = diagnostics.length === 0
  return { entries, values, datasets, diagnostics, sameParts: false }
}

function nothing(): undefined {
  return undefined
}

/** What was lowered before, by id; null when nothing was. */
function byNode({ entries }: LowerMemo): ReadonlyMap<string, Remembered> | null {
  if (entries.length === 0) return null
  const remembered = new Map<string, Remembered>()
  for (const entry of entries) if (entry) remembered.set(entry.resolved.node.id, entry)
  return remembered
}

function datasetsOf(entries: LowerMemo['entries']): ReadonlyMap<string, DatasetFacts> {
  const datasets = new Map<string, DatasetFacts>()
  for (const entry of entries) if (entry) for (const [key, known] of entry.own) datasets.set(key, known)
  return datasets
}
