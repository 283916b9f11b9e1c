/** Nothing selected: the pipeline as the compiler sees it, stage by stage, before anything is spent. */
import { ArrowRight } from 'lucide-react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { PipelineConfig, StageEstimate } from '#src/ir/pipelineConfig.ts'
import { useDocTitle, useEditor } from '../shell/useEditor.ts'
import { ProblemList } from './ProblemList.tsx'

export function DocumentPanel(): ReactElement {
  const { problems, selection, surface } = useEditor()
  const title = useDocTitle()
  const { plan, diagnostics } = useSnapshot(problems.state)
  const general = diagnostics.filter((d) => d.at.on === 'document')
  return (
    <div className="flex h-full flex-col">
      <header className="border-b border-line px-3 pt-3 pb-2.5">
        <p className="truncate text-base font-semibold">{title}</p>
        <p className="mt-0.5 text-xs text-muted">Select a node to edit it.</p>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-3 pb-6">
        <ProblemList problems={general} />
        <h3 className="mt-3 mb-1.5 text-2xs font-semibold tracking-wide text-faint uppercase">Plan</h3>
        {plan === null ? (
          <p className="text-xs text-muted">No plan yet: the problems list says what is missing.</p>
        ) : (
          <ol className="flex flex-col gap-1">
            {plan.stages.map((stage, index) => (
              <li key={stage.id}>
                <button
                  type="button"
                  className="w-full rounded-md border border-line px-2.5 py-2 text-left hover:border-line-strong hover:bg-hover"
                  onClick={() => {
                    selection.set({ nodes: new Set([stage.node]), edges: new Set() })
                    surface.jumpTo(stage.node)
                  }}
                >
                  <span className="flex items-center gap-2">
                    <span className="tabular text-2xs text-faint">{index + 1}</span>
                    <span className="truncate font-medium">{stage.title}</span>
                    <ArrowRight size={12} className="ml-auto shrink-0 text-faint" />
                  </span>
                  <span className="tabular mt-0.5 block text-xs text-muted">
                    {facts(stage, plan.estimates[stage.id])}
                  </span>
                </button>
              </li>
            ))}
          </ol>
        )}
      </div>
    </div>
  )
}

function facts(stage: PipelineConfig, estimate: StageEstimate | undefined): string {
  if (!estimate) return ''
  const n = (value: number): string => value.toLocaleString('en')
  const rows = `${n(estimate.rows)} rows`
  if (stage.mode === 'evaluate') return `${rows} × ${stage.evaluation.policies.length} policies`
  const steps = `${n(estimate.optimizerSteps)} steps`
  if (stage.mode === 'rl') return `${rows} · ${steps} · ${n(estimate.rollouts)} rollouts`
  return `${rows} · ${steps}${estimate.trainTokens === null ? '' : ` · ${n(estimate.trainTokens)} tokens`}`
}
