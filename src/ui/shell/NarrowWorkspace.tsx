import { useContext } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { Palette } from '../palette/Palette.tsx'
import { Dock } from './Dock.tsx'
import { Drawer } from './Drawer.tsx'
import { SlotsContext } from './slots.ts'
import { Middle } from './Middle.tsx'
import { SlotBoundary } from './SlotBoundary.tsx'
import { useEditor } from './useEditor.ts'

/** On small screens the canvas has the window, and everything else comes as a drawer. */
export default function NarrowWorkspace(): ReactElement {
  const { surface } = useEditor()
  const { inspector: Inspector } = useContext(SlotsContext)
  const { drawer } = useSnapshot(surface.state)
  const close = (): void => void (surface.state.drawer = null)
  return (
    <main className="relative min-h-0 flex-1">
      <Middle />
      <Drawer side="left" title="Nodes" open={drawer === 'palette'} onClose={close}>
        <Palette />
      </Drawer>
      {Inspector ? (
        <Drawer side="right" title="Inspector" open={drawer === 'inspector'} onClose={close}>
          <SlotBoundary name="The inspector">
            <Inspector />
          </SlotBoundary>
        </Drawer>
      ) : null}
      <Drawer side="bottom" title="Run and problems" open={drawer === 'dock'} onClose={close}>
        <Dock />
      </Drawer>
    </main>
  )
}
