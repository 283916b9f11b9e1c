/** Where fixes of copied nodes lead: to the value that a person can change, or nowhere. */
import { expect, test } from 'vitest'
import { QWEN, factsFor } from '../../../tests/support/advised.ts'
import { set } from '../../../tests/golden/drawings.ts'
import { expectMended } from '../../../tests/support/kindSuite.ts'
import { registry } from '../../../tests/support/pipeline.ts'
import { edit } from '../../graph/change.ts'
import type { GraphDoc } from '../../graph/model.ts'
import { draw } from '../../kinds/drawing.ts'
import { compile } from '../compile.ts'

const facts = factsFor({})

/** One trainer whose rate is bound to `lr`, under a sweep. */
function swept(over: string): GraphDoc {
  const doc = draw(registry)
    .node('lr', 'parameter', { name: 'lr', type: 'number', number: 1e-5 })
    .node('size', 'parameter', { name: 'size', type: 'number', number: 64 })
    .node('sweep', 'sweep', { strategy: 'grid', over })
    .node('rows', 'dataset', set('pig-latin-sft'))
    .node('model', 'model', { name: QWEN, renderer: 'qwen3_disable_thinking' })
    .node('sft', 'train-sft')
    .wire('model.policy', 'sft.policy')
    .wire('rows.rows', 'sft.dataset').doc
  return edit(doc, (draft) => {
    Object.assign(draft.nodes['sft' as never]!, { bindings: { learningRate: 'lr', batchSize: 'size' } })
  }).doc
}

const slow = (doc: GraphDoc) => compile(doc, registry, facts).diagnostics.filter((d) => d.code === 'CM3702')

test('a value that a sweep gives has no fix: nothing at the node would change it', () => {
  const found = slow(swept('lr: 1e-5, 4e-4'))
  expect(found).toMatchObject([{ at: { on: 'field', node: 'sft', field: 'learningRate' } }])
  expect(found[0]!.fix).toBeUndefined()
})

test('a value that the copies share is mended at its parameter', () => {
  const doc = swept('size: 32, 64')
  const found = slow(doc)
  expect(found).toMatchObject([{ fix: { args: { node: 'lr' } } }])
  expectMended(doc, facts, found[0]!)
})
