/** The smallest whole pipeline: one trainer, one checkpoint, and a look at what it is worth. */
import { draw } from '#src/kinds/drawing.ts'
import type { Registry } from '#src/kinds/registry.ts'
import type { GraphDoc } from '#src/graph/model.ts'

const NOTE = `Press Run. The trainer learns the form from 320 conversations.

Evaluate then asks both models about words that no training row has.`

export function sft(registry: Registry): GraphDoc {
  return draw(registry, 'sft', 'SFT: Pig Latin')
    .node('base', 'model', { name: 'tunegraph/tiny-1m', loraRank: 32, trainUnembed: false }, at(0, 0, 'Base model'))
    .node(
      'lessons',
      'dataset',
      { source: { type: 'builtin', name: 'pig-latin-sft' }, heldoutRows: 40 },
      at(0, 144, 'Conversations'),
    )
    .node('sft', 'train-sft', { learningRate: 1e-3, epochs: 3, evalEvery: 5, eps: 1e-12 }, at(1, 56, 'SFT'))
    .node('after-sft', 'checkpoint', { name: 'after-sft' }, at(2, 56, 'SFT checkpoint'))
    .node('unseen', 'dataset', { source: { type: 'builtin', name: 'pig-latin-heldout' } }, at(2, 232, 'Unseen words'))
    .node('exact', 'reward', { grader: 'exact', caseSensitive: true }, at(1, 320, 'Exact match'))
    .node('compare', 'evaluate', { temperature: 0, maxTokens: 24 }, at(3, 120, 'Base and SFT'))
    .node('note', 'note', { text: NOTE, colour: 'yellow' }, at(0, 336, 'Start here'))
    .wire('base.policy', 'sft.policy')
    .wire('lessons.rows', 'sft.dataset')
    .wire('lessons.heldout', 'sft.heldout')
    .wire('sft.trained', 'after-sft.policy')
    .wire('base.policy', 'compare.policies')
    .wire('after-sft.saved', 'compare.policies')
    .wire('unseen.rows', 'compare.dataset')
    .wire('exact.reward', 'compare.reward').doc
}

/** Cards are 264 wide. */
const COLUMN = 336

function at(column: number, y: number, title: string): { x: number; y: number; title: string } {
  return { x: column * COLUMN, y, title }
}
