import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { showKeys } from '#src/store/keymap.ts'
import type { CommandGroup } from '#src/store/commands/command.ts'
import { useEditor } from '../shell/useEditor.ts'
import { IconButton } from '../theme/IconButton.tsx'
import { portTypes } from '#nodes/_shared/portTypes.ts'
import { PortGlyph } from '../theme/PortGlyph.tsx'

const GESTURES: readonly (readonly [string, string])[] = [
  ['Pan', 'Space-drag, middle or right drag, two fingers'],
  ['Zoom', 'Ctrl+wheel or pinch'],
  ['Select several', 'Drag on empty canvas; Shift adds, Alt takes away'],
  ['Move along one axis', 'Hold Shift while dragging'],
  ['Copy by dragging', 'Hold Alt when letting go'],
  ['Connect', 'Drag from port to port, or click one and then the other'],
  ['Connect by keys', 'Enter on a port, arrows to choose, Enter'],
  ['Re-plug a wire', 'Drag its end; drop on empty canvas to disconnect'],
  ['Move all wires of a port', 'Ctrl-drag from the port'],
  ['Cut all wires of a port', 'Alt-click the port'],
  ['Walk the graph', 'Arrow keys; Enter to go into a card, Esc out'],
  ['Groups', 'Double-click or Enter opens, Esc leaves; Space twice goes into their ports'],
]

/** All keys and gestures: the keys are generated from the commands, so this cannot be out of date. */
export default function Shortcuts(): ReactElement {
  const editor = useEditor()
  const { dialog } = useSnapshot(editor.surface.state)
  return (
    <Dialog.Root
      open={dialog === 'shortcuts'}
      onOpenChange={(next) => (next ? undefined : editor.surface.closeDialog())}
    >
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 bg-black/25" />
        <Dialog.Content
          aria-describedby={undefined}
          // Focus on the sheet, not on the cross: it is there to be read.
          onOpenAutoFocus={(event) => {
            event.preventDefault()
            ;(event.currentTarget as HTMLElement).focus()
          }}
          className="fixed top-1/2 left-1/2 z-50 flex max-h-[84vh] w-[min(860px,94vw)] -translate-1/2 flex-col overflow-hidden rounded-xl border border-line-strong bg-raised shadow-float outline-none"
        >
          <div className="flex h-11 shrink-0 items-center justify-between border-b border-line pr-2 pl-4">
            <Dialog.Title className="text-base font-semibold">Keys and gestures</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label="Close">
                <X size={16} />
              </IconButton>
            </Dialog.Close>
          </div>
          <div className="columns-1 gap-8 overflow-y-auto p-4 sm:columns-2">
            {groups(editor.commands.all.filter((c) => c.keys.length > 0).map((c) => c.group)).map((group) => (
              <Section key={group} title={group}>
                {editor.commands.all
                  .filter((c) => c.group === group && c.keys.length > 0)
                  .map((c) => (
                    <Row
                      key={c.id}
                      name={c.title}
                      value={c.keys.map((k) => showKeys(k, editor.platform)).join('  or  ')}
                    />
                  ))}
              </Section>
            ))}
            <Section title="Gestures">
              {GESTURES.map(([name, value]) => (
                <Row key={name} name={name} value={value} />
              ))}
            </Section>
            <Section title="Ports">
              {Object.entries(portTypes).map(([type, look]) => (
                <div key={type} className="flex items-center gap-2 py-0.5">
                  <PortGlyph shape={look.shape} color={`var(--${look.colour})`} filled />
                  <span className="w-16 shrink-0">{look.label}</span>
                  <span className="text-xs text-muted">{look.help}</span>
                </div>
              ))}
            </Section>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Section({ title, children }: { readonly title: string; readonly children: React.ReactNode }): ReactElement {
  return (
    <section className="mb-5 break-inside-avoid">
      <h3 className="mb-1 text-2xs font-medium tracking-wide text-faint uppercase">{title}</h3>
      {children}
    </section>
  )
}

function Row({ name, value }: { readonly name: string; readonly value: string }): ReactElement {
  return (
    <div className="flex justify-between gap-4 py-0.5">
      <span className="shrink-0">{name}</span>
      <span className="text-right text-xs text-muted">{value}</span>
    </div>
  )
}

function groups(all: readonly CommandGroup[]): readonly CommandGroup[] {
  return [...new Set(all)]
}
