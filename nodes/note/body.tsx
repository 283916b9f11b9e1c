import type { ReactElement } from 'react'
import { useNodeView } from '#src/ui/shell/useEditor.ts'

/** Paper colours, thinned over the card so that text keeps its contrast in both themes. */
const TINTS: Readonly<Record<string, string>> = {
  yellow: 'oklch(0.82 0.16 92)',
  blue: 'oklch(0.66 0.15 255)',
  green: 'oklch(0.72 0.16 150)',
  pink: 'oklch(0.68 0.19 355)',
  grey: 'oklch(0.6 0.01 265)',
}

/** Characters that surely fit. */
const LONG_TEXT = 120

/** The note's text on its colour. */
export default function NoteBody({ id }: { readonly id: string; readonly height: number }): ReactElement | null {
  const view = useNodeView(id)
  if (!view) return null
  const tint = TINTS[String(view.params['colour'])] ?? TINTS['grey']
  const text = String(view.params['text'] ?? '')
  return (
    <p
      className="h-[calc(100%-8px)] overflow-hidden rounded-md px-2 py-1.5 text-xs break-words whitespace-pre-wrap"
      title={text}
      style={{
        background: `color-mix(in oklch, ${tint} 20%, transparent)`,
        // Text that goes on below fades out instead of being cut through a line.
        ...(text.length > LONG_TEXT
          ? { maskImage: 'linear-gradient(black calc(100% - 20px), rgb(0 0 0 / 0.25))' }
          : {}),
      }}
    >
      {text === '' ? <span className="text-faint">Empty note</span> : text}
    </p>
  )
}
