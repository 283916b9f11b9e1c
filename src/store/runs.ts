/** Runs as the page sees them: the list from storage, the run that is shown, the run that this page carries out. */
import { proxy, ref } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { IdSource, RunId, StageId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import type { Plan } from '../ir/pipelineConfig.ts'
import type { BackendRef, RolloutRecord, RunEvent } from '../ir/runEvent.ts'
import type { RunPhase, RunState } from '../ir/runState.ts'
import type { Locks } from '../persist/runLocks.ts'
import type { RunNotices } from '../persist/runNotices.ts'
import { deleteRun, listRuns } from '../persist/runs.ts'
import type { Storage } from '../persist/storage.ts'
import type { RunService } from '../services/runService.ts'
import { diagnose, unanswered } from '../services/codes.ts'
import type { Metrics } from './metrics.ts'
import { createRunLogs } from './runsLogs.ts'
import { summarise } from './runsPresence.ts'

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
}

export type Runs = {
  readonly state: RunsState
  /** Reads the list; call once when the page opens. */
  load(): Promise<void>
  /** Goes on with the newest run of this document that a reload or crash cut off, if nobody else does. */
  resumeInterrupted(docId: string): Promise<RunId | null>
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

export type RunsDeps = {
  readonly storage: Storage
  readonly service: RunService
  readonly metrics: Metrics
  /** Null where the page has no Web Locks: then every unfinished run of the list counts as interrupted. */
  readonly locks: Locks | null
  readonly notices: RunNotices
  readonly ids: IdSource
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

/** A worker that dies again and again with the same run must not be fed it for ever. */
const RESUMES_AFTER_CRASH = 2

export function createRuns(deps: RunsDeps): Runs {
  const { storage, service, metrics, locks, notices, ids } = deps
  const state = proxy<RunsState>({
    phase: 'loading',
    list: ref([]),
    shown: null,
    states: {},
    activity: { phase: 'idle' },
    problem: null,
  })
  const crashes = new Map<RunId, number>()
  const logs = createRunLogs({ storage, metrics, onState: (run, next) => changed(run, next), onProblem: problem })
  const unsubscribe = [
    service.onFeed((feed) => {
      logs.receive(feed)
      if (feed.type === 'trouble') problem(feed.diagnostic)
      else if (feed.type === 'released') released(feed.run, feed.cause)
    }),
    service.onCrash(({ diagnostic }) => {
      problem(diagnostic)
      const run = activeRun(state)
      state.activity = { phase: 'idle' }
      if (run !== null) void afterCrash(run)
    }),
    notices.listen((run) => {
      if (run === activeRun(state)) return
      void refresh()
      if (logs.isOpen(run)) void logs.catchUp(run)
    }),
  ]

  function problem(diagnostic: Diagnostic | null): void {
    state.problem = diagnostic === null ? null : ref(diagnostic)
  }

  function changed(run: RunId, next: RunState | null): void {
    const before = state.states[run]?.phase
    if (next === null) delete state.states[run]
    else state.states[run] = ref(next)
    if (activeRun(state) !== run || next === null) return
    const { activity } = state
    if (activity.phase === 'active' && asks(activity.asked) === next.phase) {
      state.activity = { phase: 'active', run, asked: null }
    }
    if (before !== next.phase) void refresh()
  }

  /** Only now may the next run begin: the worker has written the last word of this one. */
  function released(run: RunId, cause: Diagnostic | null): void {
    crashes.delete(run)
    if (activeRun(state) === run) state.activity = { phase: 'idle' }
    if (cause) problem(cause)
    void refresh()
  }

  async function refresh(): Promise<void> {
    const headers = await listRuns(storage)
    if (!headers.ok) {
      if (state.phase === 'loading') state.phase = 'unavailable'
      problem(headers.error)
      return
    }
    state.list = ref(await summarise(headers.value, activeRun(state), locks))
    state.phase = 'ready'
  }

  /** Runs a command of the worker; a worker that dies meanwhile is a diagnostic like any other. */
  async function ask(call: () => Promise<Diagnostic | null>): Promise<Diagnostic | null> {
    try {
      return await call()
    } catch (error) {
      return unanswered(error)
    }
  }

  async function take(
    run: RunId,
    phase: 'starting' | 'resuming',
    call: () => Promise<Diagnostic | null>,
  ): Promise<Diagnostic | null> {
    if (state.activity.phase !== 'idle') {
      return refuse(
        diagnose(
          'SV0005',
          { on: 'document' },
          'Another run is going on here. Stop it first, or wait until it has finished.',
        ),
      )
    }
    problem(null)
    state.activity = { phase, run }
    const refused = await ask(call)
    if (refused) {
      if (activeRun(state) === run) state.activity = { phase: 'idle' }
      return refuse(refused)
    }
    // A short run may be over before the worker's answer is here.
    if (state.activity.phase === phase && state.activity.run === run)
      state.activity = { phase: 'active', run, asked: null }
    await refresh()
    return null
  }

  function refuse(diagnostic: Diagnostic): Diagnostic {
    problem(diagnostic)
    return diagnostic
  }

  async function resume(run: RunId): Promise<Diagnostic | null> {
    const opened = await show(run)
    if (opened) return opened
    return take(run, 'resuming', () => service.host.resume(run))
  }

  async function show(run: RunId | null): Promise<Diagnostic | null> {
    const before = state.shown
    const failed = run === null || logs.isOpen(run) ? null : await logs.open(run)
    if (failed) return refuse(failed)
    state.shown = run
    if (before !== null && before !== run && before !== activeRun(state)) logs.close(before)
    return null
  }

  async function afterCrash(run: RunId): Promise<void> {
    const count = (crashes.get(run) ?? 0) + 1
    crashes.set(run, count)
    await refresh()
    if (count <= RESUMES_AFTER_CRASH) await resume(run)
  }

  async function command(asked: 'pause' | 'continue' | 'stop'): Promise<void> {
    const { activity } = state
    if (activity.phase !== 'active') return
    const { run } = activity
    // Continue before the pause was noticed only takes the wish back.
    const answered = asks(asked) === state.states[run]?.phase
    state.activity = { phase: 'active', run, asked: answered ? null : asked }
    await ask(async () => {
      await service.host[asked](run)
      return null
    }).then((failed) => failed && refuse(failed))
  }

  return {
    state,
    load: refresh,
    async resumeInterrupted(docId) {
      await refresh()
      const cut = state.list.find((run) => run.docId === docId && run.phase === 'interrupted')
      if (!cut || state.activity.phase !== 'idle') return null
      return (await resume(cut.id)) === null ? cut.id : null
    },
    async start(request) {
      const run = ids<'RunId'>('run')
      const before = state.shown
      logs.begin(run)
      state.shown = run
      const refused = await take(run, 'starting', () => service.host.start({ run, ...request }))
      if (!refused) {
        if (before !== null && before !== run) logs.close(before)
        return ok(run)
      }
      logs.close(run)
      state.shown = before
      return err(refused)
    },
    pause: () => command('pause'),
    async continue(run) {
      if (run !== undefined && run !== activeRun(state)) return resume(run)
      await command('continue')
      return null
    },
    stop: () => command('stop'),
    resume,
    show,
    async remove(run) {
      if (run === activeRun(state)) {
        return refuse(diagnose('SV0005', { on: 'document' }, 'The run is going on. Stop it before deleting it.'))
      }
      const deleted = await deleteRun(storage, run)
      if (!deleted.ok) return refuse(deleted.error)
      if (state.shown === run) state.shown = null
      logs.close(run)
      notices.announce(run)
      await refresh()
      return null
    },
    dismissProblem: () => problem(null),
    eventsOf: logs.eventsOf,
    subscribeEvents: logs.subscribeEvents,
    rolloutsOf: logs.rolloutsOf,
    subscribeRollouts: logs.subscribeRollouts,
    dispose() {
      for (const stop of unsubscribe) stop()
    },
  }
}

function asks(asked: 'pause' | 'continue' | 'stop' | null): RunPhase | null {
  return asked === 'pause' ? 'paused' : asked === 'continue' ? 'running' : null
}
