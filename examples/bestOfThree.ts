/** One trainer at three learning rates; the best of them is confirmed on rows that had no part in the choice, and RL follows if that holds. */
import { draw } from '#src/kinds/drawing.ts'
import type { Registry } from '#src/kinds/registry.ts'
import type { GraphDoc } from '#src/graph/model.ts'

const NOTE = `Press Run. The sweep trains SFT three times; the choice goes on with the best.

The winner is measured again on words that had no part in the choice. Only if the gate passes does RL begin.`

export function bestOfThree(registry: Registry): GraphDoc {
  const { doc } = draw(registry, 'best-of-three', 'Best of three rates')
    .node('lr', 'parameter', { name: 'lr', number: 1e-3 }, at(0, 0, 'Learning rate'))
    .node('rates', 'sweep', { strategy: 'grid', over: 'lr: 3e-4, 1e-3, 2e-3' }, at(1, 0, 'Three rates'))
    .node('base', 'model', { name: 'tunegraph/tiny-1m', loraRank: 32, trainUnembed: false }, at(0, 144, 'Base model'))
    .node(
      'lessons',
      'dataset',
      { source: { type: 'builtin', name: 'pig-latin-sft' }, heldoutRows: 40 },
      at(0, 288, 'Conversations'),
    )
    .node('sft', 'train-sft', { learningRate: 1e-3, epochs: 3, evalEvery: 10, eps: 1e-12 }, at(1, 144, 'SFT'))
    .node(
      'unseen',
      'dataset',
      { source: { type: 'builtin', name: 'pig-latin-heldout' }, heldoutRows: 128 },
      at(1, 392, 'Unseen words'),
    )
    .node('exact', 'reward', { grader: 'exact', caseSensitive: true }, at(1, 568, 'Exact match'))
    .node('compare', 'evaluate', { temperature: 0, maxTokens: 24 }, at(2, 144, 'Which rate?'))
    .node('best', 'best-of', { goal: 'highest' }, at(3, 144, 'The best'))
    .node('check', 'evaluate', { temperature: 0, maxTokens: 24 }, at(3, 320, 'Does it hold?'))
    .node('gate', 'gate', { threshold: 0.25 }, at(4, 144, 'Good enough?'))
    .node('prompts', 'dataset', { source: { type: 'builtin', name: 'pig-latin-prompts' } }, at(3, 584, 'Prompts'))
    .node(
      'rl',
      'train-rl',
      { learningRate: 1e-3, batchSize: 16, groupSize: 16, maxTokens: 24, maxSteps: 20, eps: 1e-12 },
      at(4, 336, 'RL (GRPO)'),
    )
    .node('after-rl', 'checkpoint', { name: 'after-rl' }, at(4, 584, 'RL checkpoint'))
    .node('note', 'note', { text: NOTE, colour: 'yellow' }, at(0, 464, 'Start here'))
    .wire('base.policy', 'sft.policy')
    .wire('lessons.rows', 'sft.dataset')
    .wire('lessons.heldout', 'sft.heldout')
    .wire('sft.trained', 'compare.policies')
    .wire('unseen.rows', 'compare.dataset')
    .wire('exact.reward', 'compare.reward')
    .wire('compare.scores', 'best.scores')
    .wire('best.best', 'check.policies')
    .wire('unseen.heldout', 'check.dataset')
    .wire('exact.reward', 'check.reward')
    .wire('best.best', 'gate.policy')
    .wire('check.scores', 'gate.scores')
    .wire('gate.passed', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
    .wire('exact.reward', 'rl.reward')
    .wire('rl.trained', 'after-rl.policy')
  const { sft } = doc.nodes
  return { ...doc, nodes: { ...doc.nodes, sft: { ...sft!, bindings: { learningRate: 'lr' } } } }
}

/** Cards are 264 wide. */
const COLUMN = 336

function at(column: number, y: number, title: string): { x: number; y: number; title: string } {
  return { x: column * COLUMN, y, title }
}
