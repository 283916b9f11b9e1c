import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RunId, StageId } from '../base/ids.ts'
import type { PipelineConfig, Plan } from './pipelineConfig.ts'
import type { RunEvent, RunEventBody, SavedCheckpoint } from './runEvent.ts'
import { reduceRun } from './runState.ts'
import type { RunState } from './runState.ts'

const run = 'r_1' as RunId
const sft = 'sft' as StageId
const rl = 'rl' as StageId
const plan = { title: 'T', stages: [{ id: sft }, { id: rl }] as unknown as PipelineConfig[] } as unknown as Plan
const start: RunEventBody = {
  type: 'runStarted',
  title: 'T',
  plan,
  backend: { type: 'embedded', url: '' },
  docId: 'd',
  docVersion: 3,
}
const began: RunEventBody = { type: 'stageStarted', stage: sft, totalSteps: 40, rows: 320 }
const problem: Diagnostic = { code: 'TR5001', severity: 'error', message: 'NaN', at: { on: 'stage', stage: sft } }

const log = (...bodies: RunEventBody[]): RunEvent[] => bodies.map((body, seq) => ({ ...body, run, seq, at: 100 + seq }))
const replay = (events: readonly RunEvent[], from: RunState | null = null): RunState | null =>
  events.reduce<RunState | null>(reduceRun, from)
const after = (...bodies: RunEventBody[]): RunState => replay(log(start, ...bodies))!

function saved(name: string, step: number, more: Partial<SavedCheckpoint> = {}): RunEventBody {
  const paths = { statePath: `tinker://m/weights/${name}`, samplerPath: `tinker://m/sampler_weights/${name}` }
  return {
    type: 'checkpointSaved',
    checkpoint: { stage: sft, name, step, ...paths, expiresAt: null, rolling: false, ...more },
  }
}

describe('a run log', () => {
  test('begins with every stage of the plan queued', () => {
    expect(after()).toMatchObject({
      phase: 'running',
      stages: { sft: { phase: 'queued' }, rl: { phase: 'queued' } },
      lastSeq: 0,
    })
  })
  test('says nothing before its first event, and ignores a second beginning', () => {
    expect(replay([{ ...began, run, seq: 0, at: 1 }])).toBeNull()
    const state = after(began)
    expect(reduceRun(state, { ...start, run, seq: 2, at: 9 })).toBe(state)
  })
  test('ignores events that come twice, too early, or from another run', () => {
    const events = log(start, began)
    const state = replay(events)!
    expect(replay(events, state)).toBe(state)
    expect(reduceRun(state, { type: 'runPaused', run, seq: 5, at: 9 })).toBe(state)
    expect(reduceRun(state, { type: 'runPaused', run: 'other' as RunId, seq: 2, at: 9 })).toBe(state)
  })
  test('gives the same state in one go and event by event', () => {
    const events = log(
      start,
      began,
      saved('a', 5),
      { type: 'stageStopped', stage: sft, steps: 5 },
      { type: 'runStopped' },
    )
    expect(replay(events.slice(3), replay(events.slice(0, 3)))).toEqual(replay(events))
  })
})

describe('a stage', () => {
  test('ends with its steps and what it measured', () => {
    const state = after(began, { type: 'stageFinished', stage: sft, steps: 40, first: 3, last: 1 })
    expect(state.stages['sft']).toEqual({
      phase: 'finished',
      startedAt: 101,
      endedAt: 102,
      totalSteps: 40,
      rows: 320,
      steps: 40,
      first: 3,
      last: 1,
    })
  })
  test('keeps its beginning, total and rows when it is resumed after a stop', () => {
    const state = after(
      began,
      { type: 'stageStopped', stage: sft, steps: 12 },
      { type: 'runStopped' },
      { type: 'runResumed' },
      { type: 'stageResumed', stage: sft, step: 10 },
    )
    expect(state).toMatchObject({ phase: 'running', endedAt: null })
    expect(state.stages['sft']).toEqual({ phase: 'running', startedAt: 101, totalSteps: 40, rows: 320, fromStep: 10 })
  })
  test('that fails takes its diagnostic along, and resuming clears the failure of the run', () => {
    const failed = after(
      began,
      { type: 'stageFailed', stage: sft, steps: 3, diagnostic: problem },
      { type: 'runFailed', diagnostic: problem },
    )
    expect(failed).toMatchObject({ phase: 'failed', failure: problem, endedAt: 103 })
    expect(failed.stages['sft']).toMatchObject({ phase: 'failed', steps: 3, diagnostic: problem })
    expect(reduceRun(failed, { type: 'runResumed', run, seq: 4, at: 200 })).toMatchObject({
      phase: 'running',
      failure: null,
    })
  })
  test('never runs on in a run that has ended, even if its own end was not written', () => {
    for (const end of [{ type: 'runStopped' }, { type: 'runFailed', diagnostic: problem }] as const) {
      expect(after(began, end).stages['sft']).toMatchObject({ phase: 'stopped', endedAt: 102, steps: 0 })
    }
  })
})

describe('pausing', () => {
  test('holds a running run and lets it go on', () => {
    expect(after(began, { type: 'runPaused' }).phase).toBe('paused')
    expect(after(began, { type: 'runPaused' }, { type: 'runContinued' }).phase).toBe('running')
  })
  test('does not wake a run that has ended', () => {
    expect(after({ type: 'runFinished' }, { type: 'runPaused' }).phase).toBe('finished')
    expect(after({ type: 'runStopped' }, { type: 'runContinued' }).phase).toBe('stopped')
  })
})

describe('checkpoints', () => {
  const names = (state: RunState): string[] => state.checkpoints.map((c) => c.name)
  test('are listed in the order of their saving, until they are deleted', () => {
    const state = after(saved('a', 5), saved('b', 10), { type: 'checkpointDeleted', statePath: 'tinker://m/weights/a' })
    expect(names(state)).toEqual(['b'])
  })
  test('that roll replace the one before of the same stage only', () => {
    const rolling = { rolling: true, samplerPath: null }
    const other = { ...rolling, stage: rl }
    const state = after(saved('r-1', 1, rolling), saved('o-1', 1, other), saved('keep', 2), saved('r-2', 2, rolling))
    expect(names(state)).toEqual(['o-1', 'keep', 'r-2'])
  })
  test('that are made again after resuming replace those of the same name', () => {
    const state = after(saved('a', 5), saved('a', 5, { statePath: 'tinker://n/weights/a' }))
    expect(state.checkpoints.map((c) => c.statePath)).toEqual(['tinker://n/weights/a'])
  })
})

test('a policy that is scored again has one result', () => {
  const result = (score: number): RunEventBody => ({
    type: 'evaluated',
    stage: rl,
    result: { label: 'Base', score, n: 10, low: 0, high: 1 },
  })
  expect(after(result(0.1), result(0.2)).evaluations['rl']).toEqual([
    { label: 'Base', score: 0.2, n: 10, low: 0, high: 1 },
  ])
})

describe('waiting for the server', () => {
  const waits: RunEventBody = { type: 'queueState', stage: sft, state: 'paused_capacity', reason: 'busy' }
  test('is shown until the server is active again', () => {
    expect(after(began, waits).queue).toEqual({ stage: sft, state: 'paused_capacity', reason: 'busy' })
    expect(after(began, waits, { ...waits, state: 'active' } as RunEventBody).queue).toBeNull()
  })
  test('ends with the stage that waited', () => {
    expect(after(began, waits, { type: 'stageStopped', stage: sft, steps: 0 }).queue).toBeNull()
  })
})
