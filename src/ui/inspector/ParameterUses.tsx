/** Where a graph parameter is used, each with a way there. */
import { ArrowRight } from 'lucide-react'
import type { ReactElement } from 'react'
import { viewAnywhere } from '#src/store/commands/levels.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useEditor } from '../shell/useEditor.ts'
import { useParameterUses } from './useParameters.ts'

export function ParameterUses({ view }: { readonly view: NodeView }): ReactElement {
  const editor = useEditor()
  const name = view.kind!.parameter!(view.params as Record<string, unknown>).name
  const uses = useParameterUses().get(name) ?? []
  return (
    <section className="pt-4">
      <h3 className="mb-1.5 text-2xs font-semibold tracking-wide text-faint uppercase">Feeds</h3>
      {uses.length === 0 ? (
        <p className="text-xs text-muted">No field yet. Open the menu at the label of any field and choose “{name}”.</p>
      ) : (
        <ul className="flex flex-col" aria-label={`Fields that take ${name}`}>
          {uses.map(({ node, field }) => {
            const user = viewAnywhere(editor, node)
            const label = user?.fields.find((spec) => spec.key === field)?.label ?? field
            return (
              <li key={`${node} ${field}`}>
                <button
                  type="button"
                  className="group/use flex h-7 w-full items-center gap-2 rounded-md px-1.5 text-left text-xs hover:bg-hover"
                  onClick={() => {
                    editor.selection.set({ nodes: new Set([node]), edges: new Set() })
                    editor.surface.jumpTo(node, field)
                  }}
                >
                  <span className="truncate">{label}</span>
                  <span className="ml-auto truncate text-faint">{user?.title ?? node}</span>
                  <ArrowRight size={12} aria-hidden className="shrink-0 text-faint" />
                </button>
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}
