/** Pass 3: in the order of the wires, each kind turns its params and inputs into values for the next, and perhaps a stage. */
import { hasErrors } from '../../base/diagnostic.ts'
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { NodeId } from '../../base/ids.ts'
import type { EdgeRec } from '../../graph/model.ts'
import { edgesByTarget, edgesOutOf } from '../../graph/query.ts'
import type { Lowered } from '../../kinds/contract.ts'
import type { DatasetFacts, DatasetSpec, Facts } from '../../ir/dataset.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import type { FlatDoc } from '../flatten/flatDoc.ts'
import type { Checked } from './check.ts'
import { arrivals, lowerNode, lowersTheSame, ownSets, ranksOf, sameSets, unreadRows } from './lowerNode.ts'
import type { Remembered } from './lowerNode.ts'
import type { Resolution, Resolutions } from './resolve.ts'

export type LoweredGraph = {
  /** In topological order, by flat id. */
  readonly nodes: ReadonlyMap<string, Lowered>
  /** What reading told, by `datasetKey` of the rows with their detected mapping. */
  readonly datasets: ReadonlyMap<string, DatasetFacts>
  readonly diagnostics: readonly Diagnostic[]
  /** Whether every node that was lowered before takes the part in a run that it took then. */
  readonly sameParts: boolean
}

/** What the newest drawing was lowered from and to, for whoever compiles again: the same inputs need no second look. */
export type LowerMemo = {
  /** Of each node in topological order; undefined for nodes that could not be lowered. */
  entries: (Remembered | undefined)[]
  /** What it was found to be, and the facts that it was lowered with. */
  checked: Checked | null
  datasets: Facts['datasets'] | null
  models: Facts['models']
  /** Where no node waited for rows or inputs: what came of it, brought up to date in place. */
  made: { readonly nodes: Map<string, Lowered>; datasets: ReadonlyMap<string, DatasetFacts> } | null
  /** No node had anything to say. */
  silent: boolean
  /** How many nodes the newest compile lowered. */
  lowered: number
}

export function freshLowerMemo(): LowerMemo {
  return { entries: [], checked: null, datasets: null, models: null, made: null, silent: false, lowered: 0 }
}

/** It trains, measures, decides or saves; what did not come through may well be part of a run once it is mended. */
export function isActive({ stage, decision, amend, diagnostics }: Lowered): boolean {
  return stage !== undefined || decision !== undefined || (amend?.length ?? 0) > 0 || hasErrors(diagnostics)
}

const NO_WIRES: readonly EdgeRec[] = []

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
  return lowered ?? lowerAll(flat, facts, resolutions.byId, checked, memo)
}

/** Null when something has to wait now that did not before; then all nodes are gone through. */
function lowerMoved(
  flat: FlatDoc,
  facts: Facts,
  { byId, moved }: Resolutions,
  checked: Checked,
  memo: LowerMemo,
): LoweredGraph | null {
  const { made, entries } = memo
  if (!made || !moved) return null
  const ranks = ranksOf(checked.order)
  /** Which nodes have to be looked at, by their place in the order. */
  const touched = new Uint8Array(entries.length)
  for (const { id } of moved) touched[ranks.get(id) ?? entries.length] = 1
  const arrived = arrivals(flat, checked, made.nodes)
  const { order } = checked.order
  let sameParts = true
  for (let at = 0; at < order.length; at++) {
    const before = touched[at] === 1 ? entries[at] : undefined
    if (!before) continue
    const id = order[at]!
    const { resolved } = byId.get(id)!
    if (!resolved || unreadRows(flat.doc, resolved, facts)) return null
    const inputs = arrived(resolved, before.into)
    if (!inputs) return null
    if (lowersTheSame(before, resolved, inputs, facts)) continue
    memo.lowered++
    for (const { to } of edgesOutOf(flat.doc, id)) touched[ranks.get(to.node) ?? entries.length] = 1
    const entry = lowerNode(resolved, flat.origin(id) as NodeId, before.into, inputs, ownSets(resolved, facts), facts)
    entries[at] = entry
    if (isActive(before.result) !== isActive(entry.result)) sameParts = false
    memo.silent &&= entry.result.diagnostics.length === 0
    made.nodes.set(id, entry.result)
    if (!sameSets(before.own, entry.own)) made.datasets = datasetsOf(entries)
  }
  const diagnostics: Diagnostic[] = []
  if (!memo.silent) {
    for (const entry of entries) {
      if (entry && entry.result.diagnostics.length > 0) diagnostics.push(...entry.result.diagnostics)
    }
    memo.silent = diagnostics.length === 0
  }
  return { nodes: made.nodes, datasets: made.datasets, diagnostics, sameParts }
}

function lowerAll(
  flat: FlatDoc,
  facts: Facts,
  resolutions: ReadonlyMap<string, Resolution>,
  checked: Checked,
  memo: LowerMemo,
): LoweredGraph {
  const { doc } = flat
  const nodes = new Map<string, Lowered>()
  const remembered = byNode(memo)
  const entries: (Remembered | undefined)[] = []
  const diagnostics: Diagnostic[] = []
  const byTarget = edgesByTarget(doc)
  const arrived = arrivals(flat, checked, nodes)
  let waits = false
  for (const id of checked.order.order) {
    const at = entries.length
    const resolved = resolutions.get(id)?.resolved
    entries.push(undefined)
    if (!resolved || (checked.incomplete.size > 0 && checked.incomplete.has(id))) continue
    const into = byTarget.get(id) ?? NO_WIRES
    const unread = unreadRows(doc, resolved, facts)
    const inputs = unread ? null : arrived(resolved, into)
    // Nobody waits for rows that flow nowhere.
    if (unread && edgesOutOf(doc, id).length > 0) diagnostics.push(unread)
    if (!inputs) {
      waits = true
      continue
    }
    const before = remembered?.get(id)
    const own = ownSets(resolved, facts)
    let entry = before
    if (!before || !lowersTheSame(before, resolved, inputs, facts)) {
      memo.lowered++
      entry = lowerNode(resolved, flat.origin(id) as NodeId, into, inputs, own, facts)
    } else if (before.into !== into || !sameSets(before.own, own)) {
      entry = { ...before, into, own }
    }
    entries[at] = entry
    nodes.set(id, entry!.result)
    if (entry!.result.diagnostics.length > 0) diagnostics.push(...entry!.result.diagnostics)
  }
  const datasets = datasetsOf(entries)
  memo.entries = entries
  memo.checked = checked
  memo.datasets = facts.datasets
  memo.models = facts.models
  memo.made = waits ? null : { nodes, datasets }
  memo.silent = diagnostics.length === 0
  return { nodes, datasets, diagnostics, sameParts: false }
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
