/** Run state as one union per stage, and the pure reducer that the page, the CLI and the history all use. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RunId, StageId } from '../base/ids.ts'
import type { Plan } from './pipelineConfig.ts'
import type { BackendRef, EvaluationResult, RunEvent, SavedCheckpoint } from './runEvent.ts'

export type StageState =
  | { readonly phase: 'queued' }
  | {
      readonly phase: 'running'
      readonly startedAt: number
      readonly totalSteps: number
      readonly rows: number
      readonly fromStep: number
    }
  | {
      readonly phase: 'finished'
      readonly startedAt: number
      readonly endedAt: number
      readonly steps: number
      readonly totalSteps: number
      readonly first: number | null
      readonly last: number | null
    }
  | {
      readonly phase: 'failed'
      readonly startedAt: number
      readonly endedAt: number
      readonly steps: number
      readonly totalSteps: number
      readonly diagnostic: Diagnostic
    }
  | {
      readonly phase: 'stopped'
      readonly startedAt: number
      readonly endedAt: number
      readonly steps: number
      readonly totalSteps: number
    }

/** `interrupted` is decided by whoever finds a log that says running while nobody holds the run's lock. */
export type RunPhase = 'running' | 'paused' | 'finished' | 'failed' | 'stopped' | 'interrupted'

export type RunState = {
  readonly run: RunId
  readonly title: string
  readonly docId: string
  readonly phase: RunPhase
  readonly backend: BackendRef
  readonly plan: Plan
  readonly startedAt: number
  readonly endedAt: number | null
  readonly stages: { readonly [stage: string]: StageState }
  readonly checkpoints: readonly SavedCheckpoint[]
  readonly evaluations: { readonly [stage: string]: readonly EvaluationResult[] }
  readonly failure: Diagnostic | null
  readonly queue: { readonly stage: StageId | null; readonly state: string; readonly reason: string | null } | null
  readonly lastSeq: number
}

/** Applies one event. `state` is null only for `runStarted`; an event out of order or repeated returns the state unchanged. */
export function reduceRun(state: RunState | null, event: RunEvent): RunState | null {
  if (event.type === 'runStarted') {
    if (state) return state
    return {
      run: event.run,
      title: event.title,
      docId: event.docId,
      phase: 'running',
      backend: event.backend,
      plan: event.plan,
      startedAt: event.at,
      endedAt: null,
      stages: Object.fromEntries(event.plan.stages.map((s) => [s.id, { phase: 'queued' } satisfies StageState])),
      checkpoints: [],
      evaluations: {},
      failure: null,
      queue: null,
      lastSeq: event.seq,
    }
  }
  if (!state || event.seq !== state.lastSeq + 1) return state
  return { ...change(state, event), lastSeq: event.seq }
}

type LaterEvent = Exclude<RunEvent, { type: 'runStarted' }>

function change(state: RunState, event: LaterEvent): RunState {
  switch (event.type) {
    case 'runResumed':
    case 'runContinued':
      return { ...state, phase: 'running', endedAt: null, failure: null }
    case 'runPaused':
      return { ...state, phase: 'paused' }
    case 'runFinished':
      return { ...state, phase: 'finished', endedAt: event.at, queue: null }
    case 'runFailed':
      return { ...state, phase: 'failed', endedAt: event.at, failure: event.diagnostic, queue: null }
    case 'runStopped':
      return { ...state, phase: 'stopped', endedAt: event.at, queue: null }
    case 'stageStarted':
      return withStage(state, event.stage, {
        phase: 'running',
        startedAt: event.at,
        totalSteps: event.totalSteps,
        rows: event.rows,
        fromStep: 0,
      })
    case 'stageResumed': {
      const before = state.stages[event.stage]
      const known = before && before.phase !== 'queued' ? before : null
      return withStage(state, event.stage, {
        phase: 'running',
        startedAt: known?.startedAt ?? event.at,
        totalSteps: known?.totalSteps ?? 0,
        rows: known && known.phase === 'running' ? known.rows : 0,
        fromStep: event.step,
      })
    }
    case 'stageFinished':
      return withStage(state, event.stage, {
        phase: 'finished',
        ...span(state, event),
        steps: event.steps,
        first: event.first,
        last: event.last,
      })
    case 'stageFailed':
      return withStage(state, event.stage, {
        phase: 'failed',
        ...span(state, event),
        steps: event.steps,
        diagnostic: event.diagnostic,
      })
    case 'stageStopped':
      return withStage(state, event.stage, { phase: 'stopped', ...span(state, event), steps: event.steps })
    case 'checkpointSaved': {
      const c = event.checkpoint
      const others = state.checkpoints.filter(
        (k) => !(k.stage === c.stage && (k.statePath === c.statePath || (k.rolling && c.rolling))),
      )
      return { ...state, checkpoints: [...others, c] }
    }
    case 'checkpointDeleted':
      return { ...state, checkpoints: state.checkpoints.filter((k) => k.statePath !== event.statePath) }
    case 'evaluated': {
      const before = (state.evaluations[event.stage] ?? []).filter((r) => r.label !== event.result.label)
      return { ...state, evaluations: { ...state.evaluations, [event.stage]: [...before, event.result] } }
    }
    case 'queueState':
      return {
        ...state,
        queue: event.state === 'active' ? null : { stage: event.stage, state: event.state, reason: event.reason },
      }
    case 'log':
      return state
  }
}

function withStage(state: RunState, stage: string, next: StageState): RunState {
  return { ...state, stages: { ...state.stages, [stage]: next } }
}

function span(
  state: RunState,
  event: { stage: StageId; at: number },
): { startedAt: number; endedAt: number; totalSteps: number } {
  const before = state.stages[event.stage]
  return {
    startedAt: before && before.phase !== 'queued' ? before.startedAt : event.at,
    endedAt: event.at,
    totalSteps: before && before.phase !== 'queued' ? before.totalSteps : 0,
  }
}
