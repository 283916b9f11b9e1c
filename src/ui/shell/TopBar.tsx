import { Monitor, Moon, PanelLeft, PanelRight, Plus, Redo2, Rows3, SlidersHorizontal, Sun, Undo2 } from 'lucide-react'
import { useContext } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { showKeys } from '#src/store/keymap.ts'
import { IconButton } from '../theme/IconButton.tsx'
import { DocTitle } from './DocTitle.tsx'
import { Logo } from './Logo.tsx'
import { RunButtons } from './RunButtons.tsx'
import { SaveState } from './SaveState.tsx'
import { SlotBoundary } from './SlotBoundary.tsx'
import { SlotsContext } from './slots.ts'
import { useEditor } from './useEditor.ts'
import { NARROW, useMedia } from './useMedia.ts'

export function TopBar(): ReactElement {
  const narrow = useMedia(NARROW)
  const { backend: Backend } = useContext(SlotsContext)
  return (
    <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-panel px-2">
      {narrow ? null : <Logo />}
      <h1 className="contents">
        <DocTitle />
      </h1>
      <UndoRedo />
      {narrow ? null : <SaveState />}
      <div className="min-w-0 flex-1" />
      {Backend ? (
        <SlotBoundary name="The backend" quiet>
          <Backend />
        </SlotBoundary>
      ) : null}
      <RunButtons />
      {narrow ? null : <Panels />}
    </header>
  )
}

function UndoRedo(): ReactElement {
  const { commands, doc, platform } = useEditor()
  const { undoLabel, redoLabel } = useSnapshot(doc.state)
  return (
    <div className="flex">
      <IconButton
        label={undoLabel === null ? 'Undo' : `Undo: ${undoLabel}`}
        keys={showKeys('Mod+Z', platform)}
        aria-disabled={undoLabel === null}
        onClick={() => commands.run('edit.undo')}
      >
        <Undo2 size={16} />
      </IconButton>
      <IconButton
        label={redoLabel === null ? 'Redo' : `Redo: ${redoLabel}`}
        keys={showKeys('Mod+Shift+Z', platform)}
        aria-disabled={redoLabel === null}
        onClick={() => commands.run('edit.redo')}
      >
        <Redo2 size={16} />
      </IconButton>
    </div>
  )
}

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const

function Panels(): ReactElement {
  const { commands, prefs } = useEditor()
  const { theme, paletteOpen, inspectorOpen } = useSnapshot(prefs)
  const ThemeIcon = THEME_ICONS[theme]
  return (
    <div className="ml-1 flex border-l border-line pl-1.5">
      <IconButton label={`Theme: ${theme}`} onClick={() => commands.run('view.theme')}>
        <ThemeIcon size={16} />
      </IconButton>
      <IconButton label="Palette" aria-pressed={undefined} onClick={() => commands.run('view.palette')}>
        <PanelLeft size={16} className={paletteOpen ? undefined : 'opacity-50'} />
      </IconButton>
      <IconButton label="Inspector" onClick={() => commands.run('view.inspector')}>
        <PanelRight size={16} className={inspectorOpen ? undefined : 'opacity-50'} />
      </IconButton>
    </div>
  )
}

/** On small screens: what the side panels are elsewhere. */
export function BottomBar(): ReactElement {
  const { surface, commands, prefs } = useEditor()
  const { theme } = useSnapshot(prefs)
  const ThemeIcon = THEME_ICONS[theme]
  const open = (drawer: 'palette' | 'inspector' | 'dock') => (): void => void (surface.state.drawer = drawer)
  return (
    <nav aria-label="Panels" className="flex h-12 shrink-0 items-stretch justify-around border-t border-line bg-panel">
      <BarButton label="Add" onClick={open('palette')} icon={<Plus size={18} />} />
      <BarButton label="Settings" onClick={open('inspector')} icon={<SlidersHorizontal size={17} />} />
      <BarButton label="Run" onClick={open('dock')} icon={<Rows3 size={17} />} />
      <BarButton label="Theme" onClick={() => commands.run('view.theme')} icon={<ThemeIcon size={17} />} />
    </nav>
  )
}

function BarButton({
  label,
  icon,
  onClick,
}: {
  readonly label: string
  readonly icon: ReactElement
  readonly onClick: () => void
}): ReactElement {
  return (
    <button
      type="button"
      onClick={onClick}
      className="flex flex-1 flex-col items-center justify-center gap-0.5 text-2xs text-muted active:bg-press"
    >
      {icon}
      {label}
    </button>
  )
}
