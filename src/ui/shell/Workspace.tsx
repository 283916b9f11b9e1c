import { lazy, useContext } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { Palette } from '../palette/Palette.tsx'
import { Dock } from './Dock.tsx'
import { SlotsContext } from './slots.ts'
import { Middle } from './Middle.tsx'
import { SlotBoundary } from './SlotBoundary.tsx'
import { Split } from './Split.tsx'
import { useEditor } from './useEditor.ts'
import { NARROW, useMedia } from './useMedia.ts'

const NarrowWorkspace = lazy(() => import('./NarrowWorkspace.tsx'))

/** Height of the folded dock: its tabs. */
const FOLDED = 33
const LIMITS = { palette: [168, 360], inspector: [260, 560], dock: [120, 900] } as const

/** Everything below the top bar: palette, canvas over dock, inspector. */
export function Workspace(): ReactElement {
  const narrow = useMedia(NARROW)
  return narrow ? (
    <SlotBoundary name="The workspace" quiet>
      <NarrowWorkspace />
    </SlotBoundary>
  ) : (
    <WideWorkspace />
  )
}

function WideWorkspace(): ReactElement {
  const { prefs } = useEditor()
  const { inspector: Inspector } = useContext(SlotsContext)
  const { paletteOpen, inspectorOpen, dockOpen, sizes } = useSnapshot(prefs)
  const inspecting = inspectorOpen && Inspector !== null
  return (
    <div className="flex min-h-0 flex-1">
      {paletteOpen ? (
        <>
          <div className="max-w-[17vw] shrink-0 overflow-hidden" style={{ width: sizes.palette }}>
            <Palette />
          </div>
          <Split
            label="Width of the palette"
            axis="x"
            sign={1}
            size={sizes.palette}
            min={LIMITS.palette[0]}
            max={LIMITS.palette[1]}
            onSize={(size) => void (prefs.sizes.palette = size)}
          />
        </>
      ) : null}
      <main className="flex min-w-0 flex-1 flex-col">
        <div className="min-h-0 flex-1">
          <Middle />
        </div>
        <Split
          label="Height of the bottom panel"
          axis="y"
          sign={-1}
          size={dockOpen ? sizes.dock : FOLDED}
          min={FOLDED}
          max={LIMITS.dock[1]}
          onSize={(size) => {
            // Dragging it small folds it, and back up unfolds it.
            prefs.dockOpen = size >= LIMITS.dock[0] - 40
            if (prefs.dockOpen) prefs.sizes.dock = Math.max(size, LIMITS.dock[0])
          }}
        />
        {/* However tall it was left: the canvas keeps a part of a small window. */}
        <div className="max-h-[62vh] shrink-0 overflow-hidden" style={{ height: dockOpen ? sizes.dock : FOLDED }}>
          <Dock />
        </div>
      </main>
      {inspecting ? (
        <>
          <Split
            label="Width of the inspector"
            axis="x"
            sign={-1}
            size={sizes.inspector}
            min={LIMITS.inspector[0]}
            max={LIMITS.inspector[1]}
            onSize={(size) => void (prefs.sizes.inspector = size)}
          />
          <aside
            aria-label="Inspector"
            className="max-w-[29vw] shrink-0 overflow-hidden bg-panel"
            style={{ width: sizes.inspector }}
          >
            <SlotBoundary name="The inspector">
              <Inspector />
            </SlotBoundary>
          </aside>
        </>
      ) : null}
    </div>
  )
}
