import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { isRail } from '#src/graph/nested.ts'
import { renameTo } from '#src/store/commands/nodes.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useCanvas } from './CanvasContext.ts'

/** Characters that fit between the icon and the widest state, with the kind's name beside them. */
const LONG_TITLE = 15
/** The same beside a pin; the kind's name gives way to it. */
const LONG_PINNED_TITLE = 12

/** The name of a node; edited in place with F2 or a double click. */
export function CardTitle({ view }: { readonly view: NodeView }): ReactElement {
  const { editor } = useCanvas()
  const { renaming } = useSnapshot(editor.surface.state)
  const id = view.rec.id
  if (renaming === id) return <TitleField view={view} />
  const pinned = view.rec.pin !== undefined
  const named = view.title !== view.kindTitle
  const long = view.title.length > (pinned ? LONG_PINNED_TITLE : LONG_TITLE)
  return (
    <span
      className="tg-card-title"
      data-long={long ? '' : undefined}
      title={named ? `${view.title} (${view.kindTitle})` : view.title}
      onDoubleClick={(event) => {
        event.stopPropagation()
        if (!isRail(id)) editor.surface.state.renaming = id
      }}
    >
      {view.title}
      {named && !long && !pinned ? <span className="tg-card-kind">{view.kindTitle}</span> : null}
    </span>
  )
}

function TitleField({ view }: { readonly view: NodeView }): ReactElement {
  const { editor } = useCanvas()
  const field = useRef<HTMLInputElement>(null)
  const done = useRef(false)

  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])

  function finish(keep: boolean): void {
    if (done.current) return
    done.current = true
    const text = field.current?.value ?? ''
    if (keep) renameTo(editor, view.rec.id, text === view.kindTitle ? '' : text)
    editor.surface.state.renaming = null
    editor.viewport.focus(view.rec.id)
  }

  return (
    <input
      ref={field}
      aria-label="Name of the node"
      className="nodrag nopan h-6 min-w-0 flex-1 rounded-sm border border-accent bg-panel px-1.5 text-sm font-semibold outline-none"
      defaultValue={view.title}
      maxLength={120}
      spellCheck={false}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Enter') finish(true)
        if (event.key === 'Escape') finish(false)
      }}
    />
  )
}
