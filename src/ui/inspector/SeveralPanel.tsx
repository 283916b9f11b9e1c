import { Copy, Trash2 } from 'lucide-react'
import type { ReactElement } from 'react'
import { useEditor } from '../shell/useEditor.ts'
import { Button } from '../theme/Button.tsx'
import { KindIcon } from '../theme/KindIcon.tsx'

/** Several nodes: what they are, and what can be done with all of them. */
export function SeveralPanel({ ids }: { readonly ids: readonly string[] }): ReactElement {
  const { views, doc, commands, selection } = useEditor()
  const shown = ids.map((id) => views.of(doc.get(), id)).filter((view) => view !== null)
  return (
    <div className="flex h-full flex-col">
      <header className="border-b border-line px-3 pt-3 pb-2.5 text-base font-semibold">
        {shown.length} nodes selected
      </header>
      <ul className="min-h-0 flex-1 overflow-y-auto p-1.5">
        {shown.map((view) => (
          <li key={view.rec.id}>
            <button
              type="button"
              className="flex h-8 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-hover"
              onClick={() => selection.set({ nodes: new Set([view.rec.id]), edges: new Set() })}
            >
              <span className="text-muted">
                <KindIcon name={view.icon} />
              </span>
              <span className="truncate">{view.title}</span>
              <span className="ml-auto truncate text-2xs text-faint">{view.summary}</span>
            </button>
          </li>
        ))}
      </ul>
      <footer className="flex gap-1.5 border-t border-line p-3">
        <Button onClick={() => commands.run('edit.duplicate')}>
          <Copy size={13} /> Duplicate
        </Button>
        <Button look="danger" onClick={() => commands.run('edit.delete')}>
          <Trash2 size={13} /> Delete
        </Button>
      </footer>
    </div>
  )
}
