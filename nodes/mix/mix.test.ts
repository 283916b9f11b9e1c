import type { GraphDoc, Params } from '#src/graph/model.ts'
import { draw } from '#src/kinds/drawing.ts'
import { set } from '../../tests/golden/drawings.ts'
import { registry } from '../../tests/support/pipeline.ts'
import { testSmallKind } from '../../tests/support/smallKind.ts'

function mixed(params: Params): GraphDoc {
  return draw(registry)
    .node('model', 'model')
    .node('a', 'dataset', set('pig-latin-sft'))
    .node('b', 'dataset', { ...set('pig-latin-prompts'), systemPrompt: 'Be brief.' })
    .node('mix', 'mix', params)
    .node('sft', 'train-sft')
    .wire('model.policy', 'sft.policy')
    .wire('a.rows', 'mix.datasets')
    .wire('b.rows', 'mix.datasets')
    .wire('mix.rows', 'sft.dataset').doc
}

testSmallKind({
  kind: 'mix',
  drawing: mixed,
  changes: { take: { take: 'equal' }, atMost: { atMost: 50 } },
  refused: [
    [{ take: 'half' }, 'Take must be one of all, equal, not "half".'],
    [{ atMost: -1 }, 'At most of each must be a whole number from 0 to 10000000 rows, not -1.'],
  ],
  diagnosed: {},
})
