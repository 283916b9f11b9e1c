/** Two branches of one model: the same rows, another learning rate, and an evaluation that says which one learned more. */
import { draw } from '#src/kinds/drawing.ts'
import type { Registry } from '#src/kinds/registry.ts'
import type { GraphDoc } from '#src/graph/model.ts'

const NOTE = `Two trainers branch from one model: the same rows, another learning rate.

Change one field of a branch, run again, and compare.`

const COMMON = { epochs: 3, evalEvery: 5, eps: 1e-12 } as const

export function twoLearningRates(registry: Registry): GraphDoc {
  return draw(registry, 'two-learning-rates', 'Two learning rates')
    .node('base', 'model', { name: 'tunegraph/tiny-1m', loraRank: 32, trainUnembed: false }, at(0, 0, 'Base model'))
    .node(
      'lessons',
      'dataset',
      { source: { type: 'builtin', name: 'pig-latin-sft' }, heldoutRows: 40 },
      at(0, 176, 'Conversations'),
    )
    .node('low', 'train-sft', { ...COMMON, learningRate: 2e-4 }, at(1, 0, 'Low rate'))
    .node('high', 'train-sft', { ...COMMON, learningRate: 1e-3 }, at(1, 248, 'High rate'))
    .node('after-low', 'checkpoint', { name: 'low' }, at(2, 0, 'Low checkpoint'))
    .node('after-high', 'checkpoint', { name: 'high' }, at(2, 152, 'High checkpoint'))
    .node('unseen', 'dataset', { source: { type: 'builtin', name: 'pig-latin-heldout' } }, at(2, 304, 'Unseen words'))
    .node('exact', 'reward', { grader: 'exact', caseSensitive: true }, at(2, 480, 'Exact match'))
    .node('compare', 'evaluate', { temperature: 0, maxTokens: 24 }, at(3, 152, 'Which learned more?'))
    .node('note', 'note', { text: NOTE, colour: 'yellow' }, at(0, 368, 'Start here'))
    .wire('base.policy', 'low.policy')
    .wire('lessons.rows', 'low.dataset')
    .wire('lessons.heldout', 'low.heldout')
    .wire('base.policy', 'high.policy')
    .wire('lessons.rows', 'high.dataset')
    .wire('lessons.heldout', 'high.heldout')
    .wire('low.trained', 'after-low.policy')
    .wire('high.trained', 'after-high.policy')
    .wire('after-low.saved', 'compare.policies')
    .wire('after-high.saved', 'compare.policies')
    .wire('unseen.rows', 'compare.dataset')
    .wire('exact.reward', 'compare.reward').doc
}

/** Cards are 264 wide. */
const COLUMN = 336

function at(column: number, y: number, title: string): { x: number; y: number; title: string } {
  return { x: column * COLUMN, y, title }
}
