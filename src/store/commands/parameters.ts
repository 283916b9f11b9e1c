/** Graph parameters: bind a field to one, free it, make one out of a field's value, call one something else. */
import type { Json } from '../../base/canonicalJson.ts'
import type { NodeId } from '../../base/ids.ts'
import type { GraphDoc, NodeRec, Params } from '../../graph/model.ts'
import { addNode, replaceParams, setBinding } from '../../graph/ops.ts'
import { nodeOf } from '../../graph/query.ts'
import type { Scalar } from '../../ir/pipelineConfig.ts'
import type { NodeKind } from '../../kinds/contract.ts'
import { newNode } from '../../kinds/newNode.ts'
import type { Registry } from '../../kinds/registry.ts'
import { upgradeParams } from '../../kinds/upgrade.ts'
import { snapped } from '../cardGeometry.ts'
import type { Editor } from '../editor.ts'
import { fieldEdit } from '../fieldView.ts'
import { boundValues, parametersOf } from '../parameters.ts'
import type { Command } from './command.ts'
import { freePlace } from './nodes.ts'
import { nodeName, plural } from './wording.ts'

/** Room between a card and the parameter that is made beside it. */
const BESIDE = 24

export function bindField(editor: Editor, node: string, field: string, parameter: string): void {
  const label = `Use the parameter “${parameter}” for ${fieldName(editor, node, field)}`
  const change = editor.doc.transact(label, (draft) => void setBinding(draft, node as NodeId, field, parameter))
  if (change) editor.announce.say(label)
}

/** @param keep `taken` writes what the field took from its parameter at the node; `own` goes back to what was written there */
export function unbindField(editor: Editor, node: string, field: string, keep: 'taken' | 'own'): void {
  const doc = editor.doc.get()
  const rec = nodeOf(doc, node)
  const parameter = rec?.bindings?.[field]
  if (!rec || parameter === undefined) return
  const taken = boundValues(editor.doc.whole(), editor.registry, rec)[field]
  const write =
    keep === 'taken' && taken !== undefined ? fieldEdit(editor.registry, doc, node, { [field]: taken }) : null
  const label = `Free ${fieldName(editor, node, field)} from the parameter “${parameter}”`
  editor.doc.transact(label, (draft) => {
    setBinding(draft, rec.id, field, null)
    write?.(draft)
  })
  editor.announce.say(label)
}

/** A parameter with the field's value, beside the card, and the field bound to it. Returns its name. */
export function parameterFromField(editor: Editor, node: string, field: string): string | null {
  const view = editor.views.of(editor.doc.get(), node)
  const value = view?.values[field]
  const kind = editor.registry.all.find((candidate) => candidate.parameterOf)
  if (!view || !kind || !isScalar(value)) return null
  const name = freeName(field, parametersOf(editor.doc.whole(), editor.registry))
  const id = editor.ids<'NodeId'>('n')
  const { x, y } = view.rec.position
  const beside = { x: snapped(x), y: snapped(y - kind.size.height - BESIDE) }
  const made = newNode(kind, id, freePlace(editor, beside), kind.parameterOf!(name, value) as Params)
  const label = `Make ${fieldName(editor, node, field)} the parameter “${name}”`
  editor.doc.transact(label, (draft) => {
    addNode(draft, made)
    setBinding(draft, view.rec.id, field, name)
  })
  editor.announce.say(label)
  return name
}

/** Another name for a parameter, with every field, sweep and group that mentions it. The reason why not, or null. */
export function renameParameter(editor: Editor, node: string, to: string): string | null {
  const doc = editor.doc.get()
  const rec = nodeOf(doc, node)
  const kind = rec && editor.registry.get(rec.kind)
  const params = rec && kind?.parameter ? readParams(kind, rec) : null
  if (!rec || !kind || !params) return null
  const from = kind.parameter!(params).name
  if (to === from) return null
  const wanted = kind.renamed!(params, from, to)
  const parsed = kind.parse(wanted as Params, { on: 'node', node: rec.id })
  if (!parsed.ok) return parsed.error[0]!.message
  const whole = editor.doc.whole()
  const parameters = parametersOf(whole, editor.registry)
  const other = parameters.get(to)
  if (other) return `Another parameter is called “${to}” already.`
  // A second one of its name feeds nothing; whatever mentions the name means the first.
  const feeds = parameters.get(from)?.node === node
  const [drawing, nodes] = feeds
    ? [whole, withRenamed(editor.registry, whole.nodes, from, to)]
    : [doc, { [node]: { ...rec, params: wanted as Params } }]
  editor.doc.transact(
    `Rename the parameter “${from}” to “${to}”`,
    (draft) => {
      for (const [id, next] of Object.entries(nodes)) {
        const before = drawing.nodes[id]!
        if (next.params !== before.params) replaceParams(draft, before.id, next.params, next.kindVersion)
        for (const [field, name] of Object.entries(next.bindings ?? {})) setBinding(draft, before.id, field, name)
      }
    },
    { whole: feeds },
  )
  editor.announce.say(`The parameter “${from}” is called “${to}” now`)
  return null
}

export const parameterCommands: readonly Command[] = [
  {
    id: 'field.unbind',
    title: 'Free a field from its parameter',
    group: 'Edit',
    scope: 'editing',
    keys: [],
    hidden: true,
    run(editor, { node, field }) {
      if (typeof node === 'string' && typeof field === 'string') unbindField(editor, node, field, 'own')
    },
  },
]

/** Nodes with every mention of the parameter renamed, also inside groups; those without one stay the same object. */
function withRenamed(registry: Registry, nodes: GraphDoc['nodes'], from: string, to: string): GraphDoc['nodes'] {
  let changed = false
  const next = Object.entries(nodes).map(([id, rec]) => {
    const renamed = renamedIn(registry, rec, from, to)
    changed ||= renamed !== rec
    return [id, renamed] as const
  })
  return changed ? Object.fromEntries(next) : nodes
}

function renamedIn(registry: Registry, rec: NodeRec, from: string, to: string): NodeRec {
  const kind = registry.get(rec.kind)
  const bindings = Object.entries(rec.bindings ?? {})
  const bound = bindings.some(([, name]) => name === from)
    ? { ...rec, bindings: Object.fromEntries(bindings.map(([f, name]) => [f, name === from ? to : name])) }
    : rec
  const params = kind && (kind.renamed || kind.edits) ? readParams(kind, rec) : null
  if (!kind || !params) return bound
  let next = kind.renamed?.(params, from, to) ?? params
  if (kind.inside && kind.edits) {
    const { nodes } = kind.inside(params)
    const inner = withRenamed(registry, nodes, from, to)
    if (inner !== nodes) next = kind.edits.withNodes(next, inner)
  }
  const same = JSON.stringify(next) === JSON.stringify(params)
  return same ? bound : { ...bound, params: next as Params, kindVersion: kind.version }
}

function readParams(kind: NodeKind, rec: NodeRec): Record<string, unknown> | null {
  const upgraded = upgradeParams(kind, rec)
  const parsed = upgraded.ok ? kind.parse(upgraded.value, { on: 'node', node: rec.id }) : upgraded
  return parsed.ok ? parsed.value : null
}

function freeName(field: string, taken: ReadonlyMap<string, unknown>): string {
  const base =
    field
      .replace(/[^A-Za-z0-9_-]/g, '')
      .replace(/^[^A-Za-z]+/, '')
      .slice(0, 36) || 'value'
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base}${i}`
    if (!taken.has(name)) return name
  }
}

function fieldName(editor: Editor, node: string, field: string): string {
  const view = editor.views.of(editor.doc.get(), node)
  const label = view?.fields.find((spec) => spec.key === field)?.label ?? field
  return `${label.toLowerCase()} of ${nodeName(editor, node)}`
}

function isScalar(value: unknown): value is Scalar & Json {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
}

/** Where a parameter is used, as people say it. */
export function usesWords(count: number): string {
  return count === 0 ? 'not used yet' : `feeds ${plural(count, 'field')}`
}
