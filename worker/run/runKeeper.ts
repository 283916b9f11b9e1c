/** Runs that this worker carries out: one lock each, begun or taken up from storage, let go when they end. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { RunId, StageId } from '#src/base/ids.ts'
import { partsOf } from '#src/ir/dataset.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { BackendRef, RunEvent } from '#src/ir/runEvent.ts'
import { onlyPinned } from '#src/ir/reuse.ts'
import type { RunState } from '#src/ir/runState.ts'
import { reduceRun } from '#src/ir/runState.ts'
import { readAssets } from '#src/persist/assets.ts'
import type { HeldLock, Locks } from '#src/persist/runLocks.ts'
import { holdRun } from '#src/persist/runLocks.ts'
import type { RunNotices } from '#src/persist/runNotices.ts'
import { readEvents, readRunHeader } from '#src/persist/runs.ts'
import type { Storage } from '#src/persist/storage.ts'
import { diagnose } from '../codes.ts'
import type { RunLimits, StartRun } from '../protocol.ts'
import type { ActiveRun } from './activeRun.ts'
import { startActiveRun } from './activeRun.ts'
import type { Backends } from './backends.ts'
import { earlierRuns } from './earlierRuns.ts'
import type { Feed } from './feed.ts'
import type { Journal, NewRun } from './journal.ts'
import { createJournal, RunOvertaken } from './journal.ts'
import type { Rows } from './rows.ts'

export type RunKeeper = {
  start(request: StartRun): Promise<Diagnostic | null>
  resume(run: RunId, limits?: RunLimits): Promise<Diagnostic | null>
  pause(run: RunId): Promise<void>
  continue(run: RunId): Promise<void>
  /** Resolves when the run has ended and let go of its lock. One that nobody carries out is marked as stopped. */
  stop(run: RunId): Promise<void>
}

export type RunKeeperDeps = {
  readonly storage: Storage
  /** Null where the platform has none: then nothing keeps two tabs apart. */
  readonly locks: Locks | null
  readonly feed: Feed
  readonly notices: RunNotices
  readonly backends: Backends
  readonly rows: Rows
  readonly now: () => number
}

/** What a person wants of a run beside its plan. */
type Wish = {
  readonly docId: string
  readonly asked: readonly StageId[]
  readonly fresh: boolean
  readonly limits: RunLimits | undefined
}

type Kept = { readonly active: ActiveRun; readonly released: Promise<void> }

type Log = { readonly events: readonly RunEvent[]; readonly state: RunState; readonly fresh: NewRun }

export function createRunKeeper(deps: RunKeeperDeps): RunKeeper {
  const { storage, locks, feed, notices, backends, rows, now } = deps
  const kept = new Map<RunId, Kept>()

  function hold(run: RunId): Promise<HeldLock | null> {
    return locks === null ? Promise.resolve({ release: () => Promise.resolve() }) : holdRun(locks, run)
  }

  function journalOf(run: RunId, known: readonly RunEvent[], fresh: NewRun): Journal {
    const onTrouble = (diagnostic: Diagnostic): void => feed.trouble(run, diagnostic)
    return createJournal(run, known, fresh, { storage, feed, notices, now, onTrouble })
  }

  /** Runs `work` under the run's lock; when it takes the run up, the lock is held until the run has ended. */
  async function locked(run: RunId, work: () => Promise<ActiveRun | Diagnostic | null>): Promise<Diagnostic | null> {
    const lock = await hold(run)
    if (lock === null) {
      return diagnose(
        'WK0003',
        { on: 'document' },
        'Another tab carries out this run. Look at it there, or close that tab.',
      )
    }
    let active: ActiveRun | null = null
    try {
      const outcome = await work()
      if (outcome === null || 'code' in outcome) return outcome
      active = outcome
    } catch (error) {
      if (error instanceof RunOvertaken) return error.diagnostic
      throw error
    } finally {
      if (active === null) await lock.release()
    }
    kept.set(run, { active, released: letGo(run, active, lock) })
    return null
  }

  async function letGo(run: RunId, active: ActiveRun, lock: HeldLock): Promise<void> {
    let cause: Diagnostic | null = null
    try {
      cause = await active.done
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      cause = diagnose('WK0006', { on: 'document' }, `The run ended by an error of Tunegraph itself: ${detail}.`)
    }
    await lock.release()
    kept.delete(run)
    feed.released(run, cause)
  }

  /** What can be known to be missing is said before a run begins or goes on, not in its middle. */
  async function missing(plan: Plan, assets: StartRun['assets']): Promise<Diagnostic | null> {
    for (const stage of plan.stages) {
      const specs = [stage.dataset, ...(stage.mode === 'sft' && stage.heldout ? [stage.heldout] : [])]
      for (const { source, mapping } of specs.flatMap(partsOf)) {
        const text = source.type === 'asset' ? (assets[source.asset] ?? null) : null
        const read = await rows.read({ source, mapping }, text)
        if (!read.ok) return read.error
      }
    }
    return null
  }

  function carryOut(
    run: RunId,
    journal: Journal,
    plan: Plan,
    ref: BackendRef,
    assets: StartRun['assets'],
    wish: Wish,
    resume?: RunState,
  ): ActiveRun | Diagnostic {
    const started = startActiveRun({
      run,
      plan,
      journal,
      rows,
      assets,
      now,
      open: (config) => backends.open(ref, config),
      tokenizerFiles: (model) => backends.tokenizerFiles(ref, model),
      earlier: async () => {
        const left = await earlierRuns(storage, ref, run)
        const used = wish.fresh ? { stages: onlyPinned(plan, left.stages) } : left
        return { ...used, docId: wish.docId, asked: new Set(wish.asked) }
      },
      ...(resume === undefined ? {} : { resume }),
      ...(wish.limits === undefined ? {} : { limits: wish.limits }),
    })
    return started.ok ? started.value : started.error
  }

  async function begin(request: StartRun): Promise<ActiveRun | Diagnostic> {
    const { run, plan, docId, docVersion, title, assets, asked = [], fresh = false, limits } = request
    const ref = backends.selected()
    const problem = (await missing(plan, assets)) ?? refusal(ref)
    if (problem) return problem
    const journal = journalOf(run, [], { docVersion, assets })
    await journal.emit({ type: 'runStarted', title, plan, backend: ref, docId, docVersion })
    // A run that cannot be written down from the first word on would be lost by a reload.
    const trouble = journal.trouble()
    if (trouble) {
      journal.abandon()
      return trouble
    }
    return carryOut(run, journal, plan, ref, assets, { docId, asked, fresh, limits })
  }

  async function takeUp(run: RunId, limits: RunLimits | undefined): Promise<ActiveRun | Diagnostic> {
    const log = await readLog(run)
    if ('code' in log) return log
    const { state, events, fresh } = log
    if (state.phase === 'finished') return cannotGoOn('It has finished.')
    const problem = (await missing(state.plan, fresh.assets)) ?? refusal(state.backend)
    if (problem) return problem
    const journal = journalOf(run, events, fresh)
    await journal.emit({ type: 'runResumed' })
    // What a person asked to run anew has begun or is in the log as what it was.
    const wish = { docId: state.docId, asked: [], fresh: false, limits }
    return carryOut(run, journal, state.plan, state.backend, fresh.assets, wish, state)
  }

  async function readLog(run: RunId): Promise<Log | Diagnostic> {
    const header = await readRunHeader(storage, run)
    if (!header.ok) return header.error
    const events = await readEvents(storage, run)
    if (!events.ok) return events.error
    const state = events.value.reduce<RunState | null>(reduceRun, null)
    if (!header.value || !state) return cannotGoOn('Its log is no longer in the storage of this browser.')
    const assets = await readAssets(storage, header.value.assets)
    if (!assets.ok) return assets.error
    return { events: events.value, state, fresh: { docVersion: header.value.docVersion, assets: assets.value } }
  }

  /** Why no client can be made for the backend, e.g. for want of a key; a client that is never used costs nothing. */
  function refusal(ref: BackendRef): Diagnostic | null {
    const client = backends.open(ref)
    if (!client.ok) return client.error
    void client.value.close()
    return null
  }

  return {
    start: (request) => locked(request.run, () => begin(request)),
    async resume(run, limits) {
      const here = kept.get(run)
      if (here && !here.active.ending()) return null
      await here?.released
      return locked(run, () => takeUp(run, limits))
    },
    pause(run) {
      kept.get(run)?.active.pause()
      return Promise.resolve()
    },
    async continue(run) {
      await kept.get(run)?.active.continue()
    },
    async stop(run) {
      const here = kept.get(run)
      if (here) {
        here.active.stop()
        await here.released
        return
      }
      await locked(run, async () => {
        const log = await readLog(run)
        if ('code' in log || (log.state.phase !== 'running' && log.state.phase !== 'paused')) return null
        const journal = journalOf(run, log.events, log.fresh)
        await journal.emit({ type: 'runStopped' })
        await journal.close()
        return null
      })
    },
  }
}

function cannotGoOn(reason: string): Diagnostic {
  return diagnose('WK0004', { on: 'document' }, `This run cannot go on: ${reason}`)
}
