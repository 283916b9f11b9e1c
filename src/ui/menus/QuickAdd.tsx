import { Command } from 'cmdk'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { searchKinds } from '#src/store/kindSearch.ts'
import { couldTake, fitsWire } from '#src/store/commands/nodes.ts'
import type { QuickAdd as Request } from '#src/store/surface.ts'
import { useEditor } from '../shell/useEditor.ts'
import { KindIcon } from '../theme/KindIcon.tsx'

const WIDTH = 264

/** The search box for nodes at the pointer; after a wire was dropped it offers only what would take the wire. */
export default function QuickAdd(): ReactElement | null {
  const { surface } = useEditor()
  const { quickAdd } = useSnapshot(surface.state)
  if (!quickAdd) return null
  return <Box key={`${quickAdd.flow.x} ${quickAdd.flow.y}`} request={quickAdd as Request} />
}

function Box({ request }: { readonly request: Request }): ReactElement {
  const editor = useEditor()
  const [query, setQuery] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const { wire, edge } = request
  const offered = useMemo(() => {
    const kinds = editor.registry.all.filter(
      (kind) => (!wire || couldTake(editor, kind, wire)) && (!edge || fitsWire(editor, kind, edge)),
    )
    return searchKinds(kinds, query)
  }, [editor, wire, edge, query])

  const close = (): void => {
    editor.surface.state.quickAdd = null
    editor.viewport.focus(null)
  }

  useEffect(() => {
    function onPointerDown(event: PointerEvent): void {
      if (!box.current?.contains(event.target as Node)) editor.surface.state.quickAdd = null
    }
    window.addEventListener('pointerdown', onPointerDown, { capture: true })
    return () => window.removeEventListener('pointerdown', onPointerDown, { capture: true })
  }, [editor])

  function choose(kind: string): void {
    close()
    if (edge) editor.commands.run('add.onWire', { kind, edge })
    else editor.commands.run('add.node', { kind, at: request.flow, wire })
  }

  const left = Math.max(8, Math.min(request.screen.x, window.innerWidth - WIDTH - 8))
  const top = Math.max(8, Math.min(request.screen.y, window.innerHeight - 320))
  return (
    <div
      ref={box}
      role="dialog"
      aria-label="Add a node"
      data-place="dialog"
      className="fixed z-50 overflow-hidden rounded-xl border border-line-strong bg-raised shadow-float"
      style={{ left, top, width: WIDTH }}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Escape') close()
      }}
    >
      <Command shouldFilter={false} label="Nodes">
        <Command.Input
          autoFocus
          value={query}
          onValueChange={setQuery}
          placeholder={wire ? 'Connect to a new…' : edge ? 'Insert…' : 'Add a node…'}
          className="h-10 w-full border-b border-line bg-transparent px-3 text-base outline-none placeholder:text-faint"
        />
        <Command.List className="max-h-64 overflow-y-auto p-1">
          <Command.Empty className="p-2 text-xs text-muted">
            {wire ? 'No node takes this wire.' : 'No node is called that.'}
          </Command.Empty>
          {offered.map((kind) => (
            <Command.Item
              key={kind.kind}
              value={kind.kind}
              onSelect={choose}
              className="flex h-8 items-center gap-2 rounded-md px-2 text-sm data-[selected=true]:bg-hover"
            >
              <span className="text-muted">
                <KindIcon name={kind.icon} />
              </span>
              {kind.title}
              <span className="ml-auto text-2xs text-faint">{kind.group}</span>
            </Command.Item>
          ))}
        </Command.List>
      </Command>
    </div>
  )
}
