import { clsx } from 'clsx'
import { Save } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { StageId } from '#src/base/ids.ts'
import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import type { RunState, StageState } from '#src/ir/runState.ts'
import { cardsAround, cardsOf } from '#src/store/planCards.ts'
import { useEditor, useSelection } from '../shell/useEditor.ts'
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
  const list = useRef<HTMLOListElement>(null)
  const { highlight } = useEditor()
  const { nodes } = useSelection()
  // Unmounting under the pointer is no leaving.
  useEffect(() => () => highlight.clear(), [highlight])
  useEffect(() => {
    void list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    <ol
      ref={list}
      className="w-[min(15rem,38%)] shrink-0 overflow-y-auto border-r border-line p-1.5 max-md:flex max-md:w-full max-md:overflow-x-auto max-md:border-r-0 max-md:border-b"
      aria-label="Stages"
    >
      {state.plan.stages.map((stage) => {
        const progress = state.stages[stage.id] ?? { phase: 'queued' as const }
        return (
          <li key={stage.id} className="max-md:min-w-52">
            <button
              type="button"
              aria-current={stage.id === chosen}
              className={clsx(
                'w-full rounded-md px-2 py-1.5 text-left hover:bg-hover',
                stage.id === chosen && 'bg-accent-soft',
                cardsAround(state.plan, stage.node).some((card) => nodes.has(card)) && 'ring-1 ring-accent ring-inset',
              )}
              onPointerEnter={() => highlight.set(cardsOf(state.plan, stage))}
              onPointerLeave={() => highlight.clear()}
              onFocus={(event) => {
                if (event.currentTarget.matches(':focus-visible')) highlight.set(cardsOf(state.plan, stage))
              }}
              onBlur={() => highlight.clear()}
              onClick={() => onChoose(stage.id)}
            >
              <span className="flex items-center gap-2">
                <PhaseIcon phase={shownPhase(progress, state.phase)} />
                <span className="truncate font-medium">{stage.title}</span>
              </span>
              <span className="tabular mt-0.5 block pl-[22px] text-xs text-muted">
                <Progress state={state} stage={stage} progress={progress} />
              </span>
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
  if (progress.phase === 'queued')
    return <>{state.phase === 'running' || state.phase === 'paused' ? 'waits for its turn' : 'did not run'}</>
  if (progress.phase === 'running') {
    if (stage.mode === 'evaluate')
      return (
        <>
          {(state.evaluations[stage.id] ?? []).length} of {stage.evaluation.policies.length} policies
        </>
      )
    return <StepCount run={state.run} stage={stage.id} total={progress.totalSteps} from={progress.fromStep} />
  }
  if (progress.phase === 'skipped')
    return (
      <span className="line-clamp-2" title={progress.reason}>
        skipped: {progress.reason}
      </span>
    )
  const reused = progress.phase === 'finished' && progress.reusedFrom !== undefined
  const took = reused ? 'reused' : duration(progress.endedAt - progress.startedAt)
  if (progress.phase === 'failed')
    return (
      <span className="line-clamp-2 text-bad" title={progress.diagnostic.message}>
        {progress.diagnostic.message}
      </span>
    )
  if (stage.mode === 'evaluate')
    return (
      <>
        {policies((state.evaluations[stage.id] ?? []).length)} · {took}
      </>
    )
  return (
    <>
      {progress.steps === 1 ? '1 step' : `${progress.steps} steps`} · {took}
      <Saved state={state} stage={stage} />
      {progress.phase === 'finished' && progress.first !== null && progress.last !== null ? (
        <span className="block">
          {measureOf(stage)} {shownValue(progress.first)} → {shownValue(progress.last)}
        </span>
      ) : null}
    </>
  )
}

function policies(count: number): string {
  return count === 1 ? '1 policy' : `${count} policies`
}

/** Names under which people find the stage's weights; the automatic save of the same step needs no mention beside them. */
function Saved({ state, stage }: { readonly state: RunState; readonly stage: PipelineConfig }): ReactElement | null {
  const all = state.checkpoints.filter((c) => c.stage === stage.id && !c.rolling)
  const named = all.filter((c) => c.name !== 'final')
  const names = (named.length > 0 ? named : all).map((c) => c.name)
  if (names.length === 0) return null
  const text = names.length > 2 ? `${names.length} saves` : names.join(', ')
  return (
    <span
      className="ml-1.5 inline-flex max-w-full items-center gap-1 text-2xs text-faint"
      title={`Saved: ${names.join(', ')}`}
    >
      <Save size={11} aria-label="saved" className="shrink-0" /> <span className="truncate">{text}</span>
    </span>
  )
}

/** A stage goes no further than its run. */
function shownPhase({ phase }: StageState, run: RunState['phase']): StageState['phase'] | 'paused' | 'interrupted' {
  return phase === 'running' && (run === 'paused' || run === 'interrupted') ? run : phase
}
