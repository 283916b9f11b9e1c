/** Ports of the group that is open, changed from inside: each is a row of the card that stands for that side. */
import type { Json } from '../../base/canonicalJson.ts'
import type { EdgeId } from '../../base/ids.ts'
import type { PortRef } from '../../graph/model.ts'
import { bareId, isRail, railId } from '../../graph/nested.ts'
import { connect, replaceParams } from '../../graph/ops.ts'
import { nodeOf } from '../../graph/query.ts'
import type { PortSpec } from '../../kinds/contract.ts'
import { railPorts } from '../../kinds/rails.ts'
import type { RailPort } from '../../kinds/rails.ts'
import type { Editor } from '../editor.ts'
import type { Command } from './command.ts'
import { nodeName } from './wording.ts'

type Side = 'in' | 'out'

/** Ports of the open group on one side, in the order of its card. */
export function portsOfSide(editor: Editor, side: Side): readonly RailPort[] {
  return railPorts(nodeOf(editor.doc.get(), railId(editor.doc.state.level, side)))
}

/** A port of the group that leads to this port of a node inside, at the end of its side. */
export function addGroupPort(editor: Editor, ref: PortRef, side: Side): void {
  const rec = nodeOf(editor.doc.get(), ref.node)
  const spec = rec && specOf(editor, ref, side)
  if (!rec || !spec) return
  const ports = portsOfSide(editor, side)
  const label = free(spec.label, (taken) => ports.some((port) => port.label === taken), ' ')
  const others = [...portsOfSide(editor, 'in'), ...portsOfSide(editor, 'out')]
  const key = free(`${bareId(rec.id)}-${spec.key}`, (taken) => others.some((port) => port.key === taken), '-')
  const { type, required, multiple } = spec
  const rail = railId(editor.doc.state.level, side)
  const done = `Make ${spec.label} of ${nodeName(editor, ref.node)} an ${side}put of the group`
  const change = editor.doc.transact(done, (draft) => {
    replaceParams(draft, rail, { ports: [...ports, { key, label, type, required, multiple }] as Json }, 1)
    connect(draft, editor.lens, editor.ids<'EdgeId'>('e') as EdgeId, { node: rail, port: key }, ref)
  })
  if (change) editor.announce.say(done)
}

/** With the port go the wires at it, inside and outside. */
export function removeGroupPort(editor: Editor, side: Side, key: string): void {
  const ports = portsOfSide(editor, side)
  const gone = ports.find((port) => port.key === key)
  if (gone)
    write(
      editor,
      side,
      ports.filter((port) => port !== gone),
      `Remove the ${side}put ${gone.label}`,
    )
}

export function renameGroupPort(editor: Editor, side: Side, key: string, label: string): void {
  const ports = portsOfSide(editor, side)
  const name = label.trim().toWellFormed()
  if (name === '' || !ports.some((port) => port.key === key && port.label !== name)) return
  const renamed = ports.map((port) => (port.key === key ? { ...port, label: name } : port))
  write(editor, side, renamed, `Rename an ${side}put to ${name}`)
}

/** @param by how many rows further down; out of range it stays */
export function moveGroupPort(editor: Editor, side: Side, key: string, by: number): void {
  const ports = portsOfSide(editor, side)
  const at = ports.findIndex((port) => port.key === key)
  const to = at + by
  if (at < 0 || to < 0 || to >= ports.length) return
  const others = ports.filter((_, i) => i !== at)
  write(
    editor,
    side,
    [...others.slice(0, to), ports[at]!, ...others.slice(to)],
    `Move the ${side}put ${ports[at]!.label}`,
  )
}

export const groupPortCommands: readonly Command[] = [
  {
    id: 'group.addPort',
    title: 'Make a port one of the group',
    group: 'Connect',
    scope: 'editing',
    keys: [],
    hidden: true,
    when(editor, args) {
      if (editor.doc.state.level === '') return 'No group is open'
      const spec = specOf(editor, args['ref'] as PortRef, args['direction'] as Side)
      if (!spec) return 'There is no such port'
      const to = args['ref'] as PortRef
      const edges = Object.values(editor.doc.get().edges)
      const known = edges.some(({ from, to: end }) =>
        args['direction'] === 'in'
          ? isRail(from.node) && end.node === to.node && end.port === to.port
          : isRail(end.node) && from.node === to.node && from.port === to.port,
      )
      return !known || `It is an ${args['direction'] === 'in' ? 'input' : 'output'} of the group already`
    },
    run: (editor, args) => addGroupPort(editor, args['ref'] as PortRef, args['direction'] as Side),
  },
]

function specOf(editor: Editor, ref: PortRef, side: Side): PortSpec | undefined {
  const rec = nodeOf(editor.doc.get(), ref.node)
  const ports = ((rec && editor.lens.ports(rec)) ?? []) as readonly PortSpec[]
  return ports.find((port) => port.key === ref.port && port.direction === side)
}

function write(editor: Editor, side: Side, ports: readonly RailPort[], label: string): void {
  const rail = railId(editor.doc.state.level, side)
  const change = editor.doc.transact(label, (draft) => void replaceParams(draft, rail, { ports: ports as Json }, 1))
  if (change) editor.announce.say(label)
}

function free(base: string, taken: (name: string) => boolean, sign: string): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base}${sign}${i}`
    if (!taken(name)) return name
  }
}
