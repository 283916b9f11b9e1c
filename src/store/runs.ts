/** Runs as the page sees them: the list from storage, the run that is shown, the run that this page carries out. */
import { proxy, ref } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { IdSource, RunId } from '../base/ids.ts'
import { err, ok } from '../base/result.ts'
import type { RunPhase, RunState } from '../ir/runState.ts'
import type { Locks } from '../persist/runLocks.ts'
import { runReleased } from '../persist/runLocks.ts'
import type { RunNotices } from '../persist/runNotices.ts'
import { deleteRun, listRuns } from '../persist/runs.ts'
import type { Storage } from '../persist/storage.ts'
import type { RunLimits, RunService } from '../services/runService.ts'
import { diagnose } from '../services/codes.ts'
import { unanswered } from '../services/unanswered.ts'
import type { Metrics } from './metrics.ts'
import { createRunLogs } from './runsLogs.ts'
import { activeRun } from './runsModel.ts'
import type { Runs, RunsState } from './runsModel.ts'
import { summarise } from './runsPresence.ts'

export { activeRun, shownRun } from './runsModel.ts'
export type { Activity, Runs, RunsState, RunSummary, StartRunRequest } from './runsModel.ts'

export type RunsDeps = {
  readonly storage: Storage
  readonly service: RunService
  readonly metrics: Metrics
  /** Null where the page has no Web Locks: then every unfinished run of the list counts as interrupted. */
  readonly locks: Locks | null
  readonly notices: RunNotices
  readonly ids: IdSource
  /** What a run may cost at most, as it is set when the run begins or goes on; without it nothing is limited. */
  readonly limits?: () => RunLimits
}

/** A worker that dies again and again with the same run must not be fed it for ever. */
const RESUMES_AFTER_CRASH = 2
const LOOKS = 8
const LOOK_EVERY_MS = 250

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
  let reading: Promise<void> | null = null
  let again: Promise<void> | null = null
  const watched = new Map<RunId, AbortController>()
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
    else state.states[run] = ref(seen(next))
    if (activeRun(state) !== run || next === null) return
    const { activity } = state
    if (activity.phase === 'active' && asks(activity.asked) === next.phase) {
      state.activity = { phase: 'active', run, asked: null }
    }
    if (before !== next.phase) void refresh()
  }

  /** The log cannot know that its run was cut off; whoever finds nobody holding it does. */
  function seen(logged: RunState): RunState {
    const cut = state.list.some((line) => line.id === logged.run && line.phase === 'interrupted')
    const phase = cut && logged.phase === 'running' && logged.run !== activeRun(state) ? 'interrupted' : logged.phase
    return phase === logged.phase ? logged : { ...logged, phase }
  }

  /** A run of another tab ends without a word when that tab is closed. */
  function watch(): void {
    const elsewhere = new Set(state.list.flatMap((line) => (line.carriedOut === 'elsewhere' ? [line.id] : [])))
    for (const [run, watching] of watched) {
      if (elsewhere.has(run)) continue
      watching.abort()
      watched.delete(run)
    }
    if (locks === null) return
    for (const run of elsewhere) {
      if (watched.has(run)) continue
      const watching = new AbortController()
      watched.set(run, watching)
      runReleased(locks, run, watching.signal).then(refresh, (error: unknown) => {
        if (!watching.signal.aborted) throw error
      })
    }
  }

  /** Only now may the next run begin: the worker has written the last word of this one. */
  function released(run: RunId, cause: Diagnostic | null): void {
    crashes.delete(run)
    if (activeRun(state) === run) state.activity = { phase: 'idle' }
    if (cause) problem(cause)
    void refresh()
  }

  /** One at a time, and one more for all who ask meanwhile: an older answer never replaces a newer one. */
  function refresh(): Promise<void> {
    if (reading === null) {
      reading = read().finally(() => {
        reading = null
      })
      return reading
    }
    again ??= reading.then(() => {
      again = null
      return refresh()
    })
    return again
  }

  async function read(): Promise<void> {
    const headers = await listRuns(storage)
    if (!headers.ok) {
      if (state.phase === 'loading') state.phase = 'unavailable'
      problem(headers.error)
      return
    }
    state.list = ref(await summarise(headers.value, activeRun(state), locks))
    state.phase = 'ready'
    for (const run of Object.keys(state.states) as RunId[]) {
      const logged = logs.stateOf(run)
      if (logged && seen(logged).phase !== state.states[run]?.phase) state.states[run] = ref(seen(logged))
    }
    watch()
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
      await refresh()
      return refuse(refused)
    }
    // A short run may be over before the worker's answer is here.
    if (state.activity.phase === phase && state.activity.run === run)
      state.activity = { phase: 'active', run, asked: null }
    await refresh()
    return null
  }

  /** A page that is being reloaded lets go of its run a moment after this one has begun to look. */
  async function findInterrupted(docId: string): Promise<RunId | null> {
    for (let looks = 0; ; looks++) {
      await refresh()
      const ofDocument = state.list.filter((run) => run.docId === docId)
      const cut = ofDocument.find((run) => run.phase === 'interrupted')
      if (cut) return cut.id
      if (looks === LOOKS || !ofDocument.some((run) => run.carriedOut === 'elsewhere')) return null
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  function refuse(diagnostic: Diagnostic): Diagnostic {
    problem(diagnostic)
    return diagnostic
  }

  async function resume(run: RunId): Promise<Diagnostic | null> {
    const opened = await show(run)
    if (opened) return opened
    return take(run, 'resuming', () => service.host.resume(run, deps.limits?.()))
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
      const cut = await findInterrupted(docId)
      if (cut === null || state.activity.phase !== 'idle') return null
      const refused = await resume(cut)
      // Another tab of the same document was quicker: all is well.
      if (refused?.code === 'WK0003') problem(null)
      return refused === null ? cut : null
    },
    async showLatest(docId) {
      const latest = state.list.find((run) => run.docId === docId)
      if (latest && state.shown === null) await show(latest.id)
    },
    async start(request) {
      const run = ids<'RunId'>('run')
      const before = state.shown
      logs.begin(run)
      state.shown = run
      const refused = await take(run, 'starting', () =>
        service.host.start({ run, ...request, ...(deps.limits ? { limits: deps.limits() } : {}) }),
      )
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
      // The log knows where the saves are: it goes last, and stays when they could not be deleted.
      const kept = await ask(() => service.host.dropCheckpoints(run))
      if (kept) return refuse(kept)
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
      for (const watching of watched.values()) watching.abort()
    },
  }
}

function asks(asked: 'pause' | 'continue' | 'stop' | null): RunPhase | null {
  return asked === 'pause' ? 'paused' : asked === 'continue' ? 'running' : null
}
