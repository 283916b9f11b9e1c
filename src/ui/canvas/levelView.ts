/** Each drawing of a document keeps the view that a person had of it: the whole, and what is inside each group. */
import type { Viewport } from '@xyflow/react'
import { groupOf } from '#src/graph/nested.ts'
import type { CanvasSession } from './session.ts'

/**
 * Shows a drawing whole the first time, and as it was left after that. Begins when a group is open already, before anybody
 * has moved the view: it is still that of the drawing around it. Returns the end.
 */
export function followLevels({ editor, flow: view }: CanvasSession): () => void {
  const left = new Map<string, Viewport>()
  let shown = groupOf(editor.doc.state.level)

  function look(): void {
    const flow = view()
    const { level } = editor.doc.state
    if (level === shown || !flow) return
    left.set(shown, flow.getViewport())
    shown = level
    requestAnimationFrame(() => {
      const before = left.get(level)
      if (before) void flow.setViewport(before)
      else editor.viewport.fit(undefined, 'once')
      const [id, more] = editor.selection.get().nodes
      if (id === undefined || more !== undefined) return
      editor.viewport.reveal(id)
      // What had the focus is gone with the other drawing.
      if (document.activeElement === document.body) editor.viewport.focus(id)
    })
  }

  look()
  return editor.doc.subscribe(({ cause }) => {
    if (cause !== 'load') return look()
    left.clear()
    shown = ''
  })
}
