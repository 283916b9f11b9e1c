import { expect, test } from 'vitest'
import { set } from '../../../tests/golden/drawings.ts'
import { facts, registry } from '../../../tests/support/pipeline.ts'
import { draw } from '../../kinds/drawing.ts'
import { compile } from '../compile.ts'

/** Two trainers in a row; the second measures its held-out loss on rows from this port. */
function chain(heldout: string) {
  return draw(registry)
    .node('model', 'model')
    .node('a', 'dataset', { ...set('pig-latin-sft'), heldoutRows: 40 }, { title: 'A' })
    .node('b', 'dataset', { ...set('pig-latin-prompts'), heldoutRows: 40 })
    .node('first', 'train-sft', {}, { title: 'First' })
    .node('second', 'train-sft', {}, { title: 'Second' })
    .wire('model.policy', 'first.policy')
    .wire('a.rows', 'first.dataset')
    .wire('first.trained', 'second.policy')
    .wire('b.rows', 'second.dataset')
    .wire(heldout, 'second.heldout').doc
}

test('held-out rows that an earlier stage trained on are told, with that stage', () => {
  const found = compile(chain('a.rows'), registry, facts).diagnostics.filter((d) => d.code === 'CM3409')
  expect(found).toMatchObject([
    { at: { on: 'port', node: 'second', port: 'heldout' }, related: [{ on: 'node', node: 'first' }] },
  ])
  expect(found[0]!.message).toContain('“First” trains on')
})

test('held-out rows that nobody trained on are not', () => {
  for (const port of ['a.heldout', 'b.heldout'])
    expect(compile(chain(port), registry, facts).diagnostics.filter((d) => d.code === 'CM3409')).toEqual([])
})
