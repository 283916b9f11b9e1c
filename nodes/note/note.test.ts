import { expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { testKind } from '../../tests/support/kindSuite.ts'
import { facts, pipeline, registry } from '../../tests/support/pipeline.ts'

testKind({
  kind: 'note',
  node: 'note',
  changes: { text: 'Why?', colour: 'blue' },
  refused: [
    [{ text: 7 }, 'Text must be text of at most 20000 characters, not 7.'],
    [{ colour: 'red' }, 'Colour must be one of yellow, blue, green, pink, grey, not "red".'],
  ],
  diagnosed: {},
  golden: (plan) => plan.stages.filter((stage) => stage.node === 'note'),
})

test('a note changes no plan: it is for people', () => {
  const without = compile(pipeline(), registry, facts).plan
  expect(compile(pipeline({ note: { text: 'Try 2e-4 next', colour: 'pink' } }), registry, facts).plan).toEqual(without)
})
