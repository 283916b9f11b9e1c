/** Pass 1: each node meets its kind; params come up to the kind's version and are parsed. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { GraphDoc, NodeRec } from '../../graph/model.ts'
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
const known = new WeakMap<Registry, WeakMap<object, { node: NodeRec; resolution: Resolution }>>()

export function resolve(doc: GraphDoc, registry: Registry): ReadonlyMap<string, Resolution> {
  let memo = known.get(registry)
  if (!memo) known.set(registry, (memo = new WeakMap()))
  const resolutions = new Map<string, Resolution>()
  for (const id of Object.keys(doc.nodes).sort()) {
    const node = doc.nodes[id]!
    const kind = registry.get(node.kind)
    if (!kind) {
      resolutions.set(id, { resolved: null, diagnostics: [unknownKind(doc, node)] })
      continue
    }
    const before = memo.get(node.params)
    const resolution = before && sameMeaning(before.node, node) ? before.resolution : resolveNode(node, kind)
    const now = standing(resolution, node)
    memo.set(node.params, { node, resolution: now })
    resolutions.set(id, now)
  }
  return resolutions
}

/** A remembered resolution with the node as it is now. */
function standing(resolution: Resolution, node: NodeRec): Resolution {
  const { resolved, diagnostics } = resolution
  return resolved && resolved.node !== node ? { resolved: { ...resolved, node }, diagnostics } : resolution
}

function sameMeaning(a: NodeRec, b: NodeRec): boolean {
  return a.id === b.id && a.kind === b.kind && a.kindVersion === b.kindVersion && a.title === b.title
}

function resolveNode(node: NodeRec, kind: NodeKind): Resolution {
  const at = { on: 'node', node: node.id } as const
  const title = titleOf(node, kind)
  const diagnostics: Diagnostic[] = []
  if (node.kindVersion > kind.version) {
    const message = `“${title}” was saved by a newer version (${node.kind} ${node.kindVersion}, here ${kind.version}); what is not understood is left out.`
    diagnostics.push(compilerDiagnostic('CM3002', at, message))
  }
  const upgraded = upgradeParams(kind, node)
  if (!upgraded.ok) {
    const message = `“${title}” cannot be brought up to date: ${upgraded.error}.`
    return { resolved: null, diagnostics: [...diagnostics, compilerDiagnostic('CM3003', at, message)] }
  }
  for (const field of Object.keys(upgraded.value).sort()) {
    if (Object.hasOwn(kind.defaults, field)) continue
    const message = `“${title}” has a param “${field}” that its kind does not know; it changes nothing.`
    diagnostics.push(compilerDiagnostic('CM3004', { on: 'field', node: node.id, field }, message))
  }
  const parsed = kind.parse(upgraded.value, at)
  if (!parsed.ok) return { resolved: null, diagnostics: [...diagnostics, ...parsed.error] }
  const params = parsed.value
  return { resolved: { node, kind, title, params, ports: kind.ports(params) }, diagnostics }
}

/** A stray card of an unknown kind disturbs nobody; one with wires leaves a hole in the program. */
function unknownKind(doc: GraphDoc, node: NodeRec): Diagnostic {
  const wired = edgesInto(doc, node.id).length + edgesOutOf(doc, node.id).length > 0
  const message = `No kind “${node.kind}” is installed, so “${node.title || node.kind}” cannot run; its params are kept.`
  return compilerDiagnostic('CM3001', { on: 'node', node: node.id }, message, wired ? {} : { severity: 'warning' })
}
