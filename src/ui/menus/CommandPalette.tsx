import { Command } from 'cmdk'
import { Dialog } from 'radix-ui'
import { useState, useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { showKeys } from '#src/store/keymap.ts'
import type { CommandGroup } from '#src/store/commands/command.ts'
import { useEditor } from '../shell/useEditor.ts'
import { Kbd } from '../theme/Kbd.tsx'

const ORDER: readonly CommandGroup[] = ['Run', 'Add', 'Edit', 'Connect', 'Select', 'Arrange', 'View', 'File', 'Help']

/** Every command, also those that cannot run now, with the reason why. */
export default function CommandPalette(): ReactElement {
  const editor = useEditor()
  const { dialog } = useSnapshot(editor.surface.state)
  const open = dialog === 'commands'
  return (
    <Dialog.Root open={open} onOpenChange={(next) => (next ? undefined : editor.surface.closeDialog())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 bg-black/25" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[14vh] left-1/2 z-50 w-[min(560px,94vw)] -translate-x-1/2 overflow-hidden rounded-xl border border-line-strong bg-raised shadow-float"
        >
          <Dialog.Title className="sr-only">All commands</Dialog.Title>
          {open ? <List /> : null}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function List(): ReactElement {
  const editor = useEditor()
  const [query, setQuery] = useState('')
  const all = useSyncExternalStore(editor.commands.grown, () => editor.commands.all)
  const listed = all.filter((c) => !c.hidden)
  return (
    <Command label="All commands" loop>
      <Command.Input
        value={query}
        onValueChange={setQuery}
        placeholder="What do you want to do?"
        className="h-11 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-faint"
      />
      <Command.List className="max-h-[52vh] overflow-y-auto p-1.5">
        <Command.Empty className="p-3 text-sm text-muted">No command is called that.</Command.Empty>
        {ORDER.map((group) => {
          const commands = listed.filter((c) => c.group === group)
          return commands.length === 0 ? null : (
            <Command.Group
              key={group}
              heading={group}
              className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-faint"
            >
              {commands.map((command) => {
                const refusal = editor.commands.refusal(command.id)
                return (
                  <Command.Item
                    key={command.id}
                    value={`${command.title} ${command.id}`}
                    aria-disabled={refusal !== null}
                    onSelect={() => {
                      if (refusal !== null) return editor.announce.say(refusal)
                      editor.surface.closeDialog()
                      // The dialog gives the focus back first, so that a command may move it.
                      requestAnimationFrame(() => editor.commands.run(command.id))
                    }}
                    className="flex h-8 items-center gap-3 rounded-md px-2.5 text-sm aria-disabled:text-faint data-[selected=true]:bg-hover"
                  >
                    <span className="shrink-0">{command.title}</span>
                    <span className="min-w-0 flex-1 truncate text-xs text-faint">{refusal}</span>
                    {command.keys[0] ? <Kbd>{showKeys(command.keys[0], editor.platform)}</Kbd> : null}
                  </Command.Item>
                )
              })}
            </Command.Group>
          )
        })}
      </Command.List>
    </Command>
  )
}
