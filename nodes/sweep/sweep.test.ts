import { expect, test } from 'vitest'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { oneSft } from '../../tests/golden/drawings.ts'
import { testSmallKind } from '../../tests/support/smallKind.ts'
import { readVariables, renamedVariable } from './variables.ts'

function swept(params: Params): GraphDoc {
  const { doc } = oneSft()
    .node('lr', 'parameter', { name: 'lr', number: 2e-4 })
    .node('rank', 'parameter', { name: 'rank', number: 8 })
    .node('sweep', 'sweep', { trials: 2, ...params })
  return edit(doc, (draft) => {
    draft.nodes['sft' as never]!.bindings = { learningRate: 'lr' }
    draft.nodes['model' as never]!.bindings = { loraRank: 'rank' }
  }).doc
}

testSmallKind({
  kind: 'sweep',
  drawing: (params) => swept({ strategy: 'random', over: 'lr: 1e-4, 3e-4, 1e-3', ...params }),
  changes: {
    strategy: { strategy: 'seeds' },
    over: { over: 'rank: 4, 16' },
    trials: { trials: 3 },
    seed: { seed: 5 },
  },
  refused: [
    [{ strategy: 'grit' }, 'Strategy must be one of grid, random, seeds, not "grit".'],
    [{ over: '' }, 'Over must name at least one parameter, as in "lr: 1e-4, 3e-4".'],
    [{ over: 'lr 3' }, 'Over has a line that is no parameter with values: "lr 3".'],
    [{ over: 'lr: 1\nlr: 2' }, 'Over names lr twice.'],
    [{ over: 'lr: 1..2' }, 'Over gives a range for lr, but a grid needs values, as in "lr: 1, 2, 3".'],
    [{ strategy: 'random', over: 'lr: 2..1' }, 'Over has a range for lr that is not two rising numbers: "2..1".'],
    [
      { strategy: 'random', over: 'lr: 0..1 log' },
      'Over has a range for lr on a log scale that does not begin above 0.',
    ],
    [{ over: 'lr: 1,,2' }, 'Over has an empty value for lr.'],
    [{ over: 'lr: 1, 1.0' }, 'Over has the same value for lr twice.'],
  ],
  diagnosed: { KD2701: swept({ over: 'nobody: 1, 2' }) },
})

test('a grid stops at a thousand combinations', () => {
  const ten = Array.from({ length: 10 }, (_, i) => i).join(', ')
  const lines = (n: number): string => Array.from({ length: n }, (_, i) => `p${i}: ${ten}`).join('\n')
  expect(readVariables(lines(3), 'grid').ok).toBe(true)
  expect(readVariables(lines(4), 'grid')).toMatchObject({ ok: false, error: expect.stringContaining('10000') })
})

test('a parameter that gets another name is followed, and nothing that merely looks like it', () => {
  const text = 'lr: 1e-4, 3e-4\n  lr2 = 1, 2\nname: lr, lr2\n\nlr : 7'
  expect(renamedVariable(text, 'lr', 'rate')).toBe('rate: 1e-4, 3e-4\n  lr2 = 1, 2\nname: lr, lr2\n\nrate : 7')
  expect(renamedVariable('x: 1', 'lr', 'rate')).toBe('x: 1')
})
