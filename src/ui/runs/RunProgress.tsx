/** Which stage runs now and how far the run is: one piece of the bar per stage, filled as its steps are done. */
import { clsx } from 'clsx'
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { RunState, StageState } from '#src/ir/runState.ts'
import { stepsDone } from '../canvas/stageProgress.ts'
import { useStores } from '../shell/useStores.ts'
import { StepCount } from './StepCount.tsx'
import { runningStage } from './runningStage.ts'

const PAINT_MS = 220

/** `stage 2 of 3: RL (GRPO), step 12 of 36 · 20 s left`; nothing while no stage runs. */
export function StageNow({ state }: { readonly state: RunState }): ReactElement | null {
  const now = runningStage(state)
  if (!now) return null
  const { stage, index, progress } = now
  return (
    <span className="tabular flex min-w-0 items-baseline gap-1.5 text-xs">
      <span className="shrink-0 text-muted">
        stage {index + 1} of {state.plan.stages.length}
      </span>
      <span className="truncate font-medium">{stage.title}</span>
      <span className="shrink-0 text-muted">
        {stage.mode === 'evaluate' ? (
          `${(state.evaluations[stage.id] ?? []).length} of ${stage.evaluation.policies.length} policies`
        ) : (
          <StepCount run={state.run} stage={stage.id} total={progress.totalSteps} from={progress.fromStep} />
        )}
      </span>
    </span>
  )
}

export function RunProgress({ state }: { readonly state: RunState }): ReactElement {
  const { stages } = state.plan
  const done = stages.filter((stage) => state.stages[stage.id]?.phase === 'finished').length
  return (
    <div
      role="progressbar"
      aria-label="Progress of the run"
      aria-valuemin={0}
      aria-valuemax={stages.length}
      aria-valuenow={done}
      aria-valuetext={`${done} of ${stages.length} stages finished`}
      className="flex h-1 shrink-0 gap-px bg-line"
    >
      {stages.map((stage) => (
        <Piece key={stage.id} state={state} id={stage.id} progress={state.stages[stage.id] ?? { phase: 'queued' }} />
      ))}
    </div>
  )
}

function Piece({
  state,
  id,
  progress,
}: {
  readonly state: RunState
  readonly id: RunState['plan']['stages'][number]['id']
  readonly progress: StageState
}): ReactElement {
  const { metrics } = useStores()
  const fill = useRef<HTMLSpanElement>(null)
  const { run } = state
  const { phase } = progress
  const from = progress.phase === 'running' ? progress.fromStep : progress.phase === 'queued' ? 0 : progress.steps
  const total = progress.phase === 'queued' ? 0 : progress.totalSteps
  useEffect(() => {
    const paint = (done: number): void => {
      const share = phase === 'finished' ? 1 : total > 0 ? Math.min(1, done / total) : 0
      if (fill.current) fill.current.style.transform = `scaleX(${share})`
    }
    paint(from)
    if (phase !== 'running') return undefined
    let painted = -PAINT_MS
    return metrics.subscribeFrame(({ now }) => {
      if (now - painted < PAINT_MS) return
      painted = now
      paint(Math.max(from, stepsDone(metrics, run, id)))
    })
  }, [metrics, run, id, phase, from, total])
  return (
    <span className="relative min-w-0 flex-1 overflow-hidden bg-sunken">
      <span
        ref={fill}
        style={{ transform: 'scaleX(0)' }}
        className={clsx(
          'absolute inset-0 origin-left transition-transform duration-200',
          phase === 'failed'
            ? 'bg-bad'
            : phase === 'finished'
              ? 'bg-good'
              : phase === 'stopped'
                ? 'bg-faint'
                : 'bg-accent',
        )}
      />
    </span>
  )
}
