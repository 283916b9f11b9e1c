import { ChevronDown } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { CommandItem, MenuLine } from '../menus/CommandItem.tsx'
import { MENU_CLASS, MENU_LABEL_CLASS } from '../theme/menuClasses.ts'
import { useDocTitle, useEditor } from './useEditor.ts'

/** The document's name with its menu; a double click or F2's sibling in the menu edits it in place. */
export function DocTitle(): ReactElement {
  const { surface, documents, doc } = useEditor()
  const title = useDocTitle()
  const { renamingDoc } = useSnapshot(surface.state)
  const { list } = useSnapshot(documents.state)
  if (renamingDoc) return <TitleField title={title} />
  const recent = list.filter((head) => head.id !== doc.get().id).slice(0, 5)
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          aria-label={`Graph: ${title}`}
          onDoubleClick={() => void (surface.state.renamingDoc = true)}
          className="flex h-7 min-w-0 items-center gap-1 rounded-md px-2 text-sm font-semibold hover:bg-hover data-[state=open]:bg-hover"
        >
          <span className="max-w-[34ch] truncate">{title}</span>
          <ChevronDown size={14} className="shrink-0 text-faint" aria-hidden />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={MENU_CLASS}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          // Renaming puts the focus into the field that replaces this button.
          onCloseAutoFocus={(event) => (surface.state.renamingDoc ? event.preventDefault() : undefined)}
        >
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
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
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
