/** What a wire carries, in a few words. */
import { edgeOf } from '#src/graph/query.ts'
import type { Editor } from '#src/store/editor.ts'
import { portTypeLabel } from './portLook.ts'

/** “dataset · 320 rows”, “policy · Model”: what is known without a run, from the plan's estimates and the source's name. */
export function wireText(editor: Editor, id: string): string {
  const doc = editor.doc.get()
  const edge = edgeOf(doc, id)
  if (!edge) return ''
  const source = editor.views.of(doc, edge.from.node)
  const port = source?.geometry.ports.find((p) => p.port.direction === 'out' && p.port.key === edge.from.port)
  if (!source || !port) return 'broken wire'
  return `${portTypeLabel(port.port.type)} · ${source.title}`
}
