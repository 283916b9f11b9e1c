/** Pass 1: each node meets its kind; params come up to the kind's version and are parsed. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { NodeId } from '../../base/ids.ts'
import { Recent } from '../../base/recent.ts'
import type { GraphDoc, NodeRec, Params } from '../../graph/model.ts'
import { ranksOf } from '../../graph/numbered.ts'
import { allNodes, edgesInto, edgesOutOf } from '../../graph/query.ts'
import type { NodeList } from '../../graph/query.ts'
import type { NodeKind, PortSpec } from '../../kinds/contract.ts'
import { titleOf } from '../../kinds/lens.ts'
import type { Registry } from '../../kinds/registry.ts'
import { upgradeParams } from '../../kinds/upgrade.ts'
import { compilerDiagnostic } from '../codes.ts'

export type ResolvedNode = {
  readonly node: NodeRec
  readonly kind: NodeKind
  readonly title: string
  readonly params: Record<string, unknown>
  readonly ports: readonly PortSpec[]
}

export type Resolution = { readonly resolved: ResolvedNode | null; readonly diagnostics: readonly Diagnostic[] }

/** What became of each node. */
export type Resolutions = {
  /** All nodes, in order of their ids, and the numbers that they have by that. */
  readonly ids: readonly NodeId[]
  readonly ranks: ReadonlyMap<string, number>
  /** By number. */
  readonly all: readonly Resolution[]
  /** Where no node or wire came or went since the drawing before: what is another one now, and what it was. */
  readonly moved: readonly Moved[] | null
}

export type Moved = { readonly node: number; readonly before: Resolution; readonly now: Resolution }

/** The newest drawing that a compiler resolved. */
export type ResolveMemo = {
  edges: GraphDoc['edges'] | null
  /** Ids and nodes in the order of the record. */
  list: NodeList
  ids: readonly NodeId[]
  ranks: ReadonlyMap<string, number>
  /** Brought up to date in place while nodes and wires stay; whoever compiles reads it until the next drawing. */
  all: Resolution[]
}

export function freshResolveMemo(): ResolveMemo {
  return { edges: null, list: { ids: [], nodes: [] }, ids: [], ranks: new Map(), all: [] }
}

export function resolutionOf({ ranks, all }: Pick<Resolutions, 'ranks' | 'all'>, id: string): Resolution | undefined {
  const rank = ranks.get(id)
  return rank === undefined ? undefined : all[rank]
}

/** Where no node or wire came or went, only nodes that are other records are looked at. */
export function resolve(doc: GraphDoc, registry: Registry, memo: ResolveMemo = freshResolveMemo()): Resolutions {
  const list = allNodes(doc)
  const sameIds = sameItems(memo.list.ids, list.ids)
  if (sameIds && memo.edges === doc.edges) return resolveMoved(doc, list, registry, memo)
  const ids = sameIds ? memo.ids : (list.ids.toSorted() as NodeId[])
  const ranks = sameIds ? memo.ranks : ranksOf(ids)
  const settings: Settings = new Map()
  const all = ids.map(unread)
  for (let at = 0; at < list.ids.length; at++) {
    const id = list.ids[at]!
    all[ranks.get(id)!] = resolution(doc, registry, list.nodes[at]!, resolutionOf(memo, id), settings)
  }
  memo.edges = doc.edges
  memo.list = list
  memo.ids = ids
  memo.ranks = ranks
  memo.all = all
  return { ids, ranks, all, moved: null }
}

/** Stands for each node until it has been read: a list that is full from the start is read quickest. */
const UNREAD: Resolution = { resolved: null, diagnostics: [] }
const unread = (): Resolution => UNREAD

function resolveMoved(doc: GraphDoc, list: NodeList, registry: Registry, memo: ResolveMemo): Resolutions {
  const { ids, ranks, all } = memo
  const moved: Moved[] = []
  for (let at = 0; at < list.ids.length; at++) {
    const record = list.nodes[at]!
    if (memo.list.nodes[at] === record) continue
    const node = ranks.get(list.ids[at]!)!
    const before = all[node]!
    const now = resolution(doc, registry, record, before, null)
    all[node] = now
    moved.push({ node, before, now })
  }
  memo.list = list
  return { ids, ranks, all, moved }
}

/** Params that were parsed without a word, and their ports, by kind: most cards of a large drawing are set alike. */
type Settings = Map<NodeKind, Recent<Params, Parsed>>
type Parsed = Pick<ResolvedNode, 'params' | 'ports'>

function resolution(
  doc: GraphDoc,
  registry: Registry,
  node: NodeRec,
  before: Resolution | undefined,
  settings: Settings | null,
): Resolution {
  const kind = registry.get(node.kind)
  if (!kind) return { resolved: null, diagnostics: [unknownKind(doc, node)] }
  // It depends on kind, version, title and params alone; a moved card is not parsed again.
  if (before?.resolved && sameMeaning(before.resolved.node, node)) return standing(before, node)
  if (!settings || node.kindVersion !== kind.version) return resolveNode(node, kind)
  let alike = settings.get(kind)
  if (!alike) settings.set(kind, (alike = new Recent()))
  const parsed = alike.find(node.params)
  if (parsed) {
    const resolved = { node, kind, title: titleOf(node, kind), params: parsed.params, ports: parsed.ports }
    return { resolved, diagnostics: NONE }
  }
  const made = resolveNode(node, kind)
  if (made.resolved && made.diagnostics.length === 0) alike.keep(node.params, made.resolved)
  return made
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** A remembered resolution with the node as it is now. */
function standing(resolution: Resolution, node: NodeRec): Resolution {
  const { resolved, diagnostics } = resolution
  return resolved && resolved.node !== node ? { resolved: { ...resolved, node }, diagnostics } : resolution
}

function sameMeaning(a: NodeRec, b: NodeRec): boolean {
  return (
    a.params === b.params &&
    a.id === b.id &&
    a.kind === b.kind &&
    a.kindVersion === b.kindVersion &&
    a.title === b.title
  )
}

const NONE: readonly Diagnostic[] = []

function resolveNode(node: NodeRec, kind: NodeKind): Resolution {
  const at = { on: 'node', node: node.id } as const
  const title = titleOf(node, kind)
  let diagnostics = NONE
  if (node.kindVersion > kind.version) {
    const message = `“${title}” was saved by a newer version (${node.kind} ${node.kindVersion}, here ${kind.version}); what is not understood is left out.`
    diagnostics = [compilerDiagnostic('CM3002', at, message)]
  }
  const upgraded = upgradeParams(kind, node)
  if (!upgraded.ok) {
    const message = `“${title}” cannot be brought up to date: ${upgraded.error}.`
    return { resolved: null, diagnostics: [...diagnostics, compilerDiagnostic('CM3003', at, message)] }
  }
  for (const field of strangeTo(kind, upgraded.value)) {
    const message = `“${title}” has a param “${field}” that its kind does not know; it changes nothing.`
    diagnostics = [...diagnostics, compilerDiagnostic('CM3004', { on: 'field', node: node.id, field }, message)]
  }
  const parsed = kind.parse(upgraded.value, at)
  if (!parsed.ok) return { resolved: null, diagnostics: [...diagnostics, ...parsed.error] }
  const params = parsed.value
  return { resolved: { node, kind, title, params, ports: kind.ports(params) }, diagnostics }
}

/** Names of params that the kind does not know, in order. */
function strangeTo({ defaults }: NodeKind, params: Params): readonly string[] {
  let strange = NO_NAMES
  for (const field in params) if (!Object.hasOwn(defaults, field)) strange = [...strange, field]
  return strange.length > 1 ? strange.toSorted() : strange
}

const NO_NAMES: readonly string[] = []

/** A stray card of an unknown kind disturbs nobody; one with wires leaves a hole in the program. */
function unknownKind(doc: GraphDoc, node: NodeRec): Diagnostic {
  const wired = edgesInto(doc, node.id).length + edgesOutOf(doc, node.id).length > 0
  const message = `No kind “${node.kind}” is installed, so “${node.title || node.kind}” cannot run; its params are kept.`
  return compilerDiagnostic('CM3001', { on: 'node', node: node.id }, message, wired ? {} : { severity: 'warning' })
}
