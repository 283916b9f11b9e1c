/** What the page knows of runs: the lines of the history, the opened runs, what this page is doing, and what may be asked. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RunId, StageId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { Plan } from '../ir/pipelineConfig.ts'
import type { BackendRef, RolloutRecord, RunEvent } from '../ir/runEvent.ts'
import type { RunPhase, RunState } from '../ir/runState.ts'

/** One line of the history. */
export type RunSummary = {
  readonly id: RunId
  readonly title: string
  readonly docId: string
  /** `interrupted` = the log says running, but nobody carries the run out: it can be resumed. */
  readonly phase: RunPhase
  /** Which tab carries it out; null = none. */
  readonly carriedOut: 'here' | 'elsewhere' | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly backend: BackendRef
  /** Sentence of the failure, if it failed. */
  readonly failure: string | null
}

/** What this page is doing with a run of its own. `asked` = a command that the run has not answered yet. */
export type Activity =
  | { readonly phase: 'idle' }
  | { readonly phase: 'starting'; readonly run: RunId }
  | { readonly phase: 'resuming'; readonly run: RunId }
  | { readonly phase: 'active'; readonly run: RunId; readonly asked: null | 'pause' | 'continue' | 'stop' }

export type RunsState = {
  phase: 'loading' | 'ready' | 'unavailable'
  /** Newest first, failed and stopped ones included. */
  list: readonly RunSummary[]
  /** Id of the run that cards and run panel show; null = none. */
  shown: RunId | null
  /** States of opened runs (the shown one and the active one), by id; each an immutable value. */
  states: { [run: string]: RunState }
  activity: Activity
  /** Newest problem of a command or of storage; null when all is well. */
  problem: Diagnostic | null
}

export type StartRunRequest = {
  readonly plan: Plan
  readonly docId: string
  readonly docVersion: number
  readonly title: string
  /** Text of the document's files that the plan needs, by asset id. */
  readonly assets: { readonly [asset: string]: string }
  /** Stages that run whatever earlier runs left. */
  readonly asked?: readonly StageId[]
  /** Nothing of earlier runs is used. */
  readonly fresh?: boolean
}

export type Runs = {
  readonly state: RunsState
  /** Reads the list; call once when the page opens. */
  load(): Promise<void>
  /** Goes on with the newest run of this document that a reload or crash cut off, if nobody else does. */
  resumeInterrupted(docId: string): Promise<RunId | null>
  /** Shows the newest run of the document unless one is shown, so that its cards keep what they last learned. */
  showLatest(docId: string): Promise<void>
  start(request: StartRunRequest): Promise<Result<RunId, Diagnostic>>
  /** At the next step boundary. */
  pause(): Promise<void>
  /** Continues the paused run of this page, or resumes `run` from its last saved state. */
  continue(run?: RunId): Promise<Diagnostic | null>
  /** At once. */
  stop(): Promise<void>
  resume(run: RunId): Promise<Diagnostic | null>
  /** Opens any run, old or current, with its log, points and rollouts; null closes. */
  show(run: RunId | null): Promise<Diagnostic | null>
  remove(run: RunId): Promise<Diagnostic | null>
  dismissProblem(): void
  /** Events of an opened run in order; the array is a new one whenever it grew. */
  eventsOf(run: RunId): readonly RunEvent[]
  subscribeEvents(run: RunId, listener: () => void): () => void
  /** Rollouts of an opened run's stage in the order they were made; the array is a new one whenever it grew. */
  rolloutsOf(run: RunId, stage: StageId): readonly RolloutRecord[]
  subscribeRollouts(run: RunId, listener: () => void): () => void
  dispose(): void
}

/** Works on the proxy and on a snapshot of it. */
export function shownRun(state: {
  readonly shown: RunId | null
  readonly states: { readonly [run: string]: RunState }
}): RunState | null {
  return state.shown === null ? null : (state.states[state.shown] ?? null)
}

/** The run that this page carries out at the moment, if any. */
export function activeRun(state: { readonly activity: Activity }): RunId | null {
  return state.activity.phase === 'idle' ? null : state.activity.run
}
