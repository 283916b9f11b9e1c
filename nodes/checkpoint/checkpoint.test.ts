import { expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { draw } from '#src/kinds/drawing.ts'
import { testKind } from '../../tests/support/kindSuite.ts'
import { facts, registry } from '../../tests/support/pipeline.ts'

const shape =
  'Name must be 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit, not '

testKind({
  kind: 'checkpoint',
  node: 'after',
  changes: { name: 'other', every: 5, keep: false, ttlHours: { to: 24, with: { keep: false } } },
  refused: [
    [{ name: '' }, `${shape}"".`],
    [{ name: 'a b' }, `${shape}"a b".`],
    [{ name: '../../x' }, `${shape}"../../x".`],
    [{ name: 'final' }, 'Name must not be "final": every trainer’s own last save is called that.'],
    [{ every: -1 }, 'Save every must be a whole number from 0 to 1000000 steps, not -1.'],
    [{ keep: false, ttlHours: 0 }, 'Delete after must be a whole number from 1 to 87600 hours, not 0.'],
    [{ keep: 'forever' }, 'Keep must be on or off (true or false), not "forever".'],
  ],
  diagnosed: {
    KD2301: {
      doc: draw(registry).node('base', 'model').node('save', 'checkpoint').wire('base.policy', 'save.policy').doc,
    },
  },
  golden: (plan) =>
    plan.stages.flatMap((s) => (s.mode === 'evaluate' ? [] : [{ saves: s.checkpointing, start: s.start }])),
})

test('two checkpoints in a row are two saves of one trainer', () => {
  const { doc } = draw(registry)
    .node('model', 'model')
    .node('rows', 'dataset')
    .node('sft', 'train-sft')
    .node('a', 'checkpoint', { name: 'first' })
    .node('b', 'checkpoint', { name: 'second', every: 4 })
    .wire('model.policy', 'sft.policy')
    .wire('rows.rows', 'sft.dataset')
    .wire('sft.trained', 'a.policy')
    .wire('a.saved', 'b.policy')
  const [stage] = compile(doc, registry, facts).plan!.stages
  expect(stage!.mode === 'sft' && stage!.checkpointing.map((save) => save.name)).toEqual(['first', 'second'])
})
