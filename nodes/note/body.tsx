import type { ReactElement } from 'react'
import { useNodeView } from '#src/ui/shell/useEditor.ts'

const TINTS: Readonly<Record<string, string>> = {
  yellow: '--warn',
  blue: '--accent',
  green: '--good',
  pink: '--port-scores',
  grey: '--faint',
}

/** The note's text on its colour. */
export default function NoteBody({ id }: { readonly id: string; readonly height: number }): ReactElement | null {
  const view = useNodeView(id)
  if (!view) return null
  const tint = TINTS[String(view.params['colour'])] ?? '--faint'
  return (
    <p
      className="h-full overflow-hidden rounded-md px-2 py-1.5 text-xs break-words whitespace-pre-wrap"
      style={{ background: `color-mix(in oklch, var(${tint}) 12%, transparent)` }}
    >
      {String(view.params['text'] ?? '')}
    </p>
  )
}
