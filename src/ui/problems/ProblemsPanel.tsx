import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Diagnostic, Severity } from '#src/base/diagnostic.ts'
import { fixAll, fixesOfKind, kindOf } from '#src/store/fixAll.ts'
import { viewAnywhere } from '#src/store/commands/levels.ts'
import { nodesOf, placeOf } from '#src/store/problems.ts'
import { Button } from '../theme/Button.tsx'
import { useEditor } from '../shell/useEditor.ts'

const ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }
const ICONS = { error: CircleAlert, warning: TriangleAlert, info: Info } as const
const COLORS = { error: 'text-bad', warning: 'text-warn', info: 'text-muted' } as const

/** Everything that the compiler has to say; pressing a line goes to the place, a fix mends it. */
export function ProblemsPanel(): ReactElement {
  const { problems, documents } = useEditor()
  const { diagnostics, pending } = useSnapshot(problems.state)
  const { opened } = useSnapshot(documents.state)
  const all = [...(diagnostics as readonly Diagnostic[]), ...(opened as readonly Diagnostic[])].sort(
    (a, b) => ORDER[a.severity] - ORDER[b.severity],
  )
  if (all.length === 0) {
    return (
      <div className="flex h-full items-center justify-center gap-2 text-muted">
        <CircleCheck size={16} className="text-good" aria-hidden />
        {pending ? 'Reading the datasets…' : 'No problems. The graph can run.'}
      </div>
    )
  }
  return (
    <ul data-place="list" aria-label="Problems" className="h-full overflow-y-auto py-1">
      {all.map((diagnostic, i) => (
        <Line
          key={`${diagnostic.code} ${JSON.stringify(diagnostic.at)} ${i}`}
          diagnostic={diagnostic}
          kin={all.findIndex((other) => kindOf(other) === kindOf(diagnostic)) === i ? fixesOfKind(all, diagnostic) : []}
        />
      ))}
    </ul>
  )
}

/** @param kin all problems of this kind that have a fix, given to the first of them */
function Line({
  diagnostic,
  kin,
}: {
  readonly diagnostic: Diagnostic
  readonly kin: readonly Diagnostic[]
}): ReactElement {
  const editor = useEditor()
  const { at, severity, message, code, fix } = diagnostic
  const Icon = ICONS[severity]
  const node = nodesOf(at, editor.doc.whole())[0]
  const view = node === undefined ? null : editor.views.of(editor.doc.whole(), node)
  const field = at.on === 'field' ? view?.fields.find((f) => f.key === at.field)?.label : undefined
  const place = placeOf(diagnostic)
  const inner = place.node === undefined || place.node === node ? null : viewAnywhere(editor, place.node)

  function go(): void {
    if (node === undefined) return
    if (at.on === 'edge') editor.selection.setEdges([at.edge])
    else editor.selection.setNodes([place.node ?? node])
    editor.viewport.reveal(place.node ?? node)
    editor.surface.jumpTo(place.node ?? node, place.field)
  }

  return (
    <li
      className="flex items-start gap-2 px-3 hover:bg-hover"
      onPointerEnter={() => editor.highlight.set(node === undefined ? [] : [node])}
      onPointerLeave={() => editor.highlight.clear()}
    >
      <button
        type="button"
        disabled={node === undefined}
        onClick={go}
        className="flex min-w-0 flex-1 items-start gap-2 py-1.5 text-left"
      >
        <Icon size={15} aria-label={severity} className={`mt-px shrink-0 ${COLORS[severity]}`} />
        <span className="min-w-0 flex-1">
          {message}{' '}
          <span className="text-xs text-faint">
            {[[view?.title, inner?.title].filter(Boolean).join(' › '), field].filter(Boolean).join(' · ')} {code}
          </span>
        </span>
      </button>
      {fix ? (
        <Button className="my-1" onClick={() => editor.commands.run(fix.command, fix.args)}>
          {fix.title}
        </Button>
      ) : null}
      {kin.length > 1 ? (
        <Button className="my-1" onClick={() => fixAll(editor, kin)}>
          Fix all {kin.length} of this kind
        </Button>
      ) : null}
    </li>
  )
}

export default ProblemsPanel
