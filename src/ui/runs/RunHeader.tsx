import { clsx } from 'clsx'
import { History, Play, X } from 'lucide-react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { RunState } from '#src/ir/runState.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { DeleteRun } from './DeleteRun.tsx'
import { RunProgress, StageNow } from './RunProgress.tsx'
import { PhaseIcon, phaseWord } from './phase.tsx'
import { duration, moment } from './timeWords.ts'
import { useNow } from './useNow.ts'

const BACKENDS = { embedded: 'embedded backend', tinker: 'Tinker', custom: 'server' } as const

export function RunHeader({
  state,
  history,
  onHistory,
}: {
  readonly state: RunState | null
  readonly history: boolean
  onHistory(open: boolean): void
}): ReactElement {
  const { runs } = useStores()
  const { problem, list, activity } = useSnapshot(runs.state)
  const summary = list.find((r) => r.id === state?.run)
  const phase = summary?.phase ?? state?.phase
  const open = phase === 'running'
  const now = useNow(open ? 1000 : null)
  return (
    <>
      <div className="@container shrink-0 border-b border-line">
        <div className="flex min-h-9 flex-wrap items-center gap-x-2 gap-y-1 px-2.5 py-1">
          {state && phase && !history ? (
            <>
              <PhaseIcon phase={phase} />
              <span className="max-w-64 truncate font-medium @max-md:max-w-28" title={state.title}>
                {state.title}
              </span>
              <span className="tabular text-xs text-muted">
                {phaseWord(phase)}
                <span className="@max-xl:hidden"> · {moment(state.startedAt, now)}</span> ·{' '}
                {duration((state.endedAt ?? (open ? now : lastKnown(state))) - state.startedAt)}
                <span className="@max-3xl:hidden"> · {BACKENDS[state.backend.type]}</span>
              </span>
              {open ? <StageNow state={state} /> : null}
              {open && state.queue ? (
                <span className="truncate text-xs text-warn" title={state.queue.reason ?? undefined}>
                  waiting for the backend ({state.queue.state.replaceAll('_', ' ')})
                </span>
              ) : null}
              {(phase === 'interrupted' || phase === 'stopped' || phase === 'failed') && activity.phase === 'idle' ? (
                <Button title="From the last saved state" onClick={() => void runs.resume(state.run)}>
                  <Play size={12} /> {phase === 'failed' ? 'Try again' : 'Go on'}
                </Button>
              ) : null}
            </>
          ) : (
            <span className="font-medium">{history || list.length > 0 ? 'All runs' : 'Runs'}</span>
          )}
          <span className="ml-auto flex items-center gap-1">
            {problem ? (
              <span className="flex max-w-96 items-center gap-1 text-xs text-bad" role="alert">
                <span className="truncate" title={problem.message}>
                  {problem.message}
                </span>
                <IconButton label="Dismiss" className="size-6" onClick={() => runs.dismissProblem()}>
                  <X size={13} />
                </IconButton>
              </span>
            ) : null}
            {state && !history && activity.phase === 'idle' ? <DeleteRun key={state.run} run={state.run} /> : null}
            {list.length > 0 && state ? (
              <Button look="plain" aria-pressed={history} onClick={() => onHistory(!history)}>
                <History size={13} />{' '}
                {history ? (
                  'Back to the run'
                ) : (
                  <>
                    <span className="@max-lg:sr-only">History</span> ({list.length})
                  </>
                )}
              </Button>
            ) : null}
          </span>
        </div>
      </div>
      {state?.failure && !history ? (
        <p
          className={clsx(
            'shrink-0 border-b border-line px-2.5 py-1 text-xs',
            // A budget that is used up is no failure.
            state.failure.severity === 'error' ? 'bg-bad-soft text-bad' : 'bg-warn-soft text-warn',
          )}
          title={state.failure.code}
        >
          <span className="line-clamp-3">{state.failure.message}</span>
        </p>
      ) : null}
      {state && !history && phase !== 'finished' ? <RunProgress state={state} /> : null}
    </>
  )
}

/** A run that was cut off has no end; its last stage's end or start is the best that is known. */
function lastKnown(state: RunState): number {
  const times = Object.values(state.stages).map((s) =>
    s.phase === 'queued' ? 0 : 'endedAt' in s ? s.endedAt : s.startedAt,
  )
  return Math.max(state.startedAt, ...times)
}
