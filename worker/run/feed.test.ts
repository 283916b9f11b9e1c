import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { MetricBatch, RunEvent } from '#src/ir/runEvent.ts'
import type { RunFeed } from '../protocol.ts'
import { createFeed } from './feed.ts'
import type { Feed } from './feed.ts'

const RUN = 'run_1' as RunId
const STAGE = 'sft' as StageId

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function point(step: number, series = 'train/loss'): MetricBatch {
  const [steps, values, times] = [[step], [step * 2], [step * 3]].map((x) => Float64Array.from(x))
  return { run: RUN, stage: STAGE, series, steps: steps!, values: values!, times: times! }
}

function event(seq: number, body: object = { type: 'runPaused' }): RunEvent {
  return { ...body, run: RUN, seq, at: 0 } as RunEvent
}

function rig(): { feed: Feed; sent: RunFeed[]; transferred: number[] } {
  const sent: RunFeed[] = []
  const transferred: number[] = []
  const port = {
    postMessage(message: RunFeed, transfer: Transferable[] = []) {
      transferred.push(transfer.length)
      // What the other side gets; what was transferred is empty here afterwards.
      sent.push(structuredClone(message, { transfer }))
    },
  }
  return { feed: createFeed(port as unknown as MessagePort), sent, transferred }
}

describe('the feed', () => {
  test('sends a thousand points of two series as at most ten messages a second, arrays transferred', () => {
    const { feed, sent, transferred } = rig()
    for (let i = 0; i < 1000; i++) {
      feed.metrics(point(i))
      feed.metrics(point(i, 'optim/lr'))
      vi.advanceTimersByTime(1)
    }
    vi.advanceTimersByTime(200)
    expect(sent.length).toBeGreaterThan(5)
    expect(sent.length).toBeLessThanOrEqual(12)
    expect(transferred[3]).toBe(6)
    const losses = sent.flatMap((m) => (m.type === 'metrics' ? m.batches : [])).filter((b) => b.series === 'train/loss')
    expect(losses.flatMap((b) => Array.from(b.steps))).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect(losses.flatMap((b) => Array.from(b.values)).at(-1)).toBe(1998)
  })

  test('sends events before points, and points that an event voids before that event', () => {
    const { feed, sent } = rig()
    feed.metrics(point(7))
    feed.event(event(0))
    vi.advanceTimersByTime(100)
    expect(sent.map((m) => m.type)).toEqual(['events', 'metrics'])
    feed.metrics(point(8))
    feed.event(event(1, { type: 'stageResumed', stage: STAGE, step: 5 }))
    feed.metrics(point(5))
    vi.advanceTimersByTime(200)
    expect(sent.slice(2).map((m) => m.type)).toEqual(['metrics', 'events', 'metrics'])
  })

  test('says everything before it says that a run is released', () => {
    const { feed, sent } = rig()
    feed.event(event(0))
    feed.metrics(point(1))
    feed.rollouts([])
    feed.released(RUN, null)
    expect(sent.map((m) => m.type)).toEqual(['events', 'metrics', 'released'])
    vi.advanceTimersByTime(1000)
    expect(sent).toHaveLength(3)
  })
})
