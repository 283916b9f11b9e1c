import { lazy } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { Canvas } from '../canvas/Canvas.tsx'
import { SlotBoundary } from './SlotBoundary.tsx'
import { useEditor } from './useEditor.ts'

const Outline = lazy(() => import('../a11y/Outline.tsx'))

/** The graph: as a drawing or as a list. */
export function Middle(): ReactElement {
  const { surface } = useEditor()
  const { outline } = useSnapshot(surface.state)
  return outline ? (
    <SlotBoundary name="The list view">
      <Outline />
    </SlotBoundary>
  ) : (
    <SlotBoundary name="The canvas">
      <Canvas />
    </SlotBoundary>
  )
}
