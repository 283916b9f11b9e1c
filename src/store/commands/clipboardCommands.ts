/** Copies of nodes within the document. */
import type { NodeId } from '../../base/ids.ts'
import { addNode } from '../../graph/ops.ts'
import { edgesOfNodes, nodeOf } from '../../graph/query.ts'
import type { Editor } from '../editor.ts'
import { NOTHING } from '../selection.ts'
import type { Point } from '../surface.ts'
import type { Command } from './command.ts'
import { plural } from './wording.ts'

/** Copies of the nodes, shifted, with the wires between them; the copies are selected. */
export function duplicateNodes(editor: Editor, ids: readonly string[], by: Point): void {
  const doc = editor.doc.get()
  const copies = new Map(ids.filter((id) => nodeOf(doc, id)).map((id) => [id, editor.ids<'NodeId'>('n')]))
  if (copies.size === 0) return
  editor.doc.transact(
    `Duplicate ${plural(copies.size, 'node')}`,
    (draft) => {
      for (const [id, copy] of copies) {
        const rec = nodeOf(doc, id)!
        addNode(draft, { ...rec, id: copy, position: { x: rec.position.x + by.x, y: rec.position.y + by.y } })
      }
      for (const edgeId of edgesOfNodes(doc, new Set(copies.keys()))) {
        const edge = doc.edges[edgeId]!
        const from = copies.get(edge.from.node) as NodeId | undefined
        const to = copies.get(edge.to.node) as NodeId | undefined
        if (!from || !to) continue
        const id = editor.ids<'EdgeId'>('e')
        draft.edges[id] = { id, from: { node: from, port: edge.from.port }, to: { node: to, port: edge.to.port } }
      }
    },
    { select: { nodes: new Set(copies.values()), edges: NOTHING.edges } },
  )
  editor.announce.say(`${plural(copies.size, 'node')} duplicated`)
}

export const clipboardCommands: readonly Command[] = [
  {
    id: 'edit.duplicate',
    title: 'Duplicate',
    group: 'Edit',
    scope: 'editing',
    keys: ['Mod+D'],
    when: ({ selection }) => selection.get().nodes.size > 0 || 'No node is selected',
    run: (editor) => duplicateNodes(editor, [...editor.selection.get().nodes], { x: 32, y: 32 }),
  },
]
