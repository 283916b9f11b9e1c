/** Groups: several nodes into one card, a card back into its nodes, and which of their fields the card shows. */
import type { EdgeId, NodeId } from '../../base/ids.ts'
import type { EdgeRec, GraphDoc, NodeRec, Params, PortRef } from '../../graph/model.ts'
import { bareId, beside, isRail } from '../../graph/nested.ts'
import { addNode, disconnect, removeNodes, replaceParams, setBinding } from '../../graph/ops.ts'
import type { DraftDoc } from '../../graph/ops.ts'
import { nodeOf, sortedEdges } from '../../graph/query.ts'
import type { GroupContent, NodeKind, PortSpec } from '../../kinds/contract.ts'
import { newNode } from '../../kinds/newNode.ts'
import { groupParams, withGiven } from '../../kinds/given.ts'
import { snapped } from '../cardGeometry.ts'
import type { Editor } from '../editor.ts'
import { NOTHING } from '../selection.ts'
import type { Command } from './command.ts'
import { nodeName, plural } from './wording.ts'

type MadePort = Omit<PortSpec, 'help'> & { readonly inner: readonly PortRef[] }

export const groupingCommands: readonly Command[] = [
  {
    id: 'arrange.group',
    title: 'Group into one card',
    group: 'Arrange',
    scope: 'editing',
    keys: ['Mod+G'],
    when(editor) {
      if (!groupKind(editor)) return 'No kind of node holds others here'
      return groupable(editor).length > 0 || 'No node is selected'
    },
    run: group,
  },
  {
    id: 'arrange.ungroup',
    title: 'Take the group apart',
    group: 'Arrange',
    scope: 'editing',
    keys: ['Mod+Shift+G'],
    when: (editor) => selectedGroups(editor).length > 0 || 'No group is selected',
    run(editor) {
      const groups = selectedGroups(editor)
      const label = groups.length === 1 ? `Take “${nodeName(editor, groups[0]!.rec.id)}” apart` : 'Take groups apart'
      const freed: string[] = []
      editor.doc.together(label, () => {
        for (const { rec, content } of groups) freed.push(...ungroup(editor, label, rec, content))
      })
      editor.selection.setNodes(freed)
      editor.announce.say(`${label}: ${plural(freed.length, 'node')}`)
    },
  },
]

/** Shows a field of an inner node on the group's card. */
export function promoteField(editor: Editor, group: string, node: string, field: string, label: string): void {
  changeGroup(editor, group, `Show ${label.toLowerCase()} on ${nodeName(editor, group)}`, (kind, params) => {
    const taken = new Set(kind.inside!(params).values.map((value) => value.key))
    const key = free(`${node}-${field}`, (candidate) => taken.has(candidate))
    const binding = kind.inside!(params).nodes[node]?.bindings?.[field]
    return {
      params: kind.edits!.promote(params, { key, label, node, field }),
      ...(binding ? { bind: [key, binding] } : {}),
    }
  })
}

export function demoteField(editor: Editor, group: string, key: string, label: string): void {
  const label_ = `Hide ${label.toLowerCase()} from ${nodeName(editor, group)}`
  changeGroup(editor, group, label_, (kind, params, rec) => {
    const value = kind.inside!(params).values.find((known) => known.key === key)
    let next = kind.edits!.demote(params, key)
    const bound = rec.bindings?.[key]
    // What the card's field was bound to, the field inside is from now on.
    if (value && bound !== undefined) {
      const { nodes } = kind.inside!(next)
      const inner = nodes[value.node]!
      const bindings = { ...inner.bindings, [value.field]: bound }
      next = kind.edits!.withNodes(next, { ...nodes, [value.node]: { ...inner, bindings } })
    }
    return { params: next, ...(bound === undefined ? {} : { bind: [key, null] }) }
  })
}

type GroupChange = {
  readonly params: Record<string, unknown>
  readonly bind?: readonly [string, string | null] | undefined
}

function changeGroup(
  editor: Editor,
  group: string,
  label: string,
  change: (kind: NodeKind, params: Record<string, unknown>, rec: NodeRec) => GroupChange,
): void {
  const rec = nodeOf(editor.doc.get(), group)
  const kind = rec && editor.registry.get(rec.kind)
  const params = rec && kind ? groupParams(kind, rec) : null
  if (!rec || !kind || !params) return
  const { params: next, bind } = change(kind, params, rec)
  editor.doc.transact(label, (draft) => {
    replaceParams(draft, rec.id, next as Params, kind.version)
    if (bind) setBinding(draft, rec.id, bind[0], bind[1])
  })
  editor.announce.say(label)
}

function group(editor: Editor): void {
  const kind = groupKind(editor)!
  const doc = editor.doc.get()
  const inside = new Set<string>(groupable(editor).filter((id) => nodeOf(doc, id)))
  const nodes = [...inside].sort().map((id) => doc.nodes[id]!)
  const edges = sortedEdges(doc)
  const within = edges.filter((edge) => inside.has(edge.from.node) && inside.has(edge.to.node))
  const across = edges.filter((edge) => inside.has(edge.from.node) !== inside.has(edge.to.node))
  // In the order in which their nodes lie, so that wires at the card cross less.
  const down = nodes.toSorted((a, b) => a.position.y - b.position.y || a.position.x - b.position.x)
  const ports = portsOf(editor, down, within, across)
  // In an open group the nodes have long names; what is in a group knows nothing of where it lies.
  const bare = ({ node, port }: PortRef): PortRef => ({ node: bareId(node), port })
  const content = {
    nodes: byId(nodes.map((node) => ({ ...node, id: bareId(node.id) }))),
    edges: byId(within.map((edge) => ({ id: bareId(edge.id), from: bare(edge.from), to: bare(edge.to) }))),
  }
  const id = editor.ids<'NodeId'>('n')
  const at = {
    x: snapped(Math.min(...nodes.map((node) => node.position.x))),
    y: snapped(Math.min(...nodes.map((node) => node.position.y))),
  }
  const made = ports.map((port) => ({ ...port, inner: port.inner.map(bare) }))
  const params = kind.edits!.make(content, made) as Params
  const label = `Group ${plural(nodes.length, 'node')}`
  const change = editor.doc.transact(
    label,
    (draft) => {
      removeNodes(
        draft,
        nodes.map((node) => node.id),
      )
      addNode(draft, newNode(kind, id, at, params))
      for (const edge of across) {
        const port = (ref: PortRef, direction: 'in' | 'out'): PortRef => {
          if (!inside.has(ref.node)) return ref
          return { node: id, port: portAt(ports, ref, direction)!.key }
        }
        put(draft, { id: edge.id, from: port(edge.from, 'out'), to: port(edge.to, 'in') })
      }
    },
    { select: { nodes: new Set([id]), edges: NOTHING.edges } },
  )
  if (change) editor.announce.say(label)
}

/** Ports at which wires cross the border, and those that would be of no use shut in: required inputs and unused outputs. */
function portsOf(
  editor: Editor,
  nodes: readonly NodeRec[],
  within: readonly EdgeRec[],
  across: readonly EdgeRec[],
): readonly MadePort[] {
  const touches = (wires: readonly EdgeRec[], node: string, port: string, direction: 'in' | 'out'): boolean =>
    wires.some(({ from, to }) => {
      const end = direction === 'in' ? to : from
      return end.node === node && end.port === port
    })
  const found: { readonly spec: PortSpec; readonly rec: NodeRec }[] = []
  for (const rec of nodes) {
    for (const spec of (editor.lens.ports(rec) ?? []) as readonly PortSpec[]) {
      const used = touches(within, rec.id, spec.key, spec.direction)
      const wanted = spec.direction === 'out' || spec.required
      if (touches(across, rec.id, spec.key, spec.direction) || (wanted && !used)) found.push({ spec, rec })
    }
  }
  const keys = new Set<string>()
  return found.map(({ spec, rec }) => {
    const { label, type, direction, required, multiple } = spec
    const alone = found.filter((other) => other.spec.direction === direction && other.spec.label === label).length === 1
    const key = free(`${bareId(rec.id)}-${spec.key}`, (candidate) => keys.has(candidate))
    keys.add(key)
    const inner = [{ node: rec.id, port: spec.key }]
    return {
      key,
      label: alone ? label : `${editor.lens.name(rec)}: ${label}`,
      type,
      direction,
      required,
      multiple,
      inner,
    }
  })
}

function portAt(ports: readonly MadePort[], ref: PortRef, direction: 'in' | 'out'): MadePort | undefined {
  return ports.find(
    (port) =>
      port.direction === direction && port.inner.some((inner) => inner.node === ref.node && inner.port === ref.port),
  )
}

/** Puts the nodes of a group where its card was. Returns their ids. */
function ungroup(editor: Editor, label: string, rec: NodeRec, content: GroupContent): readonly string[] {
  const doc = editor.doc.get()
  const fresh = new Map<string, NodeId>(
    Object.keys(content.nodes).map((key) => [key, freshId(editor, doc, beside(rec.id, key))]),
  )
  const inner = Object.entries(content.nodes)
  const corner = {
    x: Math.min(...inner.map(([, node]) => node.position.x)),
    y: Math.min(...inner.map(([, node]) => node.position.y)),
  }
  const wires = sortedEdges(doc).filter((edge) => edge.from.node === rec.id || edge.to.node === rec.id)
  editor.doc.transact(label, (draft) => {
    removeNodes(draft, [rec.id])
    for (const [key, node] of inner) addNode(draft, freed(editor, rec, content, key, node, fresh.get(key)!, corner))
    for (const edge of Object.values(content.edges)) {
      const at = ({ node, port }: PortRef): PortRef => ({ node: fresh.get(node)!, port })
      const own = beside(rec.id, edge.id)
      const id = Object.hasOwn(doc.edges, own) ? editor.ids<'EdgeId'>('e') : own
      put(draft, { id, from: at(edge.from), to: at(edge.to) })
    }
    for (const edge of wires) {
      for (const [i, from] of ends(edge.from, 'out').entries()) {
        for (const [j, to] of ends(edge.to, 'in').entries()) {
          put(draft, { id: i + j === 0 ? edge.id : editor.ids<'EdgeId'>('e'), from, to })
        }
      }
    }
  })
  return [...fresh.values()]

  function ends(ref: PortRef, direction: 'in' | 'out'): readonly PortRef[] {
    if (ref.node !== rec.id) return [ref]
    const port = content.ports.find((known) => known.key === ref.port && known.direction === direction)
    return (port?.inner ?? []).map(({ node, port: key }) => ({ node: fresh.get(node)!, port: key }))
  }
}

/** A node of a group as it stands on its own: with what the card gave it, muted or bypassed as the card was. */
function freed(
  editor: Editor,
  rec: NodeRec,
  content: GroupContent,
  key: string,
  node: NodeRec,
  id: NodeId,
  corner: { readonly x: number; readonly y: number },
): NodeRec {
  const mode = rec.mode ?? node.mode
  return {
    ...withGiven(editor.registry, rec, content, key, node),
    id,
    position: {
      x: rec.position.x + node.position.x - corner.x,
      y: rec.position.y + node.position.y - corner.y,
    },
    ...(mode ? { mode } : {}),
  }
}

function selectedGroups(editor: Editor): readonly { readonly rec: NodeRec; readonly content: GroupContent }[] {
  const doc = editor.doc.get()
  return [...editor.selection.get().nodes].sort().flatMap((id) => {
    const rec = nodeOf(doc, id)
    const kind = rec && editor.registry.get(rec.kind)
    const params = rec && kind ? groupParams(kind, rec) : null
    return rec && params ? [{ rec, content: kind!.inside!(params) }] : []
  })
}

/** The cards that stand for a group's own ports belong to it. */
function groupable(editor: Editor): readonly string[] {
  return [...editor.selection.get().nodes].filter((id) => !isRail(id))
}

function groupKind(editor: Editor): NodeKind | undefined {
  return editor.registry.all.find((kind) => kind.edits)
}

/** Its own id where that is free, so that a group taken apart is the drawing that it was made of. */
function freshId(editor: Editor, doc: GraphDoc, key: string): NodeId {
  return Object.hasOwn(doc.nodes, key) ? editor.ids<'NodeId'>('n') : (key as NodeId)
}

function put(draft: DraftDoc, edge: EdgeRec): void {
  disconnect(draft, [edge.id])
  draft.edges[edge.id] = { id: edge.id, from: { ...edge.from }, to: { ...edge.to } }
}

function byId<T extends { readonly id: NodeId | EdgeId }>(items: readonly T[]): { readonly [id: string]: T } {
  return Object.fromEntries(items.map((item) => [item.id, item]))
}

function free(wanted: string, taken: (candidate: string) => boolean): string {
  const base = wanted.slice(0, 120)
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base}-${i}`
    if (!taken(name)) return name
  }
}
