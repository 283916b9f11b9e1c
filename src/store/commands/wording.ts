/** Names of things in sentences, so that labels of steps, tips and announcements say the same. */
import { edgeOf, nodeOf } from '../../graph/query.ts'
import type { PortRef } from '../../graph/model.ts'
import type { Editor } from '../editor.ts'

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function nodeName(editor: Editor, id: string): string {
  const rec = nodeOf(editor.doc.get(), id) ?? nodeOf(editor.doc.whole(), id)
  return rec ? editor.lens.name(rec) : id
}

export function wireName(editor: Editor, id: string): string {
  const edge = edgeOf(editor.doc.get(), id)
  return edge ? `${nodeName(editor, edge.from.node)} → ${nodeName(editor, edge.to.node)}` : 'the wire'
}

export function portName(editor: Editor, ref: PortRef): string {
  const view = editor.views.of(editor.doc.get(), ref.node)
  const port = view?.geometry.ports.find((p) => p.port.key === ref.port)?.port
  return `${view?.title ?? ref.node} (${port?.label ?? ref.port})`
}
