import { useEditor } from '../shell/useEditor.ts'

/** Leaves the dialog for a node of the canvas, and for one of its fields. */
export function useGoTo(): (node: string, field?: string | null) => void {
  const { surface, selection, viewport, prefs } = useEditor()
  return (node, field = null) => {
    surface.closeDialog()
    selection.setNodes([node])
    viewport.reveal(node)
    prefs.inspectorOpen = true
    // The dialog gives the focus back when it is gone; only then can a field take it.
    setTimeout(() => surface.jumpTo(node, field), 60)
  }
}
