import type { NodeId } from '../../base/ids.ts'
import { moveNodes } from '../../graph/ops.ts'
import type { Editor } from '../editor.ts'
import type { Point } from '../surface.ts'

/** Moves nodes to places as one step. */
export function placeNodes(editor: Editor, label: string, places: ReadonlyMap<string, Point>, mergeKey?: string): void {
  const entries = [...places].map(([id, p]) => [id as NodeId, p] as const)
  editor.doc.transact(
    label,
    (draft) => moveNodes(draft, entries),
    mergeKey === undefined ? {} : { history: 'merge', mergeKey },
  )
}
