/** What the page hears of runs: at most ten messages of a sort per second, arrays transferred. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { RunId } from '#src/base/ids.ts'
import type { MetricBatch, RolloutRecord, RunEvent } from '#src/ir/runEvent.ts'
import type { RunFeed } from '../protocol.ts'
import { PointBuffer } from './pointBuffer.ts'

export type Feed = {
  event(event: RunEvent): void
  metrics(batch: MetricBatch): void
  rollouts(records: readonly RolloutRecord[]): void
  trouble(run: RunId, diagnostic: Diagnostic): void
  /** The last word of a run: everything gathered goes before it. */
  released(run: RunId, cause: Diagnostic | null): void
  /** Sends what is gathered now. */
  flush(): void
}

const EVERY_MS = 100

export function createFeed(port: Pick<MessagePort, 'postMessage'>, now: () => number = Date.now): Feed {
  const points = new PointBuffer()
  let events: RunEvent[] = []
  let rollouts: RolloutRecord[] = []
  let timer: ReturnType<typeof setTimeout> | null = null
  let sentAt = -Infinity

  function schedule(): void {
    timer ??= setTimeout(flush, Math.max(0, sentAt + EVERY_MS - now()))
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    sentAt = now()
    // Events first: the page must know a run before it takes its points.
    if (events.length > 0) send({ type: 'events', events })
    events = []
    const batches = points.take()
    if (batches.length > 0) send({ type: 'metrics', batches }, batches.flatMap(buffersOf))
    if (rollouts.length > 0) send({ type: 'rollouts', rollouts })
    rollouts = []
  }

  function send(feed: RunFeed, transfer: ArrayBuffer[] = []): void {
    port.postMessage(feed, transfer)
  }

  return {
    event(event) {
      // Points of a stage from before it went back must not arrive after the event that voids them.
      if (event.type === 'stageResumed' && !points.empty) flush()
      events.push(event)
      schedule()
    },
    metrics(batch) {
      points.add(batch)
      schedule()
    },
    rollouts(records) {
      rollouts.push(...records)
      schedule()
    },
    trouble: (run, diagnostic) => send({ type: 'trouble', run, diagnostic }),
    released(run, cause) {
      flush()
      send({ type: 'released', run, cause })
    },
    flush,
  }
}

function buffersOf({ steps, values, times }: MetricBatch): ArrayBuffer[] {
  return [steps.buffer, values.buffer, times.buffer] as ArrayBuffer[]
}
