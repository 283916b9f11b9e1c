import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { DecisionId, RunId, StageId } from '#src/base/ids.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { RunEventBody, SavedCheckpoint } from '#src/ir/runEvent.ts'
import { measureOf, sentenceOf, toneOf } from './eventWords.ts'

const [sft, more, rl, evaluation] = ['sft', 'more', 'rl', 'eval'] as unknown as readonly [
  StageId,
  StageId,
  StageId,
  StageId,
]
const gate = 'gate' as DecisionId
/** What sentences read of a plan: names, kinds of stages, and whether held-out rows decide the measure. */
const plan = {
  hash: '0123456789abcdef',
  decisions: [{ id: gate, title: 'Good?' }],
  stages: [
    { id: sft, title: 'SFT', mode: 'sft', heldout: {} },
    { id: more, title: 'More', mode: 'sft', heldout: null },
    { id: rl, title: 'RL (GRPO)', mode: 'rl' },
    { id: evaluation, title: 'Evaluate', mode: 'evaluate' },
  ],
} as unknown as Plan

const nan: Diagnostic = { code: 'TR5004', severity: 'error', message: 'Loss is NaN.', at: { on: 'stage', stage: sft } }
const save: SavedCheckpoint = {
  stage: sft,
  name: 'after-sft',
  step: 64,
  statePath: 'tinker://m/weights/after-sft',
  samplerPath: 'tinker://m/sampler_weights/after-sft',
  expiresAt: null,
  rolling: false,
}
const backend = { type: 'embedded', url: '' } as const

type Case = readonly [event: RunEventBody, sentence: string]

/** One row per type of event; the type below does not compile while one is missing. */
const SENTENCES: { readonly [T in RunEventBody['type']]: readonly Case[] } = {
  runStarted: [
    [
      { type: 'runStarted', title: 'T', plan, backend, docId: 'd', docVersion: 1 },
      'Run started: 4 stages on the embedded backend, plan 0123456789ab',
    ],
  ],
  runResumed: [[{ type: 'runResumed' }, 'Run goes on from its last saved state']],
  runPaused: [[{ type: 'runPaused' }, 'Paused at a step boundary']],
  runContinued: [[{ type: 'runContinued' }, 'Continued']],
  runFinished: [[{ type: 'runFinished' }, 'Run finished']],
  runFailed: [[{ type: 'runFailed', diagnostic: nan }, 'Run failed: Loss is NaN. (TR5004)']],
  runStopped: [
    [{ type: 'runStopped' }, 'Run stopped'],
    [{ type: 'runStopped', diagnostic: nan }, 'Run stopped: Loss is NaN.'],
  ],
  reusePlanned: [
    [
      {
        type: 'reusePlanned',
        stages: [
          { stage: sft, from: 'r' as RunId, reasons: [] },
          { stage: rl, from: null, reasons: [] },
        ],
      },
      '1 stage of 2 need not run again',
    ],
  ],
  stageReused: [
    [
      {
        type: 'stageReused',
        stage: sft,
        from: 'r' as RunId,
        steps: 64,
        totalSteps: 64,
        rows: 9,
        first: null,
        last: null,
        checkpoints: [save],
        evaluations: [],
      },
      'SFT: ran before, its results are used again (64 steps)',
    ],
  ],
  stageSkipped: [
    [{ type: 'stageSkipped', stage: rl, reason: '“Good?” did not pass.' }, 'RL (GRPO): skipped. “Good?” did not pass.'],
  ],
  decided: [
    [{ type: 'decided', decision: gate, outcome: 'passed', value: 0.8125 }, 'Good?: passed at 0.813'],
    [{ type: 'decided', decision: gate, outcome: null, value: null }, 'Good?: nothing to decide on'],
  ],
  stageStarted: [
    [{ type: 'stageStarted', stage: sft, totalSteps: 1, rows: 1320 }, 'SFT: started, 1 step over 1,320 rows'],
    [
      { type: 'stageStarted', stage: evaluation, totalSteps: 3, rows: 256 },
      'Evaluate: started, 3 policies over 256 rows',
    ],
  ],
  stageResumed: [[{ type: 'stageResumed', stage: sft, step: 12 }, 'SFT: goes on after 12 steps']],
  stageFinished: [
    [
      { type: 'stageFinished', stage: sft, steps: 64, first: 5.16, last: 0.21 },
      'SFT: finished after 64 steps; held-out loss 5.1600 → 0.2100',
    ],
    [
      { type: 'stageFinished', stage: rl, steps: 36, first: 0.25, last: 0.75 },
      'RL (GRPO): finished after 36 steps; reward 0.2500 → 0.7500',
    ],
    [
      { type: 'stageFinished', stage: evaluation, steps: 3, first: null, last: null },
      'Evaluate: finished after 3 policies',
    ],
  ],
  stageFailed: [
    [
      { type: 'stageFailed', stage: sft, steps: 7, diagnostic: nan },
      'SFT: failed after 7 steps: Loss is NaN. (TR5004)',
    ],
  ],
  stageStopped: [[{ type: 'stageStopped', stage: rl, steps: 0 }, 'RL (GRPO): stopped after 0 steps']],
  checkpointSaved: [
    [
      { type: 'checkpointSaved', checkpoint: save },
      'SFT: saved “after-sft” after 64 steps (tinker://m/weights/after-sft)',
    ],
    [
      { type: 'checkpointSaved', checkpoint: { ...save, rolling: true } },
      'SFT: saved to resume from after 64 steps (tinker://m/weights/after-sft)',
    ],
  ],
  checkpointDeleted: [
    [
      { type: 'checkpointDeleted', statePath: 'tinker://m/weights/old' },
      'Deleted an earlier save (tinker://m/weights/old)',
    ],
  ],
  evaluated: [
    [
      {
        type: 'evaluated',
        stage: evaluation,
        result: { label: 'Base', score: 0.4414, n: 256, low: 0.382, high: 0.5026 },
      },
      'Evaluate: Base scores 0.441 (95 % 0.382 to 0.503, n = 256)',
    ],
  ],
  spent: [
    [
      {
        type: 'spent',
        spent: { models: { m: { trained: 1200, prefilled: 30, cached: 5, sampled: 4 } }, minutes: 1.5 },
      },
      'Used so far: 1,239 tokens of m',
    ],
  ],
  queueState: [
    [
      { type: 'queueState', stage: sft, state: 'paused_capacity', reason: 'busy' },
      'SFT: the backend says paused capacity: busy',
    ],
  ],
  log: [
    [{ type: 'log', stage: sft, level: 'info', message: 'Two rows are cut.' }, 'SFT: Two rows are cut.'],
    [{ type: 'log', stage: null, level: 'info', message: 'Connected.' }, 'Run: Connected.'],
  ],
}

const stamped = (body: RunEventBody): Parameters<typeof sentenceOf>[0] => ({
  ...body,
  run: 'r' as RunId,
  seq: 0,
  at: 0,
})

describe('a sentence for every event', () => {
  for (const [type, cases] of Object.entries(SENTENCES)) {
    test.each(cases)(`${type} %#`, (event, sentence) => expect(sentenceOf(stamped(event), plan)).toBe(sentence))
  }
})

test('a stage that the plan does not know is not named after another', () => {
  expect(sentenceOf(stamped({ type: 'stageStopped', stage: 'gone' as StageId, steps: 2 }), plan)).toBe(
    'Run: stopped after 2 steps',
  )
})

test('failures and warnings are coloured as such', () => {
  const tone = (body: RunEventBody): string => toneOf(stamped(body))
  expect(tone({ type: 'stageFailed', stage: sft, steps: 7, diagnostic: nan })).toBe('text-bad')
  expect(tone({ type: 'runFailed', diagnostic: nan })).toBe('text-bad')
  expect(tone({ type: 'log', stage: sft, level: 'warning', message: '' })).toBe('text-warn')
  expect(tone({ type: 'checkpointSaved', checkpoint: { ...save, rolling: true } })).toBe('text-faint')
})

test('what first and last measure follows the stage', () => {
  expect(plan.stages.slice(0, 3).map(measureOf)).toEqual(['held-out loss', 'loss', 'reward'])
})
