/** At the top of a plan: what is wrong with it, each with its place and its fix. */
import { ArrowRight } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { nodesOf, placeOf } from '#src/store/problems.ts'
import { Problem } from '../inspector/ProblemList.tsx'
import { useEditor } from '../shell/useEditor.ts'
import { IconButton } from '../theme/IconButton.tsx'
import { useGoTo } from './useGoTo.ts'

/** More would push the plan itself out of sight. */
const SHOWN = 3

export function PlanProblems(): ReactElement | null {
  const { problems, doc, views, highlight } = useEditor()
  const goTo = useGoTo()
  const { diagnostics } = useSnapshot(problems.state)
  const [all, setAll] = useState(false)
  const found = diagnostics as readonly Diagnostic[]
  const list = (['error', 'warning'] as const).flatMap((severity) => found.filter((d) => d.severity === severity))
  if (list.length === 0) return null
  const shown = all ? list : list.slice(0, SHOWN)
  return (
    <section aria-label="Problems of the plan" className="mb-3">
      <ul className="flex flex-col gap-1">
        {shown.map((problem, i) => {
          const node = nodesOf(problem.at, doc.whole())[0]
          const place = placeOf(problem)
          return (
            <li
              key={`${problem.code} ${JSON.stringify(problem.at)} ${i}`}
              className={`flex items-start gap-1 rounded-md ${problem.severity === 'error' ? 'bg-bad-soft' : 'bg-warn-soft'}`}
              onPointerEnter={() => highlight.set(node === undefined ? [] : [node])}
              onPointerLeave={() => highlight.clear()}
            >
              <div className="min-w-0 flex-1">
                <Problem problem={problem} />
              </div>
              {node === undefined ? null : (
                <span className="max-w-40 shrink-0 truncate py-1.5 text-xs text-muted">
                  {views.of(doc.whole(), node)?.title}
                </span>
              )}
              {node === undefined ? null : (
                <IconButton
                  label={`Go to: ${problem.message}`}
                  className="m-0.5 size-6"
                  onClick={() => goTo(place.node ?? node, place.field)}
                >
                  <ArrowRight size={13} />
                </IconButton>
              )}
            </li>
          )
        })}
      </ul>
      {list.length > SHOWN ? (
        <button
          type="button"
          className="mt-1 text-xs font-medium text-accent-text hover:underline"
          onClick={() => setAll(!all)}
        >
          {all ? 'Show fewer' : `Show all ${list.length} problems`}
        </button>
      ) : null}
    </section>
  )
}
