import { clsx } from 'clsx'
import { ChevronDown, ChevronUp } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { useContext } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { IconButton } from '../theme/IconButton.tsx'
import { SlotBoundary } from './SlotBoundary.tsx'
import { SlotsContext } from './slots.ts'
import { useEditor } from './useEditor.ts'
import { NARROW, useMedia } from './useMedia.ts'

/** The panel below the canvas: run, problems, playground and whatever else the slots bring. */
export function Dock(): ReactElement | null {
  const { prefs } = useEditor()
  const { dock } = useContext(SlotsContext)
  const { dockTab, dockOpen } = useSnapshot(prefs)
  const narrow = useMedia(NARROW)
  const tab = dock.find((t) => t.id === dockTab) ?? dock[0]
  if (!tab) return null
  const open = dockOpen || narrow
  return (
    <Tabs.Root
      value={tab.id}
      onValueChange={(id) => {
        prefs.dockTab = id
        prefs.dockOpen = true
      }}
      className="flex h-full flex-col bg-panel"
    >
      <div className="flex h-8 shrink-0 items-center border-b border-line pr-1 pl-1.5">
        <Tabs.List aria-label="Panels" className="flex h-full min-w-0 flex-1 gap-0.5 overflow-x-auto overflow-y-hidden">
          {dock.map(({ id, title, icon: Icon, badge: Badge }) => (
            <Tabs.Trigger
              key={id}
              value={id}
              // Clicking the tab that is open already brings a folded dock back.
              onClick={() => void (prefs.dockOpen = true)}
              className={clsx(
                'relative flex h-full shrink-0 items-center gap-1.5 px-2 text-xs font-medium text-muted outline-offset-[-2px] select-none',
                'hover:text-text data-[state=active]:text-text',
                open &&
                  'data-[state=active]:after:absolute data-[state=active]:after:inset-x-2 data-[state=active]:after:bottom-[-1px] data-[state=active]:after:h-0.5 data-[state=active]:after:rounded-full data-[state=active]:after:bg-accent',
              )}
            >
              <Icon size={14} strokeWidth={1.75} aria-hidden />
              {title}
              {Badge ? <Badge /> : null}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
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
      {open
        ? dock.map(({ id, title, panel: Body }) => (
            <Tabs.Content key={id} value={id} className="min-h-0 flex-1 overflow-hidden outline-none">
              <SlotBoundary name={title}>
                <Body />
              </SlotBoundary>
            </Tabs.Content>
          ))
        : null}
    </Tabs.Root>
  )
}
