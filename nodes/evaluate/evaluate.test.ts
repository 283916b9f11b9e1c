import { expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { draw } from '#src/kinds/drawing.ts'
import { testKind } from '../../tests/support/kindSuite.ts'
import { facts, registry } from '../../tests/support/pipeline.ts'

/** Base models of several formats before the same rows. */
function sideBySide(...renderers: string[]) {
  let drawing = draw(registry)
    .node('rows', 'dataset', { source: { type: 'builtin', name: 'pig-latin-heldout' } })
    .node('exact', 'reward')
    .node('eval', 'evaluate')
    .wire('rows.rows', 'eval.dataset')
    .wire('exact.reward', 'eval.reward')
  renderers.forEach((renderer, i) => {
    drawing = drawing.node(`m${i}`, 'model', { renderer }).wire(`m${i}.policy`, 'eval.policies')
  })
  return drawing.doc
}

testKind({
  kind: 'evaluate',
  node: 'eval',
  changes: {
    temperature: 1,
    topP: 0.5,
    maxTokens: 32,
    samplesPerRow: { to: 4, with: { temperature: 1 } },
    limit: 50,
    seed: 1,
  },
  refused: [
    [{ temperature: -1 }, 'Temperature must be a number from 0 to 2, not -1.'],
    [{ topP: 1.1 }, 'Top-p must be a number from 0.01 to 1, not 1.1.'],
    [{ maxTokens: 1.5 }, 'Longest answer must be a whole number from 1 to 131072 tokens, not 1.5.'],
    [{ samplesPerRow: 0 }, 'Answers per row must be a whole number from 1 to 256 answers, not 0.'],
    [{ limit: '10' }, 'Use at most must be a whole number from 0 to 10000000 rows, not "10".'],
    [{ seed: -1 }, 'Seed must be a whole number from 0 to 2147483647, not -1.'],
  ],
  diagnosed: {
    KD2601: { doc: sideBySide('auto', 'role_colon') },
    KD2602: { params: { samplesPerRow: 4 } },
  },
  golden: (plan) => plan.stages.find((stage) => stage.id === 'eval'),
})

test('policies of equal title keep apart by a number', () => {
  const [stage] = compile(sideBySide('auto', 'auto', 'auto'), registry, facts).plan!.stages
  expect(stage!.mode === 'evaluate' && stage!.evaluation.policies.map((p) => p.label)).toEqual([
    'Model',
    'Model (2)',
    'Model (3)',
  ])
})
