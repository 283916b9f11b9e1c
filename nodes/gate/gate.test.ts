import type { GraphDoc, Params } from '#src/graph/model.ts'
import { oneSft, set } from '../../tests/golden/drawings.ts'
import { testSmallKind } from '../../tests/support/smallKind.ts'

function gated(params: Params, measured: readonly string[] = ['model.policy', 'sft.trained']): GraphDoc {
  let drawing = oneSft()
    .node('test', 'dataset', set('pig-latin-heldout'))
    .node('exact', 'reward')
    .node('eval', 'evaluate')
    .node('gate', 'gate', params)
    .node('more', 'train-sft')
    .node('prompts', 'dataset', set('pig-latin-sft'))
    .wire('test.rows', 'eval.dataset')
    .wire('exact.reward', 'eval.reward')
    .wire('sft.trained', 'gate.policy')
    .wire('eval.scores', 'gate.scores')
    .wire('gate.passed', 'more.policy')
    .wire('prompts.rows', 'more.dataset')
  for (const policy of measured) drawing = drawing.wire(policy, 'eval.policies')
  return drawing.doc
}

testSmallKind({
  kind: 'gate',
  drawing: (params) => gated(params),
  changes: { comparison: { comparison: 'at-most' }, against: { against: 'first' }, threshold: { threshold: 0.75 } },
  refused: [
    [{ comparison: 'above' }, 'Score is must be one of at-least, at-most, not "above".'],
    [{ threshold: 'half' }, 'Threshold must be a number from -1000000 to 1000000, not "half".'],
  ],
  diagnosed: { KD2702: gated({}, ['model.policy']) },
})
