import { expect, test } from 'vitest'
import type { PipelineConfig, Plan, StageEstimate } from '#src/ir/pipelineConfig.ts'
import { planTotals, stageFacts, stageStart, trialsOf } from './planWords.ts'

const model = { name: 'tiny', loraRank: 32 }
const stages = [
  { id: 'sft', title: 'SFT', mode: 'sft', model, start: { from: 'base' } },
  { id: 'rl', title: 'RL', mode: 'rl', model, start: { from: 'stage', stage: 'sft', load: 'weights' } },
  { id: 'rl2', title: 'RL 2', mode: 'rl', model, start: { from: 'stage', stage: 'rl', load: 'weights-and-optimizer' } },
  { id: 'rl3', title: 'RL 3', mode: 'rl', model, start: { from: 'decision', decision: 'best', load: 'weights' } },
  { id: 'eval', title: 'Compare', mode: 'evaluate', evaluation: { policies: [{}, {}, {}] } },
] as unknown as readonly PipelineConfig[]

const NONE = { stepsPerEpoch: 0, optimizerSteps: 0, trainTokens: null, rollouts: 0, maxSampledTokens: 0 }
const estimates = {
  sft: { ...NONE, rows: 320, optimizerSteps: 64, trainTokens: 34_032 },
  rl: { ...NONE, rows: 600, optimizerSteps: 36, rollouts: 9216 },
  rl2: { ...NONE, rows: 600, optimizerSteps: 1000, rollouts: 16 },
  rl3: { ...NONE, rows: 600, optimizerSteps: 2, rollouts: 32 },
  eval: { ...NONE, rows: 256, rollouts: 768 },
} as unknown as { readonly [stage: string]: StageEstimate }
const decisions = [{ id: 'best', title: 'The best' }]
const plan = { stages, estimates, decisions } as unknown as Plan

test('totals add up what the stages say', () => {
  expect(planTotals(plan)).toBe('5 stages · 1,102 steps · 10,032 sampled answers')
  expect(planTotals({ ...plan, stages: stages.slice(0, 1) })).toBe('1 stage · 64 steps')
})

test.each([
  ['sft', '320 rows · 64 steps · 34,032 tokens', 'from tiny, LoRA rank 32'],
  ['rl', '600 rows · 36 steps · 9,216 rollouts', 'from SFT'],
  ['rl2', '600 rows · 1,000 steps · 16 rollouts', 'from RL, with its optimizer'],
  ['rl3', '600 rows · 2 steps · 32 rollouts', 'from the choice of “The best”'],
  ['eval', '256 rows × 3 policies · 768 answers', null],
])('%s: what it does and where it starts', (id, facts, start) => {
  const stage = stages.find((s) => s.id === id)!
  expect(stageFacts(stage, estimates[id]!)).toBe(facts)
  expect(stageStart(stage, plan)).toBe(start)
})

test('tokens that nobody counted are not claimed', () => {
  expect(stageFacts(stages[0]!, { ...estimates['sft']!, trainTokens: null })).toBe('320 rows · 64 steps')
})

test('trials are counted once, whatever each of them trains and whichever sweep multiplies it', () => {
  const swept = (trials: readonly string[], nodes: readonly string[]): readonly PipelineConfig[] =>
    trials.flatMap((trial) => nodes.map((node) => ({ id: `${node} ${trial}`, node }))) as unknown as PipelineConfig[]
  const words = (of: readonly PipelineConfig[]): string => {
    const variants = Object.fromEntries(
      of.map(({ id }) => [
        id,
        id
          .split(' ')
          .slice(1)
          .map((trial, i) => ({ sweep: `sweep ${i}`, trial: Number(trial), values: {} })),
      ]),
    )
    return trialsOf(of, { ...plan, variants } as unknown as Plan, ({ node }) => node)
  }
  const twelve = Array.from({ length: 12 }, (_, i) => `${i}`)
  expect(words(swept(twelve, ['SFT']))).toBe('12 trials of SFT')
  expect(words(swept(twelve, ['SFT', 'RL']))).toBe('12 trials of SFT and RL')
  expect(words(swept(twelve, ['SFT', 'DPO', 'RL']))).toBe('12 trials of SFT, DPO and RL')
  // Three rates for all, two seeds for the second alone.
  expect(
    words([...swept(['0', '1', '2'], ['SFT']), ...swept(['0 0', '0 1', '1 0', '1 1', '2 0', '2 1'], ['RL'])]),
  ).toBe('6 trials of SFT and RL')
})
