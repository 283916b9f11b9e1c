/** The wire that a dragged node would be put into: it glows while the node is over it. */
import type { NodeKind } from '#src/kinds/contract.ts'
import { fitsWire } from '#src/store/commands/nodes.ts'
import type { Editor } from '#src/store/editor.ts'

let shown: Element | null = null

export const edgeUnder = {
  /** Id of a wire at the point that takes a node of the kind, or null. */
  find(editor: Editor, kind: NodeKind, x: number, y: number): string | null {
    const edge = document.elementFromPoint(x, y)?.closest<HTMLElement>('.react-flow__edge')
    const id = edge?.dataset['id']
    return id !== undefined && fitsWire(editor, kind, id) ? id : null
  },
  show(id: string | null): void {
    const next = id === null ? null : document.querySelector(`.react-flow__edge[data-id="${CSS.escape(id)}"]`)
    if (next === shown) return
    shown?.classList.remove('tg-glow')
    next?.classList.add('tg-glow')
    shown = next
  },
}
