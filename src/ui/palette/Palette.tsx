import { Search } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { KeyboardEvent, PointerEvent, ReactElement } from 'react'
import type { Group, NodeKind } from '#src/kinds/contract.ts'
import { searchKinds } from '#src/store/kindSearch.ts'
import { useEditor } from '../shell/useEditor.ts'
import { KindIcon } from '../theme/KindIcon.tsx'
import { dragFromPalette } from './dragFromPalette.ts'

const GROUPS: readonly { readonly group: Group; readonly title: string }[] = [
  { group: 'data', title: 'Data' },
  { group: 'model', title: 'Model' },
  { group: 'train', title: 'Train' },
  { group: 'reward', title: 'Reward' },
  { group: 'output', title: 'Output' },
  { group: 'annotate', title: 'Annotate' },
]

/** All kinds of nodes: drag one onto the canvas, or press it to place it in the middle. */
export function Palette(): ReactElement {
  const { registry } = useEditor()
  const [query, setQuery] = useState('')
  const found = useMemo(() => searchKinds(registry.all, query), [registry, query])
  const groups = GROUPS.map(({ group, title }) => ({ title, kinds: found.filter((k) => k.group === group) }))
  return (
    <nav aria-label="Nodes" data-place="list" className="flex h-full flex-col bg-panel">
      <div className="relative m-2 mb-1">
        <Search size={14} aria-hidden className="absolute top-2 left-2.5 text-faint" />
        <input
          type="search"
          aria-label="Search nodes"
          placeholder="Search nodes"
          spellCheck={false}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          className="h-[30px] w-full rounded-md border border-line bg-sunken pr-2 pl-8 text-sm outline-none placeholder:text-faint focus:border-accent"
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {groups.map(({ title, kinds }) =>
          kinds.length === 0 ? null : (
            <section key={title} aria-label={title}>
              <h2 className="px-1.5 pt-2.5 pb-1 text-2xs font-medium tracking-wide text-faint uppercase">{title}</h2>
              {kinds.map((kind) => (
                <Item key={kind.kind} kind={kind} />
              ))}
            </section>
          ),
        )}
        {found.length === 0 ? <p className="p-2 text-xs text-muted">No node is called that.</p> : null}
      </div>
    </nav>
  )
}

function Item({ kind }: { readonly kind: NodeKind }): ReactElement {
  const editor = useEditor()

  function onPointerDown(event: PointerEvent<HTMLButtonElement>): void {
    if (event.button === 0) dragFromPalette(editor, kind, event.nativeEvent)
  }
  function onKeyDown(event: KeyboardEvent<HTMLButtonElement>): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    const all = [...(event.currentTarget.closest('nav')?.querySelectorAll<HTMLElement>('[data-kind]') ?? [])]
    all[all.indexOf(event.currentTarget) + (event.key === 'ArrowDown' ? 1 : -1)]?.focus()
  }

  return (
    <button
      type="button"
      data-kind={kind.kind}
      title={kind.description}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
      // Reached by Enter and Space as well; a drag ends without a click.
      onClick={() => {
        editor.surface.state.drawer = null
        editor.commands.run('add.node', { kind: kind.kind })
      }}
      className="group flex w-full touch-none items-center gap-2 rounded-md p-1.5 text-left select-none hover:bg-hover active:bg-press"
    >
      <span className="flex size-6 shrink-0 items-center justify-center rounded-md border border-line bg-raised text-muted group-hover:text-text">
        <KindIcon name={kind.icon} size={14} />
      </span>
      <span className="truncate text-sm">{kind.title}</span>
    </button>
  )
}
