/** Pass 0: a drawing with groups, parameters, mutes, detours and sweeps → one that only has nodes and wires. */
import type { GraphDoc, NodeRec } from '../../graph/model.ts'
import { allNodes } from '../../graph/query.ts'
import type { NodeKind } from '../../kinds/contract.ts'
import type { Registry } from '../../kinds/registry.ts'
import { upgradeParams } from '../../kinds/upgrade.ts'
import { bindParameters } from './bindParameters.ts'
import { fanOut } from './fanOut.ts'
import type { FlatDoc, FlatMemo, Work } from './flatDoc.ts'
import { docOf } from './flatDoc.ts'
import { inlineGroups } from './inlineGroups.ts'
import { leaveOut } from './leaveOut.ts'

/** Params of a node as its kind reads them; null when they do not parse, which `resolve` reports. */
export type ReadParams = (node: NodeRec, kind: NodeKind) => Record<string, unknown> | null

/** A drawing that has nothing to flatten is handed on as it is, the same object. */
export function flatten(doc: GraphDoc, registry: Registry, memo: FlatMemo = new Map()): FlatDoc {
  if (!needsFlattening(doc, registry)) return asItIs(doc)
  const work: Work = {
    doc,
    nodes: new Map(Object.entries(doc.nodes)),
    edges: Object.values(doc.edges).sort((a, b) => (a.id < b.id ? -1 : 1)),
    origins: new Map(),
    cards: new Map(),
    promoted: new Map(),
    holders: new Map(),
    variants: new Map(),
    diagnostics: [],
    memo,
  }
  inlineGroups(work, registry, readParams)
  const parameters = bindParameters(work, registry, readParams)
  leaveOut(work, registry, readParams)
  fanOut(work, registry, parameters, readParams)
  const { origins, cards, promoted } = work
  const origin = (id: string): string => origins.get(id) ?? id
  return {
    doc: docOf(work),
    origin,
    card: (id) => cards.get(origin(id)) ?? origin(id),
    promoted: (id, field) => promoted.get(`${origin(id)}\n${field}`) ?? null,
    holder: (parameter) => work.holders.get(parameter) ?? null,
    variants: work.variants,
    cards,
    diagnostics: work.diagnostics,
  }
}

function asItIs(doc: GraphDoc): FlatDoc {
  const same = (id: string): string => id
  const none = new Map<string, never>()
  const nothing = (): null => null
  return {
    doc,
    origin: same,
    card: same,
    promoted: nothing,
    holder: nothing,
    variants: none,
    cards: none,
    diagnostics: [],
  }
}

function needsFlattening(doc: GraphDoc, registry: Registry): boolean {
  return allNodes(doc).nodes.some((node) => {
    if (node.mode !== undefined || node.bindings !== undefined) return true
    const kind = registry.get(node.kind)
    return kind !== undefined && (kind.passThrough || kind.parameter || kind.sweep || kind.inside) !== undefined
  })
}

const parsedParams = new WeakMap<object, Record<string, unknown> | null>()

function readParams(node: NodeRec, kind: NodeKind): Record<string, unknown> | null {
  let params = parsedParams.get(node.params)
  if (params === undefined) {
    const upgraded = upgradeParams(kind, node)
    const parsed = upgraded.ok ? kind.parse(upgraded.value, { on: 'node', node: node.id }) : upgraded
    params = parsed.ok ? parsed.value : null
    parsedParams.set(node.params, params)
  }
  return params
}
