import { lazy, useContext, useEffect } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { SlotBoundary } from './SlotBoundary.tsx'
import { SlotsContext } from './slots.ts'
import { useEditor } from './useEditor.ts'

const overlays = {
  menu: () => import('../menus/ContextMenu.tsx'),
  quickAdd: () => import('../menus/QuickAdd.tsx'),
  commands: () => import('../menus/CommandPalette.tsx'),
  shortcuts: () => import('../menus/Shortcuts.tsx'),
  notice: () => import('./Notice.tsx'),
} as const

const ContextMenu = lazy(overlays.menu)
const QuickAdd = lazy(overlays.quickAdd)
const CommandPalette = lazy(overlays.commands)
const Shortcuts = lazy(overlays.shortcuts)
const Notice = lazy(overlays.notice)

/** Menus and dialogs: not needed for the first picture, fetched right after it, so that the first use does not wait. */
export function Overlays(): ReactElement {
  const { surface } = useEditor()
  const { menu, quickAdd, dialog, notice } = useSnapshot(surface.state)
  const { dialogs } = useContext(SlotsContext)
  const Dialog = dialog === null ? undefined : dialogs[dialog]

  useEffect(() => {
    const timer = setTimeout(() => Object.values(overlays).forEach((load) => void load()), 1500)
    return () => clearTimeout(timer)
  }, [])

  return (
    <>
      <SlotBoundary name="The menu" quiet>
        {menu ? <ContextMenu /> : null}
        {quickAdd ? <QuickAdd /> : null}
      </SlotBoundary>
      {notice ? (
        <SlotBoundary name="The notice" quiet>
          <Notice />
        </SlotBoundary>
      ) : null}
      <SlotBoundary name="This dialog" quiet>
        {dialog === 'commands' ? <CommandPalette /> : null}
        {dialog === 'shortcuts' ? <Shortcuts /> : null}
        {Dialog ? <Dialog /> : null}
      </SlotBoundary>
    </>
  )
}
