/** Writes what a run does: events at once, points and rollouts with them or every two seconds, one transaction at a time. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { MetricBatch, RolloutRecord, RunEvent, RunEventBody } from '#src/ir/runEvent.ts'
import type { RunState } from '#src/ir/runState.ts'
import { reduceRun } from '#src/ir/runState.ts'
import type { RunNotices } from '#src/persist/runNotices.ts'
import { writeRun } from '#src/persist/runs.ts'
import type { Storage } from '#src/persist/storage.ts'
import type { Feed } from './feed.ts'
import { headerOf } from './header.ts'
import { PointBuffer } from './pointBuffer.ts'

export type Journal = {
  state(): RunState | null
  /** Null, or why the newest write failed: what was recorded since is only in memory. */
  trouble(): Diagnostic | null
  /**
   * Resolves when the event and everything recorded before it is in storage. A full disk does not stop a run: then it
   * resolves after one attempt, the write is tried again with the next, and `onTrouble` is told. Rejects only when
   * somebody else has written this run.
   */
  emit(event: RunEventBody): Promise<void>
  metrics(batch: Omit<MetricBatch, 'run'>): void
  rollouts(records: readonly Omit<RolloutRecord, 'run'>[]): void
  /** Writes what is left; on a full disk again and again for a minute. */
  close(): Promise<void>
  /** Gives up what is left. */
  abandon(): void
}

export type JournalDeps = {
  readonly storage: Storage
  readonly feed: Feed
  readonly notices: RunNotices
  readonly now: () => number
  /** A write failed (told once until one succeeds again). */
  onTrouble(diagnostic: Diagnostic): void
}

export type NewRun = { readonly docVersion: number; readonly assets: { readonly [asset: string]: string } }

/** Events that can be missed by a crash without harm wait for the next write. */
const PATIENT = new Set<RunEventBody['type']>(['log', 'queueState'])
const WRITE_EVERY_MS = 2000
const LAST_ATTEMPTS = 30

/** Somebody else has appended to the run's log; this run must end without another word. */
export class RunOvertaken extends Error {
  readonly diagnostic: Diagnostic
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message)
    this.diagnostic = diagnostic
  }
}

/** @param known the log so far of a run that goes on; empty for a new one, whose first event must be `runStarted` */
export function createJournal(run: RunId, known: readonly RunEvent[], fresh: NewRun, deps: JournalDeps): Journal {
  const { storage, feed, notices, now, onTrouble } = deps
  const points = new PointBuffer()
  let state = known.reduce<RunState | null>(reduceRun, null)
  let seq = state === null ? 0 : state.lastSeq + 1
  let created = known.length > 0
  let events: RunEvent[] = []
  let batches: MetricBatch[] = []
  let rollouts: RolloutRecord[] = []
  let cuts: { stage: StageId; step: number }[] = []
  let timer: ReturnType<typeof setTimeout> | null = null
  let abandoned = false
  let writing: Promise<void> = Promise.resolve()
  let trouble: Diagnostic | null = null

  /** Writes everything that is waiting, after the writes already under way. */
  function write(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    writing = writing.then(writeNow)
    // Whoever awaits it hears of a failure; a write that nobody awaits must not count as unhandled.
    writing.catch(() => undefined)
    return writing
  }

  async function writeNow(): Promise<void> {
    batches.push(...points.take())
    if (abandoned || state === null || (events.length === 0 && batches.length === 0 && rollouts.length === 0)) return
    const header = headerOf(state, fresh, now())
    const pending = { events, header, metrics: batches, rollouts, cuts }
    events = []
    batches = []
    rollouts = []
    cuts = []
    const result = await writeRun(storage, run, pending, created ? null : { assets: fresh.assets })
    if (result.ok) {
      created = true
      trouble = null
      notices.announce(run)
      return
    }
    if (result.error.code === 'PS6006') throw new RunOvertaken(result.error)
    // Nothing was written: it all goes first into the next attempt.
    events = [...pending.events, ...events]
    batches = [...pending.metrics, ...batches]
    rollouts = [...pending.rollouts, ...rollouts]
    cuts = [...pending.cuts, ...cuts]
    later()
    if (trouble === null) onTrouble(result.error)
    trouble = result.error
  }

  function later(): void {
    timer ??= setTimeout(() => void write(), WRITE_EVERY_MS)
  }

  return {
    state: () => state,
    trouble: () => trouble,
    async emit(body) {
      const event: RunEvent = { ...body, run, seq: seq++, at: now() }
      state = reduceRun(state, event)
      events.push(event)
      if (event.type === 'stageResumed') {
        cuts.push({ stage: event.stage, step: event.step })
        // What was recorded before belongs to the steps that are void now.
        batches.push(...points.take())
        batches = batches.filter((batch) => batch.stage !== event.stage)
      }
      feed.event(event)
      if (PATIENT.has(body.type)) later()
      else await write()
    },
    metrics(batch) {
      const whole = { ...batch, run }
      points.add(whole)
      feed.metrics(whole)
      later()
    },
    rollouts(records) {
      const whole = records.map((record) => ({ ...record, run }))
      rollouts.push(...whole)
      feed.rollouts(whole)
      later()
    },
    async close() {
      for (let attempt = 0; attempt < LAST_ATTEMPTS; attempt++) {
        await write()
        if (trouble === null) break
        await new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS))
      }
      if (timer !== null) clearTimeout(timer)
      timer = null
      feed.flush()
    },
    abandon() {
      if (timer !== null) clearTimeout(timer)
      timer = null
      abandoned = true
    },
  }
}
