import { expect, test } from 'vitest'
import { pipeline, registry } from '../../tests/support/pipeline.ts'
import type { Params } from '../graph/model.ts'
import { createNodeViews } from './nodeView.ts'

function paramsOf(node: string, params: Params): Readonly<Record<string, unknown>> {
  return createNodeViews(registry).of(pipeline({ [node]: params }), node)!.params
}

test('values that clash stay as they were chosen, so that the clash can be mended', () => {
  expect(paramsOf('exact', { grader: 'regex', pattern: '', caseSensitive: true, weight: 0.5 })).toMatchObject({
    grader: 'regex',
    pattern: '',
    caseSensitive: true,
    weight: 0.5,
  })
})

test('a value that does not fit its field has its default, the others stay', () => {
  expect(paramsOf('sft', { epochs: 'many', batchSize: 7 })).toMatchObject({ epochs: 1, batchSize: 7 })
  expect(paramsOf('rows', { source: { type: 'nowhere' }, heldoutRows: 3 })).toMatchObject({
    source: { type: 'builtin', name: 'pig-latin-sft' },
    heldoutRows: 3,
  })
})
