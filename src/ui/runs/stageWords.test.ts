import { expect, test } from 'vitest'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { RunPhase, RunState, StageState } from '#src/ir/runState.ts'
import { noChartsWords } from './stageWords.ts'

const times = { startedAt: 0, endedAt: 1, totalSteps: 4, rows: 8, steps: 0 }
const result = { ...times, phase: 'finished', first: null, last: null } as const
const diagnostic = { code: 'TR5003', severity: 'error', message: 'no', at: { on: 'document' } } as const

test.each<[StageState, RunPhase, string]>([
  [{ phase: 'queued' }, 'running', 'Charts appear with the first step.'],
  [{ phase: 'queued' }, 'failed', 'This stage did not run: the run ended before its turn.'],
  [{ ...times, phase: 'running', fromStep: 0 }, 'running', 'Charts appear with the first step.'],
  [
    { ...times, phase: 'running', fromStep: 0 },
    'interrupted',
    'The run was interrupted before the first step; it can go on.',
  ],
  [{ ...times, phase: 'skipped', reason: 'The gate passed.' }, 'finished', 'This stage was skipped. The gate passed.'],
  [result, 'finished', 'This stage recorded no metrics.'],
  [
    { ...result, reusedFrom: 'r_1' as RunId },
    'finished',
    'Nothing was trained here: the result is that of the run of Monday, with its charts.',
  ],
  [
    { ...result, reusedFrom: 'r_0' as RunId },
    'finished',
    'Nothing was trained here: the result is that of an earlier run, which is no longer in the history.',
  ],
  [{ ...times, phase: 'failed', diagnostic: diagnostic as never }, 'failed', 'The stage failed before its first step.'],
  [{ ...times, phase: 'stopped' }, 'stopped', 'The stage was stopped before its first step.'],
])('a stage without charts says why: %o in a run that is %s', (stage, phase, words) => {
  const state = { phase, stages: { s: stage } } as unknown as RunState
  expect(noChartsWords(state, 's' as StageId, (run) => (run === 'r_1' ? 'Monday' : null))).toBe(words)
})
