import { DropdownMenu } from 'radix-ui'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { MenuTarget } from '#src/store/surface.ts'
import { isRail } from '#src/graph/nested.ts'
import { wiresAt } from '#src/store/commands/wiring.ts'
import { useEditor } from '../shell/useEditor.ts'
import { MENU_CLASS, MENU_LABEL_CLASS } from '../theme/menuClasses.ts'
import { CommandItem, MenuLine } from './CommandItem.tsx'

/** The menu of whatever was right-clicked, long-pressed or reached with Shift+F10. */
export default function ContextMenu(): ReactElement | null {
  const { surface, viewport } = useEditor()
  const { menu } = useSnapshot(surface.state)
  if (!menu) return null
  const close = (): void => void (surface.state.menu = null)
  return (
    <DropdownMenu.Root
      // A new place is a new menu, else it would stay where the first one was.
      key={`${menu.screen.x} ${menu.screen.y}`}
      open
      modal={false}
      onOpenChange={(open) => (open ? undefined : close())}
    >
      <DropdownMenu.Trigger asChild>
        <span
          aria-hidden
          tabIndex={-1}
          className="pointer-events-none fixed size-0"
          style={{ left: menu.screen.x, top: menu.screen.y }}
        />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={MENU_CLASS}
          align="start"
          side="bottom"
          sideOffset={2}
          collisionPadding={8}
          onKeyDown={(event) => event.stopPropagation()}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            // Renaming has put the focus into a field by now.
            if (surface.state.renamingDoc || surface.state.renaming !== null) return
            viewport.focus(menu.target.on === 'node' ? menu.target.id : null)
          }}
        >
          <Entries target={menu.target as MenuTarget} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Entries({ target }: { readonly target: MenuTarget }): ReactElement {
  const editor = useEditor()
  switch (target.on) {
    case 'node': {
      if (isRail(target.id)) {
        return (
          <>
            <CommandItem id="wire.disconnect" />
            <CommandItem id="group.leave" />
          </>
        )
      }
      const { mode, pin } = editor.doc.get().nodes[target.id] ?? {}
      const pinned = pin !== undefined
      return (
        <>
          {editor.commands.refusal('group.open', { node: target.id }) === null ? (
            <CommandItem id="group.open" args={{ node: target.id }} />
          ) : null}
          <CommandItem id="node.rename" />
          <MenuLine />
          <CommandItem id="run.toHere" args={{ node: target.id }} />
          <CommandItem id="run.fromHere" args={{ node: target.id }} />
          <CommandItem id="run.only" args={{ node: target.id }} />
          <CommandItem id={pinned ? 'node.unpin' : 'node.pin'} args={{ node: target.id }} />
          <MenuLine />
          <CommandItem
            id="node.bypass"
            args={{ node: target.id }}
            {...(mode === 'bypass' ? { title: 'No longer bypass' } : {})}
          />
          <CommandItem
            id="node.mute"
            args={{ node: target.id }}
            {...(mode === 'mute' ? { title: 'No longer mute' } : {})}
          />
          <MenuLine />
          <CommandItem id="edit.cut" />
          <CommandItem id="edit.copy" />
          <CommandItem id="edit.duplicate" />
          <CommandItem id="wire.disconnect" />
          <CommandItem id="edit.delete" />
          <MenuLine />
          <CommandItem id="select.upstream" />
          <CommandItem id="select.downstream" />
          <CommandItem id="arrange.group" />
          <CommandItem id="arrange.ungroup" />
          <CommandItem id="arrange.tidy" title="Tidy up" />
          <CommandItem id="view.fitSelection" />
        </>
      )
    }
    case 'edge':
      return (
        <>
          <CommandItem id="wire.disconnect" args={{ edges: [target.id] }} title="Disconnect" />
          <CommandItem id="edge.insert" args={{ edge: target.id }} />
        </>
      )
    case 'port':
      return (
        <>
          <CommandItem
            id="wire.disconnect"
            args={{ edges: wiresAt(editor, target.ref, target.direction) }}
            title={wiresAt(editor, target.ref, target.direction).length > 0 ? 'Disconnect' : 'Not connected'}
          />
          {editor.doc.state.level === '' || isRail(target.ref.node) ? null : (
            <CommandItem
              id="group.addPort"
              args={{ ref: target.ref, direction: target.direction }}
              title={`Make it an ${target.direction}put of the group`}
            />
          )}
        </>
      )
    case 'document':
      return <DocumentEntries />
    case 'canvas':
      return (
        <>
          {editor.doc.state.level === '' ? null : (
            <>
              <CommandItem id="group.leave" />
              <MenuLine />
            </>
          )}
          <CommandItem id="add.search" />
          <CommandItem id="edit.paste" />
          <MenuLine />
          <CommandItem id="edit.undo" />
          <CommandItem id="edit.redo" />
          <CommandItem id="select.all" />
          <MenuLine />
          <CommandItem id="arrange.tidy" title="Tidy up" />
          <CommandItem id="view.fit" />
          <CommandItem id="view.minimap" />
          <CommandItem id="view.snap" />
        </>
      )
  }
}

function DocumentEntries(): ReactElement {
  const { documents, doc } = useEditor()
  const { list } = useSnapshot(documents.state)
  const recent = list.filter((head) => head.id !== doc.get().id).slice(0, 5)
  return (
    <>
      <CommandItem id="file.new" />
      <CommandItem id="file.documents" />
      <CommandItem id="file.import" />
      {recent.length > 0 ? <div className={MENU_LABEL_CLASS}>Recent</div> : null}
      {recent.map((head) => (
        <CommandItem key={head.id} id="file.open" args={{ id: head.id }} title={head.title} />
      ))}
      <MenuLine />
      <CommandItem id="file.rename" title="Rename" />
      <CommandItem id="file.duplicate" title="Duplicate" />
      <CommandItem id="file.export" />
      <CommandItem id="file.version" />
      <CommandItem id="file.delete" title="Delete this graph…" />
      <MenuLine />
      <CommandItem id="help.commands" />
      <CommandItem id="help.shortcuts" />
    </>
  )
}
