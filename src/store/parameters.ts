/** Graph parameters of a drawing, as the compiler sees them: by name, with what they hold, also those inside groups. */
import type { GraphDoc, NodeRec, Params } from '../graph/model.ts'
import type { Scalar } from '../ir/pipelineConfig.ts'
import type { FieldSpec } from '../kinds/contract.ts'
import type { Registry } from '../kinds/registry.ts'
import { upgradeParams } from '../kinds/upgrade.ts'

export type GraphParameter = {
  readonly name: string
  readonly value: Scalar
  /** Where it stands; inside a group as `group/inner`. */
  readonly node: string
  /** The param that holds the value. */
  readonly field: string
}

export type Parameters = ReadonlyMap<string, GraphParameter>

type Nodes = GraphDoc['nodes']

const tables = new WeakMap<Nodes, { readonly registry: Registry; readonly table: Parameters }>()

/** The first of a name counts, in the order of the nodes' ids; muted ones do not. */
export function parametersOf(doc: GraphDoc, registry: Registry): Parameters {
  const known = tables.get(doc.nodes)
  if (known?.registry === registry) return known.table
  const found: GraphParameter[] = []
  eachNode(doc.nodes, registry, (rec, id) => {
    const kind = registry.get(rec.kind)
    const params = kind?.parameter && rec.mode !== 'mute' ? parsed(registry, rec) : null
    if (!params) return
    const { name, value, field } = kind!.parameter!(params)
    found.push({ name, value, node: id, field })
  })
  found.sort((a, b) => (a.node < b.node ? -1 : 1))
  const table = new Map<string, GraphParameter>()
  for (const parameter of found) if (!table.has(parameter.name)) table.set(parameter.name, parameter)
  tables.set(doc.nodes, { registry, table })
  return table
}

/** What bound fields of a node take, by field; fields bound to a parameter that is not there are left out. */
export function boundValues(doc: GraphDoc, registry: Registry, rec: NodeRec): { readonly [field: string]: Scalar } {
  if (!rec.bindings) return {}
  const table = parametersOf(doc, registry)
  const values: { [field: string]: Scalar } = {}
  for (const [field, name] of Object.entries(rec.bindings)) {
    const parameter = table.get(name)
    if (parameter) values[field] = parameter.value
  }
  return values
}

/** Whether a parameter could feed the field: only single values can. */
export function takesParameters({ control }: FieldSpec): boolean {
  if (control.type === 'text') return control.names === undefined
  return control.type !== 'dataset' && control.type !== 'mapping'
}

/** Nodes whose fields follow when these nodes change: all that are bound, once one of these is a parameter or holds any. */
export function followers(registry: Registry, before: GraphDoc, after: GraphDoc, touched: Iterable<string>): string[] {
  for (const id of touched) {
    const [old, now] = [before.nodes[id], after.nodes[id]]
    if (old?.params === now?.params && old?.mode === now?.mode && old?.kind === now?.kind) continue
    if (![old, now].some((rec) => rec && mayHold(registry, rec))) continue
    return Object.values(after.nodes).flatMap((rec) => (rec.bindings ? [rec.id] : []))
  }
  return []
}

function mayHold(registry: Registry, rec: NodeRec): boolean {
  const kind = registry.get(rec.kind)
  return kind?.parameter !== undefined || kind?.inside !== undefined
}

/** Nodes of the drawing and of the groups in it, by the id that the compiler gives them. */
export function eachNode(nodes: Nodes, registry: Registry, visit: (rec: NodeRec, id: string) => void): void {
  const walk = (inside: Nodes, within: string): void => {
    for (const [key, rec] of Object.entries(inside)) {
      const id = within + key
      visit(rec, id)
      const kind = registry.get(rec.kind)
      const params = kind?.inside && rec.mode === undefined ? parsed(registry, rec) : null
      if (params) walk(kind!.inside!(params).nodes, `${id}/`)
    }
  }
  walk(nodes, '')
}

const known = new WeakMap<Params, Record<string, unknown> | null>()

function parsed(registry: Registry, rec: NodeRec): Record<string, unknown> | null {
  let params = known.get(rec.params)
  if (params !== undefined) return params
  const kind = registry.get(rec.kind)!
  const upgraded = upgradeParams(kind, rec)
  const read = upgraded.ok ? kind.parse(upgraded.value, { on: 'node', node: rec.id }) : upgraded
  params = read.ok ? read.value : null
  known.set(rec.params, params)
  return params
}
