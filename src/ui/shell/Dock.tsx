import { clsx } from 'clsx'
import { ChevronDown, ChevronUp } from 'lucide-react'
import { useContext } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { IconButton } from '../theme/IconButton.tsx'
import { SlotBoundary } from './SlotBoundary.tsx'
import { SlotsContext } from './slots.ts'
import type { DockTab } from './slots.ts'
import { useEditor } from './useEditor.ts'
import { NARROW, useMedia } from './useMedia.ts'

/** The panel below the canvas: run, problems, playground and whatever else the slots bring. */
export function Dock(): ReactElement | null {
  const { prefs } = useEditor()
  const { dock } = useContext(SlotsContext)
  const { dockTab, dockOpen } = useSnapshot(prefs)
  const narrow = useMedia(NARROW)
  const current = dock.find((t) => t.id === dockTab) ?? dock[0]
  if (!current) return null
  const open = dockOpen || narrow
  const Panel = current.panel

  function choose(id: string): void {
    prefs.dockTab = id
    prefs.dockOpen = true
  }
  /** Tabs are one stop; arrows go from one to the next and open it. */
  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    const at = dock.findIndex((t) => t.id === current!.id)
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = dock[(at + step + dock.length) % dock.length]
    if (step === 0 || !next) return
    event.preventDefault()
    choose(next.id)
    document.getElementById(`dock-tab-${next.id}`)?.focus()
  }

  return (
    <div className="flex h-full flex-col bg-panel">
      <div className="flex h-8 shrink-0 items-center border-b border-line pr-1 pl-1.5">
        <div
          role="tablist"
          aria-label="Panels"
          className="flex h-full min-w-0 flex-1 gap-0.5 overflow-x-auto overflow-y-hidden"
          onKeyDown={onKeyDown}
        >
          {dock.map((tab) => (
            <Tab key={tab.id} tab={tab} active={tab === current} open={open} onChoose={choose} />
          ))}
        </div>
        {narrow ? null : (
          <IconButton
            label={open ? 'Fold the panel' : 'Unfold the panel'}
            side="top"
            className="size-6"
            onClick={() => void (prefs.dockOpen = !dockOpen)}
          >
            {open ? <ChevronDown size={15} /> : <ChevronUp size={15} />}
          </IconButton>
        )}
      </div>
      <div
        id="dock-panel"
        role="tabpanel"
        aria-labelledby={`dock-tab-${current.id}`}
        hidden={!open}
        className="min-h-0 flex-1 overflow-hidden"
      >
        {open ? (
          <SlotBoundary key={current.id} name={current.title}>
            <Panel />
          </SlotBoundary>
        ) : null}
      </div>
    </div>
  )
}

function Tab({
  tab,
  active,
  open,
  onChoose,
}: {
  readonly tab: DockTab
  readonly active: boolean
  readonly open: boolean
  onChoose(id: string): void
}): ReactElement {
  const { id, title, icon: Icon, badge: Badge } = tab
  return (
    <button
      type="button"
      role="tab"
      id={`dock-tab-${id}`}
      aria-selected={active}
      aria-controls="dock-panel"
      tabIndex={active ? 0 : -1}
      // Pressing the tab that is open already brings a folded dock back.
      onClick={() => onChoose(id)}
      className={clsx(
        'relative flex h-full shrink-0 items-center gap-1.5 px-2 text-xs font-medium outline-offset-[-2px] select-none hover:text-text',
        active ? 'text-text' : 'text-muted',
        active &&
          open &&
          'after:absolute after:inset-x-2 after:bottom-[-1px] after:h-0.5 after:rounded-full after:bg-accent',
      )}
    >
      <Icon size={14} strokeWidth={1.75} aria-hidden />
      {title}
      {Badge ? <Badge /> : null}
    </button>
  )
}
