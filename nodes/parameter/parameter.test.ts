import { edit } from '#src/graph/change.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { oneSft } from '../../tests/golden/drawings.ts'
import { testSmallKind } from '../../tests/support/smallKind.ts'

/** One parameter of each type, each bound to a field; all three are called by the names that fields are bound to. */
function bound(params: Params): GraphDoc {
  const { doc } = oneSft()
    .node('p', 'parameter', { name: 'value', ...params })
    .node('spare', 'parameter', { name: 'spare', number: 3e-4 })
  const { type = 'number' } = params as { type?: string }
  const field = type === 'number' ? 'learningRate' : type === 'text' ? 'schedule' : 'continueOptimizer'
  const target = params['name'] === undefined ? 'value' : 'spare'
  return edit(doc, (draft) => void (draft.nodes['sft' as never]!.bindings = { [field]: target })).doc
}

testSmallKind({
  kind: 'parameter',
  drawing: bound,
  changes: {
    name: { name: 'other' },
    type: { type: 'text', text: 'cosine' },
    number: { number: 5e-4 },
    text: { type: 'text', text: 'constant' },
    on: { type: 'switch', on: false },
  },
  refused: [
    [
      { name: '1st' },
      'Name must be 1 to 40 letters, digits, dashes and underscores, beginning with a letter, not "1st".',
    ],
    [{ type: 'list' }, 'Type must be one of number, text, switch, not "list".'],
  ],
  diagnosed: {},
})
