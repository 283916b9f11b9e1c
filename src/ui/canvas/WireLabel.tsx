import { EdgeLabelRenderer } from '@xyflow/react'
import { useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import { useCanvas } from './CanvasContext.ts'
import { wireText } from './wireText.ts'

/** What flows: shown while the wire is selected or under the pointer. */
export function WireLabel({
  id,
  x,
  y,
  shown,
}: {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly shown: boolean
}): ReactElement | null {
  const { editor, hover } = useCanvas()
  const hovered = useSyncExternalStore(hover.subscribe, () => hover.edge() === id)
  if (!shown && !hovered) return null
  return (
    <EdgeLabelRenderer>
      <div className="tg-wire-label" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
        {wireText(editor, id)}
      </div>
    </EdgeLabelRenderer>
  )
}
