import { expect, test } from 'vitest'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { compile } from '#src/compiler/compile.ts'
import { draw } from '#src/kinds/drawing.ts'
import type { Drawing } from '#src/kinds/drawing.ts'
import type { CheckpointSpec, Plan } from '#src/ir/pipelineConfig.ts'
import { expectGolden } from '../../tests/support/golden.ts'
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

/** Two trainers that an evaluation compares. */
function compared(): Drawing {
  return draw(registry)
    .node('model', 'model')
    .node('rows', 'dataset')
    .node('slow', 'train-sft', { learningRate: 1e-4 }, { title: 'Slow' })
    .node('fast', 'train-sft', { learningRate: 1e-3 }, { title: 'Fast' })
    .node('exact', 'reward')
    .node('compare', 'evaluate')
    .node('save', 'checkpoint', { name: 'keep' }, { title: 'Kept' })
    .node('more', 'train-sft', { learningRate: 2e-4 })
    .wire('model.policy', 'slow.policy')
    .wire('model.policy', 'fast.policy')
    .wire('rows.rows', 'slow.dataset')
    .wire('rows.rows', 'fast.dataset')
    .wire('rows.rows', 'more.dataset')
    .wire('rows.rows', 'compare.dataset')
    .wire('slow.trained', 'compare.policies')
    .wire('fast.trained', 'compare.policies')
    .wire('exact.reward', 'compare.reward')
    .wire('save.saved', 'more.policy')
}

const savesOf = (plan: Plan): { [stage: string]: readonly string[] } =>
  Object.fromEntries(
    plan.stages.flatMap((s) =>
      s.mode === 'evaluate' ? [] : [[s.id, s.checkpointing.map((save: CheckpointSpec) => save.name)] as const],
    ),
  )

test('behind a choice every trainer that is chosen from saves, and what follows starts from the chosen one', () => {
  const { doc } = compared()
    .node('best', 'best-of')
    .wire('compare.scores', 'best.scores')
    .wire('best.best', 'save.policy')
  const { plan, diagnostics } = compile(doc, registry, facts)
  expect(savesOf(plan!)).toEqual({ slow: ['keep'], fast: ['keep'], more: [] })
  expect(plan!.stages.find(({ id }) => id === 'more')).toMatchObject({ start: { from: 'decision' } })
  expectGolden('nodes/checkpoint/golden/KD2302 behind a choice.json', early(diagnostics))
})

test('behind a gate its trainer saves, and only what follows waits for the gate', () => {
  const { doc } = compared()
    .node('gate', 'gate')
    .wire('slow.trained', 'gate.policy')
    .wire('compare.scores', 'gate.scores')
    .wire('gate.passed', 'save.policy')
  const { plan, diagnostics } = compile(doc, registry, facts)
  expect(savesOf(plan!)).toEqual({ slow: ['keep'], fast: [], more: [] })
  expect(plan!.stages.find(({ id }) => id === 'more')).toMatchObject({
    start: { from: 'stage', stage: 'slow', checkpoint: 'keep' },
    conditions: [{ outcome: 'passed' }],
  })
  expectGolden('nodes/checkpoint/golden/KD2302 behind a gate.json', early(diagnostics))
})

test('of a trainer that is itself behind a gate is made when that ends, and there is nothing to say', () => {
  const { doc } = compared()
    .wire('slow.trained', 'save.policy')
    .node('gate', 'gate')
    .wire('slow.trained', 'gate.policy')
    .wire('compare.scores', 'gate.scores')
    .node('rest', 'train-sft')
    .wire('gate.passed', 'rest.policy')
    .wire('rows.rows', 'rest.dataset')
    .node('end', 'checkpoint', { name: 'end' })
    .wire('rest.trained', 'end.policy')
  const { plan, diagnostics } = compile(doc, registry, facts)
  expect(savesOf(plan!)).toMatchObject({ rest: ['end'] })
  expect(early(diagnostics)).toEqual([])
})

function early(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter(({ code }) => code === 'KD2302')
}
