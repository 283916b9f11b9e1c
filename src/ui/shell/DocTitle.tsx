import { ChevronDown } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { MouseEvent, ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useDocTitle, useEditor } from './useEditor.ts'

/** The document's name with its menu; a double click edits the name in place. */
export function DocTitle(): ReactElement {
  const { surface } = useEditor()
  const title = useDocTitle()
  const { renamingDoc, menu } = useSnapshot(surface.state)
  if (renamingDoc) return <TitleField title={title} />

  function openMenu(event: MouseEvent<HTMLElement>): void {
    const { left, bottom } = event.currentTarget.getBoundingClientRect()
    surface.state.menu = { target: { on: 'document' }, screen: { x: left, y: bottom + 2 } }
  }

  return (
    <button
      type="button"
      aria-label={`Graph: ${title}`}
      aria-haspopup="menu"
      aria-expanded={menu?.target.on === 'document'}
      onClick={openMenu}
      onDoubleClick={() => {
        surface.state.menu = null
        surface.state.renamingDoc = true
      }}
      className="flex h-7 min-w-0 items-center gap-1 rounded-md px-2 text-sm font-semibold hover:bg-hover aria-expanded:bg-hover"
    >
      <span className="max-w-[34ch] truncate">{title}</span>
      <ChevronDown size={14} className="shrink-0 text-faint" aria-hidden />
    </button>
  )
}

function TitleField({ title }: { readonly title: string }): ReactElement {
  const { surface, documents } = useEditor()
  const field = useRef<HTMLInputElement>(null)
  const done = useRef(false)

  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])

  function finish(keep: boolean): void {
    if (done.current) return
    done.current = true
    if (keep && field.current) documents.rename(field.current.value)
    surface.state.renamingDoc = false
  }

  return (
    <input
      ref={field}
      aria-label="Name of the graph"
      defaultValue={title}
      maxLength={120}
      spellCheck={false}
      className="h-7 w-60 min-w-0 rounded-md border border-accent bg-panel px-2 text-sm font-semibold outline-none"
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Enter') finish(true)
        if (event.key === 'Escape') finish(false)
      }}
    />
  )
}
