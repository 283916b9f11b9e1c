/** One lesson for both models that come along: the same rows and steps, and an evaluation on words that neither has seen. */
import { draw } from '#src/kinds/drawing.ts'
import type { Registry } from '#src/kinds/registry.ts'
import type { GraphDoc } from '#src/graph/model.ts'

const NOTE = `The same lesson for a model of 1.0M parameters and for one of 4.2M.

The larger one is loaded when the run comes to it (8.4 MB) and takes longer for each step; on words that neither has seen it is right more often.`

const MODEL = { loraRank: 32, trainUnembed: false } as const
const LESSON = { learningRate: 1e-3, epochs: 3, evalEvery: 5, eps: 1e-12 } as const

export function twoSizes(registry: Registry): GraphDoc {
  return draw(registry, 'two-sizes', 'Two sizes')
    .node('small', 'model', { ...MODEL, name: 'tunegraph/tiny-1m' }, at(0, 0, '1M model'))
    .node('large', 'model', { ...MODEL, name: 'tunegraph/tiny-4m' }, at(0, 144, '4M model'))
    .node(
      'lessons',
      'dataset',
      { source: { type: 'builtin', name: 'pig-latin-sft' }, heldoutRows: 40 },
      at(0, 288, 'Conversations'),
    )
    .node('teach-1m', 'train-sft', LESSON, at(1, 0, 'SFT of 1M'))
    .node('teach-4m', 'train-sft', LESSON, at(1, 248, 'SFT of 4M'))
    .node('after-1m', 'checkpoint', { name: 'small' }, at(2, 0, '1M checkpoint'))
    .node('after-4m', 'checkpoint', { name: 'large' }, at(2, 152, '4M checkpoint'))
    .node('unseen', 'dataset', { source: { type: 'builtin', name: 'pig-latin-heldout' } }, at(2, 304, 'Unseen words'))
    .node('exact', 'reward', { grader: 'exact', caseSensitive: true }, at(2, 480, 'Exact match'))
    .node('compare', 'evaluate', { temperature: 0, maxTokens: 24 }, at(3, 152, 'Does size help?'))
    .node('note', 'note', { text: NOTE, colour: 'yellow' }, at(0, 480, 'Start here'))
    .wire('small.policy', 'teach-1m.policy')
    .wire('lessons.rows', 'teach-1m.dataset')
    .wire('lessons.heldout', 'teach-1m.heldout')
    .wire('large.policy', 'teach-4m.policy')
    .wire('lessons.rows', 'teach-4m.dataset')
    .wire('lessons.heldout', 'teach-4m.heldout')
    .wire('teach-1m.trained', 'after-1m.policy')
    .wire('teach-4m.trained', 'after-4m.policy')
    .wire('after-1m.saved', 'compare.policies')
    .wire('after-4m.saved', 'compare.policies')
    .wire('unseen.rows', 'compare.dataset')
    .wire('exact.reward', 'compare.reward').doc
}

/** Cards are 264 wide. */
const COLUMN = 336

function at(column: number, y: number, title: string): { x: number; y: number; title: string } {
  return { x: column * COLUMN, y, title }
}
