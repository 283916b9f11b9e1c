import { describe, expect, test } from 'vitest'
import type { RunId, StageId } from '../base/ids.ts'
import type { MetricBatch } from '../ir/runEvent.ts'
import type { MetricFrame, Metrics } from './metrics.ts'
import { createMetrics } from './metrics.ts'

const RUN = 'run_1' as RunId
const SFT = 'sft' as StageId
const RL = 'rl' as StageId

function batch(stage: StageId, steps: readonly number[], series = 'train/loss', scale = 1): MetricBatch {
  return {
    run: RUN,
    stage,
    series,
    steps: Float64Array.from(steps),
    values: Float64Array.from(steps, (s) => s * scale),
    times: Float64Array.from(steps, (s) => 1000 + s),
  }
}

function rig(): { metrics: Metrics; frame: () => boolean; frames: MetricFrame[] } {
  let next: ((now: number) => void) | null = null
  const metrics = createMetrics((paint) => {
    next = paint
  })
  const frames: MetricFrame[] = []
  metrics.subscribeFrame((frame) => frames.push(frame))
  const frame = (): boolean => {
    const paint = next
    next = null
    paint?.(16)
    return paint !== null
  }
  frame()
  frames.length = 0
  return { metrics, frame, frames }
}

function steps(metrics: Metrics, stage = SFT, series = 'train/loss'): number[] {
  const view = metrics.read(RUN, stage, series)
  return view ? Array.from(view.steps.subarray(0, view.length)) : []
}

describe('metrics', () => {
  test('keep every point of a long series, in order', () => {
    const { metrics } = rig()
    for (let i = 0; i < 5000; i += 50) {
      metrics.append([
        batch(
          SFT,
          Array.from({ length: 50 }, (_, k) => i + k),
        ),
      ])
    }
    expect(steps(metrics)).toEqual(Array.from({ length: 5000 }, (_, i) => i))
    expect(metrics.latest(RUN, SFT, 'train/loss')).toEqual({ step: 4999, value: 4999, time: 5999 })
  })

  test('recorded again after going back replace the first ones', () => {
    const { metrics } = rig()
    metrics.append([batch(SFT, [1, 2, 3, 4]), batch(SFT, [3, 4, 5], 'train/loss', 10)])
    expect(steps(metrics)).toEqual([1, 2, 3, 4, 5])
    expect(metrics.latest(RUN, SFT, 'train/loss')?.value).toBe(50)
    expect(metrics.read(RUN, SFT, 'train/loss')!.values[2]).toBe(30)
  })

  test('of a resumed stage are cut at its step, those of other stages are not', () => {
    const { metrics } = rig()
    metrics.append([batch(SFT, [1, 2, 3]), batch(SFT, [2, 3], 'test/loss'), batch(RL, [1, 2, 3])])
    metrics.truncate(RUN, SFT, 2)
    expect([steps(metrics), steps(metrics, SFT, 'test/loss'), steps(metrics, RL)]).toEqual([[1], [], [1, 2, 3]])
  })

  test('of a run can be replaced and forgotten', () => {
    const { metrics } = rig()
    metrics.append([batch(SFT, [1]), batch(RL, [1])])
    metrics.replace(RUN, [batch(SFT, [7, 8])])
    expect([steps(metrics), steps(metrics, RL)]).toEqual([[7, 8], []])
    metrics.forget(RUN)
    expect(metrics.seriesOf(RUN, SFT)).toEqual([])
    expect(metrics.latest(RUN, SFT, 'train/loss')).toBeNull()
  })

  test('are painted once per frame, only the series that changed, and not at all while nothing changes', () => {
    const { metrics, frame, frames } = rig()
    expect(frame()).toBe(false)
    for (let i = 0; i < 100; i++) metrics.append([batch(SFT, [i]), batch(SFT, [i], 'train/grad_norm')])
    expect(frame()).toBe(true)
    expect(frames).toHaveLength(1)
    expect(frames[0]!.dirty.map((s) => s.series).sort()).toEqual(['train/grad_norm', 'train/loss'])
    expect([frames[0]!.touches(RUN, SFT), frames[0]!.touches(RUN, SFT, 'x'), frames[0]!.touches(RUN, RL)]).toEqual([
      true,
      false,
      false,
    ])
    expect(frame()).toBe(false)
  })

  test('of a forgotten run are repainted as empty', () => {
    const { metrics, frame, frames } = rig()
    metrics.append([batch(SFT, [1, 2])])
    frame()
    metrics.forget(RUN)
    frame()
    expect(frames[1]!.dirty.map((s) => [s.series, s.length])).toEqual([['train/loss', 0]])
  })

  test('tell by a version whether a series changed since it was painted', () => {
    const { metrics } = rig()
    metrics.append([batch(SFT, [1])])
    const view = metrics.read(RUN, SFT, 'train/loss')!
    const { version } = view
    metrics.append([batch(SFT, [2])])
    expect(view.version).toBeGreaterThan(version)
  })
})
