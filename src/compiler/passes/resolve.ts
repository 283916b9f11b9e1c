/** Pass 1: each node meets its kind; params come up to the kind's version and are parsed. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { GraphDoc, NodeRec, Params } from '../../graph/model.ts'
import { edgesInto, edgesOutOf } from '../../graph/query.ts'
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

/** Resolution depends on kind, version, title and params alone; a moved card is not parsed again. */
type Known = WeakMap<object, { readonly node: NodeRec; readonly resolution: Resolution }>

const known = new WeakMap<Registry, Known>()

/** The newest drawing that a compiler resolved. */
export type ResolveMemo = {
  edges: GraphDoc['edges'] | null
  /** Ids in the order of the record, the nodes and what became of them in order of ids. */
  keys: readonly string[]
  nodes: NodeRec[]
  /** Read by whoever compiles, until the next drawing. */
  readonly resolutions: Map<string, Resolution>
}

export function freshResolveMemo(): ResolveMemo {
  return { edges: null, keys: [], nodes: [], resolutions: new Map() }
}

/** By id, in order of ids. Where no node or wire came or went, only nodes that are other records are looked at. */
export function resolve(
  doc: GraphDoc,
  registry: Registry,
  memo: ResolveMemo = freshResolveMemo(),
): ReadonlyMap<string, Resolution> {
  const { resolutions } = memo
  let records = known.get(registry)
  if (!records) known.set(registry, (records = new WeakMap()))
  const keys = Object.keys(doc.nodes)
  if (memo.edges === doc.edges && sameItems(memo.keys, keys)) {
    let at = 0
    for (const id of resolutions.keys()) {
      const node = doc.nodes[id]!
      if (memo.nodes[at] !== node) {
        memo.nodes[at] = node
        resolutions.set(id, resolution(doc, registry, records, node))
      }
      at++
    }
    return resolutions
  }
  resolutions.clear()
  memo.edges = doc.edges
  memo.keys = keys
  memo.nodes = keys.toSorted().map((id) => {
    const node = doc.nodes[id]!
    resolutions.set(id, resolution(doc, registry, records, node))
    return node
  })
  return resolutions
}

function resolution(doc: GraphDoc, registry: Registry, records: Known, node: NodeRec): Resolution {
  const kind = registry.get(node.kind)
  if (!kind) return { resolved: null, diagnostics: [unknownKind(doc, node)] }
  const before = records.get(node.params)
  if (before?.node === node) return before.resolution
  const made = before && sameMeaning(before.node, node) ? standing(before.resolution, node) : resolveNode(node, kind)
  records.set(node.params, { node, resolution: made })
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
  return a.id === b.id && a.kind === b.kind && a.kindVersion === b.kindVersion && a.title === b.title
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
