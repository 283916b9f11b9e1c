import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useEditor } from '../shell/useEditor.ts'

/** Counts beside the tab's title. */
export function ProblemsBadge(): ReactElement | null {
  const { problems } = useEditor()
  const { errors, warnings } = useSnapshot(problems.state)
  const count = errors || warnings
  if (count === 0) return null
  return (
    <span
      aria-label={errors > 0 ? `${errors} errors` : `${warnings} warnings`}
      className={`rounded-full px-1.5 text-2xs tabular-nums ${errors > 0 ? 'bg-bad-soft text-bad' : 'bg-warn-soft text-warn'}`}
    >
      {count}
    </span>
  )
}
