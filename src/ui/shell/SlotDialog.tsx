import { useContext } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { SlotBoundary } from './SlotBoundary.tsx'
import { SlotsContext } from './slots.ts'
import { useEditor } from './useEditor.ts'

/** The dialog of another room that is open now, if any. */
export function SlotDialog(): ReactElement | null {
  const { surface } = useEditor()
  const { dialog } = useSnapshot(surface.state)
  const { dialogs } = useContext(SlotsContext)
  const Body = dialog === null ? undefined : dialogs[dialog]
  if (!Body) return null
  return (
    <SlotBoundary name="This dialog" quiet>
      <Body />
    </SlotBoundary>
  )
}
