import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useEditor } from '../shell/useEditor.ts'

/** Says what happened to people who do not see it. A changing invisible space makes the same sentence be read twice. */
export function LiveRegion(): ReactElement {
  const { announce } = useEditor()
  const { polite, assertive, count } = useSnapshot(announce.state)
  const again = count % 2 === 0 ? '' : '\u00a0'
  return (
    <div className="sr-only">
      <div role="status" aria-live="polite">
        {polite + again}
      </div>
      <div role="alert" aria-live="assertive">
        {assertive === '' ? '' : assertive + again}
      </div>
    </div>
  )
}
