import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Severity } from '#src/base/diagnostic.ts'
import { useEditor } from '../shell/useEditor.ts'

/** Counts beside the tab's title. */
export function ProblemsBadge(): ReactElement | null {
  const { problems, documents } = useEditor()
  const compiled = useSnapshot(problems.state)
  const { opened } = useSnapshot(documents.state)
  const also = (severity: Severity): number => opened.filter((problem) => problem.severity === severity).length
  const errors = compiled.errors + also('error')
  const warnings = compiled.warnings + also('warning')
  const count = errors || warnings
  if (count === 0) return null
  return (
    <span
      aria-label={`${count} ${errors > 0 ? 'error' : 'warning'}${count === 1 ? '' : 's'}`}
      className={`rounded-full px-1.5 text-2xs tabular-nums ${errors > 0 ? 'bg-bad-soft text-bad' : 'bg-warn-soft text-warn'}`}
    >
      {count}
    </span>
  )
}
