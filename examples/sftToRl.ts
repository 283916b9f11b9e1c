/** The main job as a drawing: a tiny model learns Pig Latin from examples (SFT), then gets better at it by reward (RL). */
import { draw } from '#src/kinds/drawing.ts'
import type { Registry } from '#src/kinds/registry.ts'
import type { GraphDoc } from '#src/graph/model.ts'

/** Cards are 264 wide. SFT is the upper row, RL the lower, so that the whole graph can be read on a laptop. */
const COLUMN = 336

/** As `models/recipe.py`. The schedules below are those that gave three seeds the widest margin on the embedded backend. */
const ADAM = { eps: 1e-12 }

const NOTE = `Press Run. SFT teaches the form from 320 conversations; RL then raises how often it is right, paid by exact match.

Evaluate compares all three on words that no training row has.`

export function sftToRl(registry: Registry): GraphDoc {
  return draw(registry, 'sft-to-rl', 'SFT to RL: Pig Latin')
    .node('note', 'note', { text: NOTE, colour: 'yellow' }, at(3, 0, 'Start here'))
    .node('base', 'model', { name: 'tunegraph/tiny-1m', loraRank: 32, trainUnembed: false }, at(0, 0, 'Base model'))
    .node('lessons', 'dataset', { ...builtin('pig-latin-sft'), heldoutRows: 40 }, at(0, 144, 'Conversations'))
    .node('sft', 'train-sft', SFT, at(1, 56, 'SFT'))
    .node('after-sft', 'checkpoint', { name: 'after-sft' }, at(2, 56, 'SFT checkpoint'))
    .node('prompts', 'dataset', builtin('pig-latin-prompts'), at(0, 392, 'Prompts'))
    .node('exact', 'reward', { grader: 'exact', caseSensitive: true }, at(0, 568, 'Exact match'))
    .node('rl', 'train-rl', RL, at(1, 392, 'RL (GRPO)'))
    .node('after-rl', 'checkpoint', { name: 'after-rl' }, at(2, 392, 'RL checkpoint'))
    .node('unseen', 'dataset', builtin('pig-latin-heldout'), at(2, 568, 'Unseen words'))
    .node('compare', 'evaluate', { temperature: 0, maxTokens: 24 }, at(3, 224, 'Base, SFT and RL'))
    .wire('base.policy', 'sft.policy')
    .wire('lessons.rows', 'sft.dataset')
    .wire('lessons.heldout', 'sft.heldout')
    .wire('sft.trained', 'after-sft.policy')
    .wire('after-sft.saved', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
    .wire('exact.reward', 'rl.reward')
    .wire('rl.trained', 'after-rl.policy')
    .wire('base.policy', 'compare.policies')
    .wire('after-sft.saved', 'compare.policies')
    .wire('after-rl.saved', 'compare.policies')
    .wire('unseen.rows', 'compare.dataset')
    .wire('exact.reward', 'compare.reward').doc
}

const SFT = {
  learningRate: 1e-3,
  schedule: 'linear',
  warmupRatio: 0,
  batchSize: 16,
  epochs: 3,
  evalEvery: 5,
  ...ADAM,
} as const

const RL = {
  learningRate: 1e-3,
  schedule: 'constant',
  warmupRatio: 0,
  batchSize: 16,
  groupSize: 16,
  epochs: 2,
  maxSteps: 50,
  maxTokens: 24,
  ...ADAM,
} as const

function builtin(name: string): { source: { type: 'builtin'; name: string } } {
  return { source: { type: 'builtin', name } }
}

function at(column: number, y: number, title: string): { x: number; y: number; title: string } {
  return { x: column * COLUMN, y, title }
}
