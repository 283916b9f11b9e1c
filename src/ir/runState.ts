/** Run state as one union per stage, and the pure reducer that the page, the CLI and the history all use. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RunId, StageId } from '../base/ids.ts'
import type { Plan } from './pipelineConfig.ts'
import { RUN_SPENT_NOTHING } from './spent.ts'
import type { RunSpent } from './spent.ts'
import type { Outcomes } from './decide.ts'
import type { RerunReason } from './reuse.ts'
import { upgradePlan } from './upgradePlan.ts'
import type { BackendRef, EvaluationResult, RunEvent, SavedCheckpoint } from './runEvent.ts'

/** What is known of a stage from its start on. */
type Begun = {
  readonly startedAt: number
  readonly totalSteps: number
  /** Rows that the stage works with. */
  readonly rows: number
}

type Ended = Begun & { readonly endedAt: number; readonly steps: number }

export type StageState =
  | { readonly phase: 'queued' }
  | (Begun & { readonly phase: 'running'; readonly fromStep: number })
  | (Ended & {
      readonly phase: 'finished'
      readonly first: number | null
      readonly last: number | null
      /** The earlier run whose results these are; absent when this run made them. */
      readonly reusedFrom?: RunId
    })
  | (Ended & { readonly phase: 'failed'; readonly diagnostic: Diagnostic })
  | (Ended & { readonly phase: 'stopped' })
  /** A gate was closed, or nothing came to it. */
  | (Ended & { readonly phase: 'skipped'; readonly reason: string })

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
  /** Outcomes of gates and choices so far. */
  readonly decisions: Outcomes
  /** Why each stage runs although something like it has run before; a stage that is reused has none. */
  readonly reruns: { readonly [stage: string]: readonly RerunReason[] }
  /** What it has used, as last told; logs of older versions do not tell. */
  readonly spent: RunSpent
  readonly failure: Diagnostic | null
  readonly queue: { readonly stage: StageId | null; readonly state: string; readonly reason: string | null } | null
  readonly lastSeq: number
}

/** Applies one event. `state` is null only for `runStarted`; an event out of order or repeated returns the state unchanged. */
export function reduceRun(state: RunState | null, event: RunEvent): RunState | null {
  if (event.type === 'runStarted') {
    if (state) return state
    const plan = upgradePlan(event.plan) as Plan
    return {
      run: event.run,
      title: event.title,
      docId: event.docId,
      phase: 'running',
      backend: event.backend,
      // Logs of older versions stay in people's browsers; what is current comes back as the same object.
      plan,
      startedAt: event.at,
      endedAt: null,
      stages: Object.fromEntries(plan.stages.map((s) => [s.id, { phase: 'queued' } satisfies StageState])),
      checkpoints: [],
      evaluations: {},
      decisions: {},
      reruns: {},
      spent: RUN_SPENT_NOTHING,
      failure: null,
      queue: null,
      lastSeq: event.seq,
    }
  }
  if (!state || event.run !== state.run || event.seq !== state.lastSeq + 1) return state
  return { ...change(state, event), lastSeq: event.seq }
}

type LaterEvent = Exclude<RunEvent, { type: 'runStarted' }>

function change(state: RunState, event: LaterEvent): RunState {
  switch (event.type) {
    case 'runResumed':
      return { ...state, phase: 'running', endedAt: null, failure: null }
    case 'runContinued':
      return state.phase === 'paused' ? { ...state, phase: 'running' } : state
    case 'runPaused':
      return state.phase === 'running' ? { ...state, phase: 'paused' } : state
    case 'runFinished':
      return ended(state, event.at, 'finished', null)
    case 'runFailed':
      return ended(state, event.at, 'failed', event.diagnostic)
    case 'runStopped':
      return ended(state, event.at, 'stopped', event.diagnostic ?? null)
    case 'stageStarted': {
      const { totalSteps, rows } = event
      return withStage(state, event.stage, { phase: 'running', startedAt: event.at, totalSteps, rows, fromStep: 0 })
    }
    case 'stageResumed':
      return withStage(state, event.stage, { ...begun(state, event), phase: 'running', fromStep: event.step })
    case 'stageFinished': {
      const { steps, first, last } = event
      return withStage(state, event.stage, {
        ...begun(state, event),
        phase: 'finished',
        endedAt: event.at,
        steps,
        first,
        last,
      })
    }
    case 'stageFailed': {
      const { steps, diagnostic } = event
      return withStage(state, event.stage, {
        ...begun(state, event),
        phase: 'failed',
        endedAt: event.at,
        steps,
        diagnostic,
      })
    }
    case 'stageStopped': {
      const { steps } = event
      return withStage(state, event.stage, { ...begun(state, event), phase: 'stopped', endedAt: event.at, steps })
    }
    case 'reusePlanned':
      return { ...state, reruns: Object.fromEntries(event.stages.map((s) => [s.stage, s.reasons])) }
    case 'stageReused': {
      const { stage, at, from, steps, totalSteps, rows, first, last, checkpoints, evaluations } = event
      const times = { startedAt: at, endedAt: at }
      const phase = { phase: 'finished', ...times, steps, totalSteps, rows, first, last, reusedFrom: from } as const
      return {
        ...withStage(state, stage, phase),
        checkpoints: [...state.checkpoints.filter((save) => save.stage !== stage), ...checkpoints],
        evaluations: evaluations.length > 0 ? { ...state.evaluations, [stage]: evaluations } : state.evaluations,
      }
    }
    case 'stageSkipped': {
      const { stage, at, reason } = event
      const nothing = { startedAt: at, endedAt: at, steps: 0, totalSteps: 0, rows: 0 }
      return withStage(state, stage, { phase: 'skipped', ...nothing, reason })
    }
    case 'decided': {
      const { decision, outcome, value } = event
      return { ...state, decisions: { ...state.decisions, [decision]: { outcome, value } } }
    }
    case 'checkpointSaved': {
      const { checkpoint } = event
      const others = state.checkpoints.filter((known) => !replaces(checkpoint, known))
      return { ...state, checkpoints: [...others, checkpoint] }
    }
    case 'checkpointDeleted':
      return { ...state, checkpoints: state.checkpoints.filter((known) => known.statePath !== event.statePath) }
    case 'evaluated': {
      const before = (state.evaluations[event.stage] ?? []).filter((r) => r.label !== event.result.label)
      return { ...state, evaluations: { ...state.evaluations, [event.stage]: [...before, event.result] } }
    }
    case 'queueState': {
      const { stage, state: queued, reason } = event
      return { ...state, queue: queued === 'active' ? null : { stage, state: queued, reason } }
    }
    case 'spent':
      return { ...state, spent: event.spent }
    case 'log':
      return state
  }
}

/** A stage that enters another phase waits for nothing any more. */
function withStage(state: RunState, stage: StageId, next: StageState): RunState {
  const queue = state.queue?.stage === stage && next.phase !== 'running' ? null : state.queue
  return { ...state, stages: { ...state.stages, [stage]: next }, queue }
}

/** No stage goes on running when its run has ended, also when the log was cut off before the stage's own end. */
function ended(
  state: RunState,
  at: number,
  phase: 'finished' | 'failed' | 'stopped',
  failure: Diagnostic | null,
): RunState {
  const stages = Object.entries(state.stages).map(([id, stage]): [string, StageState] => {
    if (stage.phase !== 'running') return [id, stage]
    const { fromStep, ...known } = stage
    return [id, { ...known, phase: 'stopped', endedAt: at, steps: fromStep }]
  })
  return { ...state, phase, endedAt: at, failure, queue: null, stages: Object.fromEntries(stages) }
}

function begun(state: RunState, event: { readonly stage: StageId; readonly at: number }): Begun {
  const before = state.stages[event.stage]
  if (!before || before.phase === 'queued') return { startedAt: event.at, totalSteps: 0, rows: 0 }
  return { startedAt: before.startedAt, totalSteps: before.totalSteps, rows: before.rows }
}

/** A stage has one rolling save, and one save of a name: after resuming, the same step is saved again elsewhere. */
function replaces(next: SavedCheckpoint, known: SavedCheckpoint): boolean {
  if (known.stage !== next.stage) return false
  return known.statePath === next.statePath || (known.rolling && next.rolling) || sameName(known, next)
}

function sameName(a: SavedCheckpoint, b: SavedCheckpoint): boolean {
  return a.name === b.name && a.rolling === b.rolling
}
