/** Nodes: put new ones on the canvas, name them, change their params. */
import type { Json } from '../../base/canonicalJson.ts'
import type { NodeId } from '../../base/ids.ts'
import { checkConnection } from '../../graph/connect.ts'
import { groupOf, isRail } from '../../graph/nested.ts'
import { addNode, connect, renameNode } from '../../graph/ops.ts'
import type { DraftDoc } from '../../graph/ops.ts'
import { nodeOf } from '../../graph/query.ts'
import type { Params } from '../../graph/model.ts'
import type { NodeKind, PortSpec } from '../../kinds/contract.ts'
import { newNode } from '../../kinds/newNode.ts'
import { HEADER_HEIGHT, ROWS_TOP, ROW_HEIGHT, cardGeometry, snapped } from '../cardGeometry.ts'
import type { Editor } from '../editor.ts'
import { fieldEdit } from '../fieldView.ts'
import { NOTHING } from '../selection.ts'
import type { LooseWire, Point } from '../surface.ts'
import type { Command } from './command.ts'
import { nodeName } from './wording.ts'

export type InsertOptions = {
  /** Canvas coordinates of the card's corner, or with `wire` of the port that takes it. */
  readonly at: Point
  readonly wire?: LooseWire | null
  readonly params?: Params
  readonly title?: string
  /** More of the same step, e.g. the file that the node needs. */
  readonly also?: (draft: DraftDoc) => void
}

/** Puts a node on the canvas, wires it when a wire asks for it, and selects it: one step. */
export function insertNode(editor: Editor, kindId: string, options: InsertOptions): NodeId | null {
  const kind = editor.registry.get(kindId)
  if (!kind) {
    editor.announce.alert(`There is no node kind “${kindId}”`)
    return null
  }
  const id = editor.ids<'NodeId'>('n')
  const wire = options.wire ?? null
  const port = wire ? fittingPort(editor, kind, wire) : null
  const offset = port ? portOffset(kind, port) : { x: 0, y: 0 }
  const position = { x: snapped(options.at.x - offset.x), y: snapped(options.at.y - offset.y) }
  const label = `Add ${kind.title}`
  const change = editor.doc.transact(
    label,
    (draft) => {
      options.also?.(draft)
      addNode(draft, newNode(kind, id, position, options.params ?? {}, options.title ?? ''))
      if (wire && port) connect(draft, editor.lens, editor.ids('e'), wire.from, { node: id, port: port.key })
    },
    { select: { nodes: new Set([id]), edges: NOTHING.edges } },
  )
  if (!change) return null
  editor.announce.say(wire && port ? `${label}, connected to ${nodeName(editor, wire.from.node)}` : label)
  return id
}

/** The port of a new node that would take the loose wire, required ones first; null when none would. */
export function fittingPort(editor: Editor, kind: NodeKind, wire: LooseWire): PortSpec | null {
  const rec = nodeOf(editor.doc.get(), wire.from.node)
  const type = rec && editor.lens.ports(rec)?.find((p) => p.key === wire.from.port && p.direction === wire.direction)
  if (!type) return null
  const fitting = kind.ports(kind.defaults).filter((p) => p.direction !== wire.direction && p.type === type.type)
  return fitting.find((p) => p.required) ?? fitting[0] ?? null
}

/** Where a node dropped by hand goes: its first port row under the pointer. */
export function dropPlace(pointer: Point): Point {
  return { x: snapped(pointer.x), y: snapped(pointer.y - ROWS_TOP - ROW_HEIGHT / 2) }
}

/** A free place near `at`: cascades so that nodes placed one after the other do not hide each other. */
export function freePlace(editor: Editor, at: Point): Point {
  let place = { x: snapped(at.x), y: snapped(at.y) }
  const taken = Object.values(editor.doc.get().nodes).map((n) => n.position)
  while (taken.some((p) => Math.abs(p.x - place.x) < 16 && Math.abs(p.y - place.y) < 16)) {
    place = { x: place.x + 32, y: place.y + 32 }
  }
  return place
}

/** Sets params of a node, also of a card outside the open group. Typing merges into one step per field until the field is left. */
export function setNodeParams(editor: Editor, id: NodeId, values: Params, merge = true): void {
  const fields = Object.keys(values)
  const whole = nodeOf(editor.doc.get(), id) === undefined
  const doc = whole ? editor.doc.whole() : editor.doc.get()
  const specs = editor.views.of(doc, id)?.fields ?? []
  const field = fields.length === 1 ? specs.find((f) => f.key === fields[0])?.label : null
  const change = fieldEdit(editor.registry, doc, id, values)
  if (!change) return
  const label = `Change ${field ?? 'settings'} of ${nodeName(editor, id)}`
  editor.doc.transact(label, change, {
    history: merge ? 'merge' : 'record',
    mergeKey: JSON.stringify(['params', id, fields]),
    whole,
  })
}

export function renameTo(editor: Editor, id: NodeId, title: string): void {
  const before = nodeName(editor, id)
  const change = editor.doc.transact(`Rename ${before}`, (draft) => void renameNode(draft, id, title))
  if (change) editor.announce.say(`Renamed to ${nodeName(editor, id)}`)
}

/** Whether some node of the kind could take the wire: the filter of the menu after a drop on empty canvas. */
export function couldTake(editor: Editor, kind: NodeKind, wire: LooseWire): boolean {
  return fittingPort(editor, kind, wire) !== null
}

/** Puts a node into a wire: the wire's source feeds it and it feeds the wire's target. Null when its ports do not fit. */
export function insertOnWire(editor: Editor, kindId: string, edgeId: string): NodeId | null {
  const doc = editor.doc.get()
  const edge = Object.hasOwn(doc.edges, edgeId) ? doc.edges[edgeId] : undefined
  const kind = editor.registry.get(kindId)
  if (!edge || !kind) return null
  const input = fittingPort(editor, kind, { from: edge.from, direction: 'out' })
  const output = fittingPort(editor, kind, { from: edge.to, direction: 'in' })
  const a = editor.views.of(doc, edge.from.node)
  const b = editor.views.of(doc, edge.to.node)
  if (!input || !output || !a || !b) return null
  const { width, height } = cardGeometry(kind.size, kind.ports(kind.defaults))
  const middle = {
    x: snapped((a.rec.position.x + a.geometry.width + b.rec.position.x) / 2 - width / 2),
    y: snapped((a.rec.position.y + b.rec.position.y) / 2 + (a.geometry.height + b.geometry.height) / 4 - height / 2),
  }
  const id = editor.ids<'NodeId'>('n')
  const change = editor.doc.transact(
    `Insert ${kind.title} into ${nodeName(editor, edge.from.node)} → ${nodeName(editor, edge.to.node)}`,
    (draft) => {
      addNode(draft, newNode(kind, id, middle))
      connect(draft, editor.lens, editor.ids('e'), edge.from, { node: id, port: input.key })
      connect(draft, editor.lens, editor.ids('e'), { node: id, port: output.key }, edge.to, edge.id)
      delete draft.edges[edge.id]
    },
    { select: { nodes: new Set([id]), edges: NOTHING.edges } },
  )
  return change && id
}

/** Kinds whose first fitting input and output could sit in the middle of this wire. */
export function fitsWire(editor: Editor, kind: NodeKind, edgeId: string): boolean {
  const doc = editor.doc.get()
  const edge = Object.hasOwn(doc.edges, edgeId) ? doc.edges[edgeId] : undefined
  if (!edge || !checkConnection(doc, editor.lens, edge.from, edge.to, edge.id).ok) return false
  return (
    fittingPort(editor, kind, { from: edge.from, direction: 'out' }) !== null &&
    fittingPort(editor, kind, { from: edge.to, direction: 'in' }) !== null
  )
}

function portOffset(kind: NodeKind, port: PortSpec): Point {
  const placed = cardGeometry(kind.size, kind.ports(kind.defaults)).ports.find((p) => p.port.key === port.key)
  return placed ? { x: placed.x, y: placed.y } : { x: 0, y: HEADER_HEIGHT / 2 }
}

function edgeArg({ selection }: Editor, arg: unknown): string | null {
  if (typeof arg === 'string') return arg
  const { edges } = selection.get()
  return edges.size === 1 ? [...edges][0]! : null
}

const oneNode = (editor: Editor): true | string => {
  const [id, more] = editor.selection.get().nodes
  if (id === undefined || more !== undefined) return id ? 'Several nodes are selected' : 'No node is selected'
  return !isRail(id) || 'The inputs and outputs of a group are named port by port'
}

/** Whether it is on the canvas, or a card of the document around it. */
function known({ doc }: Editor, id: string): boolean {
  return nodeOf(doc.get(), id) !== undefined || nodeOf(doc.whole(), id) !== undefined
}

function found(editor: Editor, id: string): boolean {
  const group = groupOf(id)
  return known(editor, id) || (group !== '' && editor.commands.refusal('group.open', { node: group }) === null)
}

export const nodeCommands: readonly Command[] = [
  {
    id: 'add.search',
    title: 'Add a node…',
    group: 'Add',
    scope: 'editing',
    keys: ['N'],
    run(editor) {
      const flow = editor.viewport.pointer() ?? editor.viewport.middle()
      editor.surface.state.quickAdd = { flow, screen: editor.viewport.toScreen(flow), wire: null }
    },
  },
  {
    id: 'add.node',
    title: 'Add a node of a kind',
    group: 'Add',
    scope: 'editing',
    keys: [],
    hidden: true,
    when: ({ registry }, args) => registry.get(String(args['kind'])) !== undefined || 'There is no such kind of node',
    run(editor, args) {
      const at = args['at'] as Point | undefined
      const wire = (args['wire'] as LooseWire | undefined) ?? null
      const middle = editor.viewport.middle()
      const place = at ?? freePlace(editor, { x: middle.x - 112, y: middle.y - 64 })
      const id = insertNode(editor, String(args['kind']), { at: place, wire })
      // Dropped by hand it is where the hand is: the view must not jump.
      if (id && !at) editor.viewport.reveal(id)
    },
  },
  {
    id: 'add.onWire',
    title: 'Insert a node into a wire',
    group: 'Add',
    scope: 'editing',
    keys: [],
    hidden: true,
    when(editor, args) {
      const kind = editor.registry.get(String(args['kind']))
      return (kind && fitsWire(editor, kind, String(args['edge']))) || 'The node does not fit into this wire'
    },
    run: (editor, args) => void insertOnWire(editor, String(args['kind']), String(args['edge'])),
  },
  {
    id: 'edge.insert',
    title: 'Insert a node here…',
    group: 'Add',
    scope: 'editing',
    keys: ['I'],
    when(editor, args) {
      const id = edgeArg(editor, args['edge'])
      if (id === null) return 'Select one wire'
      return editor.registry.all.some((kind) => fitsWire(editor, kind, id)) || 'No node fits into this wire'
    },
    run(editor, args) {
      const edge = edgeArg(editor, args['edge'])!
      const rec = editor.doc.get().edges[edge]!
      const a = editor.views.of(editor.doc.get(), rec.from.node)!
      const b = editor.views.of(editor.doc.get(), rec.to.node)!
      const flow = {
        x: (a.rec.position.x + a.geometry.width + b.rec.position.x) / 2,
        y: (a.rec.position.y + b.rec.position.y) / 2 + ROWS_TOP,
      }
      editor.surface.state.quickAdd = { flow, screen: editor.viewport.toScreen(flow), wire: null, edge }
    },
  },
  {
    id: 'node.rename',
    title: 'Rename node',
    group: 'Edit',
    scope: 'editing',
    keys: ['F2'],
    when: oneNode,
    run(editor) {
      editor.surface.state.renaming = [...editor.selection.get().nodes][0]!
    },
  },
  {
    id: 'node.setParams',
    title: 'Change settings of a node',
    group: 'Edit',
    scope: 'editing',
    keys: [],
    hidden: true,
    when: (editor, { node }) => found(editor, String(node)) || 'The node is not in the document any more',
    run(editor, args) {
      const node = String(args['node'])
      // What lies in another group is changed where it can be seen.
      if (!known(editor, node)) editor.commands.run('group.open', { node: groupOf(node) })
      const values = args['values'] ?? { [String(args['field'])]: args['value'] as Json }
      setNodeParams(editor, node as NodeId, values as Params, false)
    },
  },
]
