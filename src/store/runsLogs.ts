/** Opened runs: their logs, states, points and rollouts, read from storage and kept up to date by the worker's feed. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RunId, StageId } from '../base/ids.ts'
import type { RolloutRecord, RunEvent } from '../ir/runEvent.ts'
import type { RunState } from '../ir/runState.ts'
import { reduceRun } from '../ir/runState.ts'
import { diagnose } from '../persist/codes.ts'
import { readMetrics } from '../persist/metricChunks.ts'
import { readRollouts, ROLLOUTS_KEPT } from '../persist/rollouts.ts'
import { readEvents } from '../persist/runs.ts'
import type { Storage } from '../persist/storage.ts'
import type { RunFeed } from '../services/runService.ts'
import type { Metrics } from './metrics.ts'

type Opened = {
  state: RunState | null
  events: readonly RunEvent[]
  readonly rollouts: Map<string, readonly RolloutRecord[]>
}

export type RunLogs = {
  /** A run that is about to begin; its log comes through the feed. */
  begin(run: RunId): void
  open(run: RunId): Promise<Diagnostic | null>
  close(run: RunId): void
  isOpen(run: RunId): boolean
  /** As its log has it; null while nothing of it is known. */
  stateOf(run: RunId): RunState | null
  /** Reads what another tab has written since. */
  catchUp(run: RunId): Promise<void>
  receive(feed: RunFeed): void
  eventsOf(run: RunId): readonly RunEvent[]
  subscribeEvents(run: RunId, listener: () => void): () => void
  rolloutsOf(run: RunId, stage: StageId): readonly RolloutRecord[]
  subscribeRollouts(run: RunId, listener: () => void): () => void
}

export type RunLogsDeps = {
  readonly storage: Storage
  readonly metrics: Metrics
  /** Null when the run was closed. */
  onState(run: RunId, state: RunState | null): void
  onProblem(problem: Diagnostic): void
}

const NO_EVENTS: readonly RunEvent[] = []
const NO_ROLLOUTS: readonly RolloutRecord[] = []

export function createRunLogs({ storage, metrics, onState, onProblem }: RunLogsDeps): RunLogs {
  const opened = new Map<RunId, Opened>()
  const eventListeners = createListeners()
  const rolloutListeners = createListeners()

  function apply(run: RunId, events: readonly RunEvent[]): void {
    const log = opened.get(run)
    if (!log) return
    const fresh: RunEvent[] = []
    let { state } = log
    for (const event of events) {
      const next = reduceRun(state, event)
      if (next === state) continue
      state = next
      fresh.push(event)
      if (event.type === 'stageResumed') cut(run, log, event.stage, event.step)
    }
    if (fresh.length > 0) {
      log.state = state
      log.events = [...log.events, ...fresh]
      onState(run, state)
      eventListeners.call(run)
    }
    const lastSeq = state?.lastSeq ?? -1
    // Events that were written before this page began to listen.
    if (events.some((event) => event.seq > lastSeq)) void readNewEvents(run)
  }

  function cut(run: RunId, log: Opened, stage: StageId, step: number): void {
    metrics.truncate(run, stage, step)
    const kept = log.rollouts.get(stage)?.filter((r) => r.step < step)
    if (kept) log.rollouts.set(stage, kept)
    rolloutListeners.call(run)
  }

  function addRollouts(records: readonly RolloutRecord[]): void {
    const touched = new Set<RunId>()
    for (const { run, stage } of new Map(records.map((r) => [JSON.stringify([r.run, r.stage]), r])).values()) {
      const log = opened.get(run)
      if (!log) continue
      const fresh = records.filter((r) => r.run === run && r.stage === stage)
      log.rollouts.set(stage, [...(log.rollouts.get(stage) ?? []), ...fresh].slice(-ROLLOUTS_KEPT))
      touched.add(run)
    }
    for (const run of touched) rolloutListeners.call(run)
  }

  async function readPoints(run: RunId, log: Opened): Promise<Diagnostic | null> {
    const points = await readMetrics(storage, run)
    if (!points.ok) return points.error
    if (opened.get(run) !== log) return null
    metrics.replace(run, points.value)
    for (const stage of log.state?.plan.stages ?? []) {
      const rollouts = await readRollouts(storage, run, stage.id)
      if (!rollouts.ok) return rollouts.error
      if (rollouts.value.length > 0) log.rollouts.set(stage.id, rollouts.value)
    }
    rolloutListeners.call(run)
    return null
  }

  async function open(run: RunId): Promise<Diagnostic | null> {
    const log: Opened = { state: null, events: NO_EVENTS, rollouts: new Map() }
    const events = await readEvents(storage, run)
    if (!events.ok) return events.error
    if (events.value.length === 0) {
      return diagnose('PS6007', { on: 'document' }, 'The log of this run is no longer in the storage of this browser.')
    }
    opened.set(run, log)
    apply(run, events.value)
    return readPoints(run, log)
  }

  async function readNewEvents(run: RunId): Promise<void> {
    const log = opened.get(run)
    if (!log) return
    const events = await readEvents(storage, run, (log.state?.lastSeq ?? -1) + 1)
    if (!events.ok) onProblem(events.error)
    else if (events.value.length > 0) apply(run, events.value)
  }

  async function catchUp(run: RunId): Promise<void> {
    await readNewEvents(run)
    const log = opened.get(run)
    const failed = log ? await readPoints(run, log) : null
    if (failed) onProblem(failed)
  }

  return {
    begin(run) {
      opened.set(run, { state: null, events: NO_EVENTS, rollouts: new Map() })
    },
    open,
    close(run) {
      if (!opened.delete(run)) return
      metrics.forget(run)
      onState(run, null)
    },
    isOpen: (run) => opened.has(run),
    stateOf: (run) => opened.get(run)?.state ?? null,
    catchUp,
    receive(feed) {
      if (feed.type === 'metrics') metrics.append(feed.batches.filter((batch) => opened.has(batch.run)))
      else if (feed.type === 'rollouts') addRollouts(feed.rollouts)
      else if (feed.type === 'events') {
        for (const run of new Set(feed.events.map((event) => event.run))) {
          apply(
            run,
            feed.events.filter((event) => event.run === run),
          )
        }
      }
    },
    eventsOf: (run) => opened.get(run)?.events ?? NO_EVENTS,
    subscribeEvents: eventListeners.add,
    rolloutsOf: (run, stage) => opened.get(run)?.rollouts.get(stage) ?? NO_ROLLOUTS,
    subscribeRollouts: rolloutListeners.add,
  }
}

function createListeners(): {
  add(run: RunId, listener: () => void): () => void
  call(run: RunId): void
} {
  const byRun = new Map<RunId, Set<() => void>>()
  return {
    add(run, listener) {
      const listeners = byRun.get(run) ?? new Set()
      byRun.set(run, listeners.add(listener))
      return () => {
        listeners.delete(listener)
      }
    },
    call(run) {
      for (const listener of byRun.get(run) ?? []) listener()
    },
  }
}
