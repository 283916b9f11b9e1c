import { useContext, useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import type { PanelImperativeHandle } from 'react-resizable-panels'
import { useSnapshot } from 'valtio'
import { Canvas } from '../canvas/Canvas.tsx'
import { Palette } from '../palette/Palette.tsx'
import { Dock } from './Dock.tsx'
import { Drawer } from './Drawer.tsx'
import { SlotsContext } from './slots.ts'
import { SlotBoundary } from './SlotBoundary.tsx'
import { useEditor } from './useEditor.ts'
import { NARROW, useMedia } from './useMedia.ts'

/** Everything below the top bar: palette, canvas over dock, inspector. */
export function Workspace(): ReactElement {
  const narrow = useMedia(NARROW)
  return narrow ? <NarrowWorkspace /> : <WideWorkspace />
}

function WideWorkspace(): ReactElement {
  const { prefs } = useEditor()
  const { inspector: Inspector } = useContext(SlotsContext)
  const { paletteOpen, inspectorOpen, dockOpen } = useSnapshot(prefs)
  const sizes = prefs.sizes
  const dock = useRef<PanelImperativeHandle>(null)

  useEffect(() => {
    if (dockOpen) dock.current?.expand()
    else dock.current?.collapse()
  }, [dockOpen])

  return (
    <Group className="min-h-0 flex-1" id="workspace">
      {paletteOpen ? (
        <>
          <Panel
            id="palette"
            defaultSize={sizes.palette}
            minSize={168}
            maxSize={360}
            groupResizeBehavior="preserve-pixel-size"
            onResize={(size) => void (sizes.palette = Math.round(size.inPixels))}
          >
            <Palette />
          </Panel>
          <Separator className="tg-separator-x" />
        </>
      ) : null}
      <Panel id="middle" minSize={280}>
        <Group orientation="vertical" id="middle-group">
          <Panel id="canvas" minSize={160}>
            <Canvas />
          </Panel>
          <Separator className="tg-separator-y" />
          <Panel
            id="dock"
            panelRef={dock}
            collapsible
            collapsedSize={33}
            minSize={120}
            defaultSize={dockOpen ? sizes.dock : 33}
            groupResizeBehavior="preserve-pixel-size"
            onResize={(size, _id, before) => {
              const open = size.inPixels > 40
              if (before && open !== prefs.dockOpen) prefs.dockOpen = open
              if (open) sizes.dock = Math.round(size.inPixels)
            }}
          >
            <Dock />
          </Panel>
        </Group>
      </Panel>
      {inspectorOpen && Inspector ? (
        <>
          <Separator className="tg-separator-x" />
          <Panel
            id="inspector"
            defaultSize={sizes.inspector}
            minSize={260}
            maxSize={560}
            groupResizeBehavior="preserve-pixel-size"
            onResize={(size) => void (sizes.inspector = Math.round(size.inPixels))}
          >
            <aside aria-label="Inspector" className="h-full overflow-hidden bg-panel">
              <SlotBoundary name="The inspector">
                <Inspector />
              </SlotBoundary>
            </aside>
          </Panel>
        </>
      ) : null}
    </Group>
  )
}

function NarrowWorkspace(): ReactElement {
  const { surface } = useEditor()
  const { inspector: Inspector } = useContext(SlotsContext)
  const { drawer } = useSnapshot(surface.state)
  const close = (): void => void (surface.state.drawer = null)
  return (
    <div className="relative min-h-0 flex-1">
      <Canvas />
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
    </div>
  )
}
