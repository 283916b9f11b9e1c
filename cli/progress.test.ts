import { describe, expect, test } from 'vitest'
import type { DecisionId, StageId } from '#src/base/ids.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { LESSON, planOf, sftStage } from '#src/training/testing/plans.ts'
import { createProgress } from './progress.ts'

const stage = 'sft' as StageId

function shown(isTTY: boolean, steps: number): string {
  let text = ''
  let clock = 0
  const out = { isTTY, columns: 80, write: (part: string) => (text += part) }
  const progress = createProgress(planOf(sftStage()), out, () => clock)
  progress.event({ type: 'stageStarted', stage, totalSteps: 40, rows: LESSON.sft.length })
  for (let step = 0; step < steps; step++) {
    clock += 1000
    const one = (value: number): Float64Array => Float64Array.from([value])
    progress.metrics({ stage, series: 'heldout/loss', steps: one(step), values: one(9), times: one(0) })
    progress.metrics({ stage, series: 'train/loss', steps: one(step), values: one(2 - step / 40), times: one(0) })
  }
  progress.event({ type: 'stageFinished', stage, steps, first: 3, last: 1 })
  return text
}

describe('progress', () => {
  test('redraws one line on a terminal, with what is left', () => {
    const text = shown(true, 10)
    expect(text).toContain('\r\u001b[Ksft  ██████░░░░░░░░░░░░░░░░░░  10/40  loss 1.7750  0:30 left')
    expect(text.endsWith('\r\u001b[Ksft: done after 10 steps: 3.0000 → 1.0000\n')).toBe(true)
    expect(text.split('\n')).toHaveLength(3)
  })

  test('writes a line per tenth elsewhere, without control characters', () => {
    const lines = shown(false, 40).trim().split('\n')
    expect(lines).toHaveLength(12)
    expect(lines[1]).toBe('sft: 4/40  loss 1.9250')
    expect(lines.join('')).not.toContain('\u001b')
  })

  test('says what gates and choices came to, with the score that decided', () => {
    let text = ''
    const at = { evaluation: stage, conditions: [], node: 'g' }
    const decisions = [
      { ...at, type: 'gate', id: 'g', title: 'Good?' },
      { ...at, type: 'best-of', id: 'b', title: 'Best' },
    ] as unknown as Plan['decisions']
    const progress = createProgress(
      { ...planOf(sftStage()), decisions },
      { write: (part: string) => (text += part) },
      () => 0,
    )
    progress.event({ type: 'decided', decision: 'g' as DecisionId, outcome: 'failed', value: 0.25 })
    progress.event({ type: 'decided', decision: 'b' as DecisionId, outcome: 'SFT', value: 0.5 })
    progress.event({ type: 'decided', decision: 'b' as DecisionId, outcome: null, value: null })
    expect(text).toBe('Good?: does not pass (0.250)\nBest: takes SFT (0.500)\nBest: nothing to decide on\n')
  })
})
