import { useStore } from '@xyflow/react'
import { LayoutDashboard, Map as MapIcon, Maximize, Minus, Plus } from 'lucide-react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { showKeys } from '#src/store/keymap.ts'
import { IconButton } from '../theme/IconButton.tsx'
import { useCanvas } from './CanvasContext.ts'

/** Zoom, fit, tidy and map, in a corner of the canvas. */
export function CanvasControls(): ReactElement {
  const { editor } = useCanvas()
  const { minimap } = useSnapshot(editor.prefs)
  const percent = useStore((s) => Math.round(s.transform[2] * 100))
  const keys = (id: string): string | undefined => {
    const first = editor.commands.get(id)?.keys[0]
    return first === undefined ? undefined : showKeys(first, editor.platform)
  }
  const button = (id: string, label: string, icon: ReactElement): ReactElement => (
    <IconButton label={label} keys={keys(id)} side="top" onClick={() => editor.commands.run(id)}>
      {icon}
    </IconButton>
  )
  return (
    <div
      role="toolbar"
      aria-label="View"
      className="absolute bottom-3 left-3 z-10 flex items-center gap-0.5 rounded-lg border border-line bg-raised p-0.5 shadow-raised"
    >
      {button('view.zoomOut', 'Zoom out', <Minus size={15} />)}
      <button
        type="button"
        aria-label={`Zoom ${percent} %, set to 100 %`}
        className="h-7 w-11 rounded-md text-2xs text-muted tabular-nums hover:bg-hover hover:text-text"
        onClick={() => editor.commands.run('view.zoomFull')}
      >
        {percent}&thinsp;%
      </button>
      {button('view.zoomIn', 'Zoom in', <Plus size={15} />)}
      <span className="mx-0.5 h-4 w-px bg-line" />
      {button('view.fit', 'Fit everything', <Maximize size={14} />)}
      {button('arrange.tidy', 'Tidy up', <LayoutDashboard size={14} />)}
      <IconButton
        label="Map"
        keys={keys('view.minimap')}
        side="top"
        pressed={minimap}
        onClick={() => editor.commands.run('view.minimap')}
      >
        <MapIcon size={14} />
      </IconButton>
    </div>
  )
}
