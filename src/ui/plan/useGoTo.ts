import { useEditor } from '../shell/useEditor.ts'

/** Leaves the dialog for a node of the canvas, and for one of its fields. */
export function useGoTo(): (node: string, field?: string | null) => void {
  const { surface, selection, viewport, prefs } = useEditor()
  return (node, field = null) => {
    surface.closeDialog()
    selection.setNodes([node])
    viewport.reveal(node)
    prefs.inspectorOpen = true
    afterDialog(() => surface.jumpTo(node, field))
  }
}

/** A dialog gives the focus back a moment after it is gone; only then can a field take it. */
function afterDialog(task: () => void): void {
  const look = (): void => void setTimeout(document.querySelector('[role="dialog"]') ? look : task, 30)
  look()
}
