import type { ReactElement } from 'react'
import { useNodeView } from '#src/ui/shell/useEditor.ts'
import { ReadingState } from '#src/ui/data/ReadingState.tsx'

/** Rows, answers and tokens of the set. */
export default function DatasetBody({ id }: { readonly id: string; readonly height: number }): ReactElement | null {
  const view = useNodeView(id)
  return view ? <ReadingState view={view} /> : null
}
