/** Wires: connect, re-plug, disconnect. Each is one step and says what it replaced. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { EdgeId } from '../../base/ids.ts'
import { checkConnection } from '../../graph/connect.ts'
import { connect, disconnect } from '../../graph/ops.ts'
import { edgesInto, edgesOutOf } from '../../graph/query.ts'
import type { PortRef } from '../../graph/model.ts'
import type { Editor } from '../editor.ts'
import { NOTHING } from '../selection.ts'
import type { Command } from './command.ts'
import { nodeName, plural, portName, wireName } from './wording.ts'

/** Returns why not, or null when it is done. The document is untouched when it is refused. */
export function connectPorts(editor: Editor, a: PortRef, b: PortRef, moved: EdgeId | null = null): Diagnostic | null {
  const checked = checkConnection(editor.doc.get(), editor.lens, a, b, moved ?? undefined)
  if (!checked.ok) {
    editor.announce.alert(checked.error.message)
    return checked.error
  }
  const { from, to, replaces } = checked.value
  const old = replaces.length > 0 ? wireName(editor, replaces[0]!) : null
  const label = `Connect ${nodeName(editor, from.node)} → ${nodeName(editor, to.node)}`
  const before = moved === null ? undefined : editor.doc.get().edges[moved]
  const unmoved = before && samePlace(before.from, from) && samePlace(before.to, to)
  if (unmoved) return null
  const change = editor.doc.transact(label, (draft) => {
    const result = connect(draft, editor.lens, editor.ids('e'), a, b, moved ?? undefined)
    if (!result.ok) throw new Error(`the checker let through what the document refused: ${result.error.message}`)
  })
  if (!change) return null
  editor.announce.say(
    old ? `Connected ${portName(editor, from)} to ${portName(editor, to)} in place of ${old}` : `${label} done`,
  )
  return null
}

export function disconnectWires(editor: Editor, ids: readonly string[]): void {
  if (ids.length === 0) return
  const label = `Disconnect ${ids.length === 1 ? wireName(editor, ids[0]!) : plural(ids.length, 'wire')}`
  const change = editor.doc.transact(label, (draft) => disconnect(draft, ids as readonly EdgeId[]))
  if (change) editor.announce.say(label)
}

/** Every wire at a port. */
export function wiresAt(editor: Editor, ref: PortRef, direction: 'in' | 'out'): readonly EdgeId[] {
  const doc = editor.doc.get()
  const edges = direction === 'in' ? edgesInto(doc, ref.node, ref.port) : edgesOutOf(doc, ref.node, ref.port)
  return edges.map((edge) => edge.id)
}

/** Plugs all wires of one port into another as one step; returns the first reason why not. */
export function moveWires(editor: Editor, from: PortRef, direction: 'in' | 'out', to: PortRef): Diagnostic | null {
  const doc = editor.doc.get()
  const ids = wiresAt(editor, from, direction)
  const others = ids.map((id) => (direction === 'in' ? doc.edges[id]!.from : doc.edges[id]!.to))
  for (const [i, id] of ids.entries()) {
    const checked = checkConnection(doc, editor.lens, others[i]!, to, id)
    if (!checked.ok) {
      editor.announce.alert(checked.error.message)
      return checked.error
    }
  }
  const label = `Move ${plural(ids.length, 'wire')} to ${nodeName(editor, to.node)}`
  const change = editor.doc.transact(label, (draft) => {
    for (const [i, id] of ids.entries()) connect(draft, editor.lens, editor.ids('e'), others[i]!, to, id)
  })
  if (change) editor.announce.say(label)
  return null
}

function samePlace(a: PortRef, b: PortRef): boolean {
  return a.node === b.node && a.port === b.port
}

export const wiringCommands: readonly Command[] = [
  {
    id: 'wire.connect',
    title: 'Connect two ports',
    group: 'Connect',
    scope: 'editing',
    keys: [],
    hidden: true,
    run: (editor, args) =>
      void connectPorts(editor, args['a'] as PortRef, args['b'] as PortRef, (args['moved'] as EdgeId | null) ?? null),
  },
  {
    id: 'wire.disconnect',
    title: 'Disconnect selected nodes',
    group: 'Connect',
    scope: 'editing',
    keys: ['Alt+X'],
    when({ doc, selection }, args) {
      if (Array.isArray(args['edges'])) return true
      const { nodes, edges } = selection.get()
      if (edges.size > 0) return true
      if (nodes.size === 0) return 'Nothing is selected'
      const wired = [...nodes].some((id) => edgesInto(doc.get(), id).length + edgesOutOf(doc.get(), id).length > 0)
      return wired || 'The selection has no wires'
    },
    run(editor, args) {
      if (Array.isArray(args['edges'])) return disconnectWires(editor, args['edges'] as string[])
      const { nodes, edges } = editor.selection.get()
      const doc = editor.doc.get()
      const all = new Set<string>(edges)
      for (const id of nodes) for (const e of [...edgesInto(doc, id), ...edgesOutOf(doc, id)]) all.add(e.id)
      disconnectWires(editor, [...all])
      if (nodes.size === 0) editor.selection.set(NOTHING)
    },
  },
]
