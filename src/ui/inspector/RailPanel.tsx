/** One side of the open group: its ports, to be named, put in order and taken off. */
import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { RailPort } from '#src/kinds/rails.ts'
import { railPorts } from '#src/kinds/rails.ts'
import { moveGroupPort, removeGroupPort, renameGroupPort } from '#src/store/commands/groupPorts.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useEditor } from '../shell/useEditor.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { PanelHeader } from './PanelHeader.tsx'

type Side = 'in' | 'out'

export function RailPanel({ view }: { readonly view: NodeView }): ReactElement {
  const { commands } = useEditor()
  const side: Side = view.rec.id.endsWith('@in') ? 'in' : 'out'
  const ports = railPorts(view.rec)
  const word = side === 'in' ? 'input' : 'output'
  return (
    <div className="flex h-full flex-col">
      <PanelHeader
        view={view}
        name={<h2 className="text-base font-semibold">{view.title} of the group</h2>}
        description={view.kind?.description}
      />
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-3 pb-6">
        {ports.length > 0 ? (
          <ul className="mt-3 flex flex-col gap-1" aria-label={`${view.title} of the group`}>
            {ports.map((port, i) => (
              <PortRow key={port.key} side={side} port={port} first={i === 0} last={i === ports.length - 1} />
            ))}
          </ul>
        ) : (
          <p className="pt-3 text-xs text-muted">There is no {word} yet.</p>
        )}
        <p className="mt-3 text-xs text-faint">
          To add an {word}, pull a wire from the {word} of a node inside onto this card, or choose it in the menu of
          that {word}.
        </p>
        <Button className="mt-3 w-full" onClick={() => commands.run('group.leave')}>
          Leave the group
        </Button>
      </div>
    </div>
  )
}

function PortRow({
  side,
  port,
  first,
  last,
}: {
  readonly side: Side
  readonly port: RailPort
  readonly first: boolean
  readonly last: boolean
}): ReactElement {
  const editor = useEditor()
  const [text, setText] = useState<string | null>(null)

  function finish(keep: boolean): void {
    if (keep && text !== null) renameGroupPort(editor, side, port.key, text)
    setText(null)
  }

  return (
    <li className="flex h-8 items-center rounded-md border border-line pr-0.5 pl-1">
      <input
        aria-label={`Name of the ${side}put ${port.label}`}
        className="h-6 min-w-0 flex-1 truncate rounded-sm bg-transparent px-1 text-xs font-medium outline-none hover:bg-hover focus:bg-sunken"
        value={text ?? port.label}
        maxLength={80}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => finish(true)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== 'Escape') return
          event.stopPropagation()
          finish(event.key === 'Enter')
        }}
      />
      <span className="shrink-0 px-1 text-2xs text-faint">{port.type}</span>
      <IconButton
        label={`Move ${port.label} up`}
        side="top"
        className="size-6"
        disabled={first}
        onClick={() => moveGroupPort(editor, side, port.key, -1)}
      >
        <ArrowUp size={13} />
      </IconButton>
      <IconButton
        label={`Move ${port.label} down`}
        side="top"
        className="size-6"
        disabled={last}
        onClick={() => moveGroupPort(editor, side, port.key, 1)}
      >
        <ArrowDown size={13} />
      </IconButton>
      <IconButton
        label={`Remove ${port.label}`}
        side="top"
        className="size-6"
        onClick={() => removeGroupPort(editor, side, port.key)}
      >
        <X size={13} />
      </IconButton>
    </li>
  )
}
