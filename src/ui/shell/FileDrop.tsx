import { FileDown } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { openFiles } from '#src/store/openFiles.ts'
import { useEditor } from './useEditor.ts'

/** Files may be dropped anywhere in the window: graphs open, rows become dataset nodes where they are dropped. */
export function FileDrop(): ReactElement | null {
  const editor = useEditor()
  const [over, setOver] = useState(false)

  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
    function onDragOver(event: DragEvent): void {
      if (!hasFiles(event)) return
      event.preventDefault()
      event.dataTransfer!.dropEffect = 'copy'
      setOver(true)
    }
    function onDragLeave(event: DragEvent): void {
      // Left the window, not merely an element in it.
      if (event.relatedTarget === null) setOver(false)
    }
    function onDrop(event: DragEvent): void {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      const onCanvas = (event.target as Element).closest('[data-place="graph"]') !== null
      const at = onCanvas ? editor.viewport.toFlow({ x: event.clientX - 24, y: event.clientY - 24 }) : null
      void openFiles(editor, files, at)
    }
    window.addEventListener('dragover', onDragOver)
    window.addEventListener('dragleave', onDragLeave)
    window.addEventListener('drop', onDrop)
    return () => {
      window.removeEventListener('dragover', onDragOver)
      window.removeEventListener('dragleave', onDragLeave)
      window.removeEventListener('drop', onDrop)
    }
  }, [editor])

  if (!over) return null
  return (
    <div className="pointer-events-none fixed inset-2 z-60 flex items-center justify-center rounded-xl border-2 border-dashed border-accent bg-accent-soft/60">
      <div className="flex items-center gap-2.5 rounded-lg border border-line bg-raised px-4 py-3 shadow-float">
        <FileDown size={18} className="text-accent-text" aria-hidden />
        <span>
          <b>Drop to open.</b> A graph or another trainer’s config opens; JSONL, JSON or CSV becomes a dataset.
        </span>
      </div>
    </div>
  )
}
