import type { GraphDoc, Params } from '#src/graph/model.ts'
import { factsOf } from '../../tests/support/facts.ts'
import { oneSft, set } from '../../tests/golden/drawings.ts'
import { testSmallKind } from '../../tests/support/smallKind.ts'
import { compile } from '#src/compiler/compile.ts'
import { registry } from '../../tests/support/pipeline.ts'
import { expectGolden } from '../../tests/support/golden.ts'
import { expect, test } from 'vitest'

function chosen(params: Params, other = 'tunegraph/tiny-1m'): GraphDoc {
  return oneSft()
    .node('second', 'model', { name: other, renderer: 'tunegraph' }, { title: 'Second' })
    .node('test', 'dataset', set('pig-latin-heldout'))
    .node('exact', 'reward')
    .node('eval', 'evaluate')
    .node('best', 'best-of', params)
    .node('more', 'train-sft')
    .wire('test.rows', 'eval.dataset')
    .wire('exact.reward', 'eval.reward')
    .wire('second.policy', 'eval.policies')
    .wire('sft.trained', 'eval.policies')
    .wire('eval.scores', 'best.scores')
    .wire('best.best', 'more.policy')
    .wire('rows.rows', 'more.dataset').doc
}

testSmallKind({
  kind: 'best-of',
  drawing: (params) => chosen(params),
  changes: { goal: { goal: 'lowest' } },
  refused: [[{ goal: 'most' }, 'Takes the must be one of highest, lowest, not "most".']],
  diagnosed: {},
})

test('refuses to choose between base models', () => {
  const facts = factsOf({ 'pig-latin-sft': { rows: 360 }, 'pig-latin-heldout': { rows: 256 } })
  const models = [...facts.models!, { name: 'other/model', maxContext: 512, renderer: 'tunegraph' }]
  const { diagnostics } = compile(chosen({}, 'other/model'), registry, { ...facts, models })
  const found = diagnostics.filter((d) => d.code === 'KD2703')
  expect(found).toHaveLength(1)
  expectGolden('nodes/best-of/golden/KD2703.json', found)
})
