/** Nothing selected: the pipeline as the compiler sees it, stage by stage, before anything is spent. */
import { ArrowRight, LoaderCircle, ListChecks } from 'lucide-react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { nodesOf, placeOf } from '#src/store/problems.ts'
import { useDocTitle, useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { Problem, ProblemList } from './ProblemList.tsx'
import { ParameterList } from './ParameterList.tsx'
import { PlannedStages } from './PlannedStages.tsx'
import { planTotals } from './planWords.ts'

/** More would only repeat the problems panel. */
const SHOWN_PROBLEMS = 4

export function DocumentPanel(): ReactElement {
  const { problems, surface, commands } = useEditor()
  const { connection } = useSnapshot(useStores().backend.state)
  const title = useDocTitle()
  const { plan, diagnostics, pending } = useSnapshot(problems.state)
  const general = diagnostics.filter((d) => d.at.on === 'document')
  return (
    <div className="flex h-full flex-col">
      <header className="border-b border-line px-3 pt-3 pb-2.5">
        <p className="truncate text-base font-semibold">{title}</p>
        <p className="tabular mt-0.5 text-xs text-muted">
          {plan === null ? 'Select a node to edit it.' : planTotals(plan)}
        </p>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-3 pb-6">
        <ProblemList problems={general} />
        <ParameterList />
        <h3 className="mt-3 mb-1.5 text-2xs font-semibold tracking-wide text-faint uppercase">Plan</h3>
        {plan !== null ? (
          <PlannedStages plan={plan} />
        ) : pending && connection.phase === 'failed' ? (
          <p className="text-xs text-muted">
            The plan waits for the backend. {connection.diagnostic.message}
            <button
              type="button"
              className="ml-1.5 font-medium text-accent-text hover:underline"
              onClick={() => surface.openDialog('backend')}
            >
              Choose a backend
            </button>
          </p>
        ) : pending ? (
          <p className="flex items-center gap-2 text-xs text-muted">
            <LoaderCircle size={13} className="animate-spin" aria-hidden /> Reading rows and models …
          </p>
        ) : (
          <Missing errors={diagnostics.filter((d) => d.severity === 'error' && d.at.on !== 'document')} />
        )}
        {plan === null ? null : (
          <>
            <Button className="mt-2.5 w-full" onClick={() => commands.run('plan.review')}>
              <ListChecks size={14} aria-hidden /> Review the plan
            </Button>
            <p className="mt-3 text-xs text-faint">Select a node to edit it.</p>
          </>
        )}
      </div>
    </div>
  )
}

/** Why there is no plan, each with a way to its place. */
function Missing({ errors }: { readonly errors: readonly Diagnostic[] }): ReactElement {
  const { doc, surface, selection, prefs } = useEditor()
  if (errors.length === 0)
    return <p className="text-xs text-muted">Nothing to run yet: wire a trainer or an evaluation.</p>
  const jump = (problem: Diagnostic): void => {
    const place = placeOf(problem)
    const node = place.node ?? nodesOf(problem.at, doc.whole())[0]
    if (node === undefined) return
    selection.set({ nodes: new Set([node]), edges: new Set() })
    surface.jumpTo(node, place.field)
  }
  return (
    <>
      <p className="mb-1.5 text-xs text-muted">There is a plan as soon as this is mended:</p>
      <ul className="flex flex-col gap-1.5" aria-label="What is missing">
        {errors.slice(0, SHOWN_PROBLEMS).map((problem, index) => (
          <li key={`${problem.code}-${index}`} className="flex items-start gap-1 rounded-md bg-bad-soft">
            <div className="min-w-0 flex-1">
              <Problem problem={problem} />
            </div>
            <button
              type="button"
              aria-label={`Go to: ${problem.message}`}
              className="m-1 flex size-6 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text"
              onClick={() => jump(problem)}
            >
              <ArrowRight size={13} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
      {errors.length > SHOWN_PROBLEMS ? (
        <button
          type="button"
          className="mt-1.5 text-xs font-medium text-accent-text hover:underline"
          onClick={() => {
            prefs.dockTab = 'problems'
            prefs.dockOpen = true
          }}
        >
          All {errors.length} problems
        </button>
      ) : null}
    </>
  )
}
