import { clsx } from 'clsx'
import { Save } from 'lucide-react'
import type { ReactElement } from 'react'
import type { StageId } from '#src/base/ids.ts'
import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import type { RunState, StageState } from '#src/ir/runState.ts'
import { shownValue } from '../live/LiveValue.tsx'
import { measureOf } from './eventWords.ts'
import { PhaseIcon } from './phase.tsx'
import { StepCount } from './StepCount.tsx'
import { duration } from './timeWords.ts'

/** Stages in the order in which they run, each with how far it is and what it saved. */
export function StageList({
  state,
  chosen,
  onChoose,
}: {
  readonly state: RunState
  readonly chosen: StageId
  onChoose(stage: StageId): void
}): ReactElement {
  return (
    <ol
      className="w-60 shrink-0 overflow-y-auto border-r border-line p-1.5 max-md:flex max-md:w-full max-md:overflow-x-auto max-md:border-r-0 max-md:border-b"
      aria-label="Stages"
    >
      {state.plan.stages.map((stage) => {
        const progress = state.stages[stage.id] ?? { phase: 'queued' as const }
        const saved = state.checkpoints.filter((c) => c.stage === stage.id && !c.rolling)
        return (
          <li key={stage.id} className="max-md:min-w-52">
            <button
              type="button"
              aria-current={stage.id === chosen}
              className={clsx(
                'w-full rounded-md px-2 py-1.5 text-left hover:bg-hover',
                stage.id === chosen && 'bg-accent-soft',
              )}
              onClick={() => onChoose(stage.id)}
            >
              <span className="flex items-center gap-2">
                <PhaseIcon phase={progress.phase} />
                <span className="truncate font-medium">{stage.title}</span>
              </span>
              <span className="tabular mt-0.5 block pl-[22px] text-xs text-muted">
                <Progress state={state} stage={stage} progress={progress} />
              </span>
              {saved.length > 0 ? (
                <span className="mt-0.5 flex items-center gap-1 pl-[22px] text-2xs text-faint">
                  <Save size={11} /> <span className="truncate">{saved.map((c) => c.name).join(', ')}</span>
                </span>
              ) : null}
            </button>
          </li>
        )
      })}
    </ol>
  )
}

function Progress({
  state,
  stage,
  progress,
}: {
  readonly state: RunState
  readonly stage: PipelineConfig
  readonly progress: StageState
}): ReactElement {
  if (progress.phase === 'queued') return <>waits for its turn</>
  if (progress.phase === 'running') {
    if (stage.mode === 'evaluate')
      return (
        <>
          {(state.evaluations[stage.id] ?? []).length} of {stage.evaluation.policies.length} policies
        </>
      )
    return <StepCount run={state.run} stage={stage.id} total={progress.totalSteps} from={progress.fromStep} />
  }
  const took = duration(progress.endedAt - progress.startedAt)
  if (progress.phase === 'failed') return <span className="text-bad">{progress.diagnostic.message}</span>
  if (stage.mode === 'evaluate')
    return (
      <>
        {(state.evaluations[stage.id] ?? []).length} policies · {took}
      </>
    )
  return (
    <>
      {progress.steps} steps · {took}
      {progress.phase === 'finished' && progress.first !== null && progress.last !== null ? (
        <span className="block">
          {measureOf(stage)} {shownValue(progress.first)} → {shownValue(progress.last)}
        </span>
      ) : null}
    </>
  )
}
