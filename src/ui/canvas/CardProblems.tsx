import { CircleAlert, TriangleAlert } from 'lucide-react'
import { useCallback, useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { Tip } from '../theme/Tip.tsx'
import { useCanvas } from './CanvasContext.ts'

export function useNodeProblems(id: string): readonly Diagnostic[] {
  const { problems } = useCanvas().editor
  return useSyncExternalStore(
    useCallback((listener) => problems.subscribeNode(id, listener), [problems, id]),
    () => problems.ofNode(id),
  )
}

/** The badge that says what is wrong with a node; pressing it goes to the field or to the list. */
export function CardProblems({ id }: { readonly id: string }): ReactElement | null {
  const { editor } = useCanvas()
  const problems = useNodeProblems(id).filter((d) => d.severity !== 'info')
  const worst = problems.find((d) => d.severity === 'error') ?? problems[0]
  if (!worst) return null
  const Icon = worst.severity === 'error' ? CircleAlert : TriangleAlert
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return (
    <Tip text={`${worst.message}${more}`} side="top">
      <button
        type="button"
        tabIndex={-1}
        aria-label={`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}: ${worst.message}`}
        className="nodrag -mr-1 flex size-6 shrink-0 items-center justify-center rounded-md hover:bg-hover"
        data-severity={worst.severity}
        onClick={(event) => {
          event.stopPropagation()
          editor.selection.setNodes([id])
          const { at, inside } = worst
          if (at.on === 'field') editor.surface.jumpTo(id, at.field)
          else if (inside && 'node' in inside) {
            editor.surface.jumpTo(inside.node, inside.on === 'field' ? inside.field : null)
          } else editor.commands.run('view.dockTab', { tab: 'problems' })
        }}
      >
        <Icon size={15} className={worst.severity === 'error' ? 'text-bad' : 'text-warn'} aria-hidden />
      </button>
    </Tip>
  )
}
