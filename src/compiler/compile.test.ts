import { describe, expect, test } from 'vitest'
import { createDefaultRegistry } from '#nodes/index.ts'
import type { NodeId } from '../base/ids.ts'
import type { GraphDoc, NodeRec } from '../graph/model.ts'
import { newNode } from '../kinds/newNode.ts'
import { draw } from '../kinds/drawing.ts'
import { NO_FACTS } from '../ir/dataset.ts'
import { twoSizes } from '../../examples/twoSizes.ts'
import { factsOf } from '../../tests/support/facts.ts'
import { readFacts } from '../../tests/support/realFacts.ts'
import { compile } from './compile.ts'
import { factRequests } from './factRequests.ts'

const registry = createDefaultRegistry()
const set = (name: string) => ({ source: { type: 'builtin', name } })

function twoStages() {
  return draw(registry)
    .node('model', 'model', {}, { title: 'Base' })
    .node('rows', 'dataset', { ...set('pig-latin-sft'), heldoutRows: 20 })
    .node('sft', 'train-sft', { batchSize: 10, epochs: 3 })
    .node('after', 'checkpoint', { name: 'after-sft' }, { title: 'SFT checkpoint' })
    .node('prompts', 'dataset', set('pig-latin-prompts'))
    .node('exact', 'reward')
    .node('rl', 'train-rl', { batchSize: 20, groupSize: 4 })
    .node('test', 'dataset', set('pig-latin-heldout'))
    .node('eval', 'evaluate')
    .wire('model.policy', 'sft.policy')
    .wire('rows.rows', 'sft.dataset')
    .wire('rows.heldout', 'sft.heldout')
    .wire('sft.trained', 'after.policy')
    .wire('after.saved', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
    .wire('exact.reward', 'rl.reward')
    .wire('model.policy', 'eval.policies')
    .wire('after.saved', 'eval.policies')
    .wire('rl.trained', 'eval.policies')
    .wire('test.rows', 'eval.dataset')
    .wire('exact.reward', 'eval.reward')
}

const facts = factsOf({
  'pig-latin-sft': { rows: 120 },
  'pig-latin-prompts': { rows: 90 },
  'pig-latin-heldout': { rows: 50 },
})

describe('a drawing of SFT, RL and evaluation', () => {
  const { plan, diagnostics, pending } = compile(twoStages().doc, registry, facts)

  test('compiles without a word of complaint', () => {
    expect(diagnostics).toEqual([])
    expect(pending).toBe(false)
  })
  test('becomes three stages in the order of their needs', () => {
    expect(plan!.stages.map((s) => [s.id, s.mode, s.dependsOn])).toEqual([
      ['sft', 'sft', []],
      ['rl', 'rl', ['sft']],
      ['eval', 'evaluate', ['rl', 'sft']],
    ])
  })
  test('starts RL from the checkpoint that SFT was told to save', () => {
    const [sft, rl] = plan!.stages
    expect(sft).toMatchObject({ checkpointing: [{ node: 'after', name: 'after-sft', every: 0, ttlSeconds: null }] })
    expect(rl).toMatchObject({ start: { from: 'stage', stage: 'sft', checkpoint: 'after-sft', load: 'weights' } })
  })
  test('evaluates base, SFT and RL in the order in which they come about', () => {
    const stage = plan!.stages[2]!
    expect(stage.mode === 'evaluate' && stage.evaluation.policies.map((p) => p.label)).toEqual([
      'Base',
      'SFT checkpoint',
      'RL (GRPO)',
    ])
  })
  test('counts real steps: 100 rows in batches of 10 for 3 epochs, 90 prompts in batches of 20', () => {
    expect(plan!.estimates['sft']).toMatchObject({ rows: 100, stepsPerEpoch: 10, optimizerSteps: 30 })
    expect(plan!.estimates['rl']).toMatchObject({ rows: 90, optimizerSteps: 4, rollouts: 320 })
    expect(plan!.estimates['eval']).toMatchObject({ rows: 50, rollouts: 150 })
  })
  test('writes the detected mapping into the plan', () => {
    expect(plan!.stages[0]!.dataset.mapping).toEqual({ type: 'messages', messages: 'messages' })
  })
})

test('without facts nothing is wrong, only not known yet', () => {
  const result = compile(twoStages().doc, registry, NO_FACTS)
  expect(result.plan).toBeNull()
  expect(result.pending).toBe(true)
  expect(result.diagnostics.map((d) => [d.code, d.severity])).toEqual([
    ['KD2101', 'info'],
    ['CM3103', 'info'],
    ['CM3103', 'info'],
    ['CM3103', 'info'],
  ])
})

test('asks for each set once, with the models that will read it', () => {
  const requests = factRequests(twoStages().doc, registry)
  expect(requests.map((r) => [r.request.source.name, r.models])).toEqual([
    ['pig-latin-prompts', ['tunegraph/tiny-1m']],
    ['pig-latin-sft', ['tunegraph/tiny-1m']],
    ['pig-latin-heldout', ['tunegraph/tiny-1m']],
  ])
})

test('asks for sets inside a group, too', () => {
  const { doc } = twoStages()
  const { rows, ...others } = doc.nodes
  const outs = [...new Set(Object.values(doc.edges).flatMap(({ from }) => (from.node === 'rows' ? [from.port] : [])))]
  const ports = outs.map((key) => ({
    ...{ key, label: key, type: 'dataset', direction: 'out', required: false, multiple: false },
    inner: [{ node: 'rows', port: key }],
  }))
  const group: NodeRec = {
    ...newNode(registry.get('group')!, 'g' as NodeId, { x: 0, y: 0 }),
    params: { graph: { nodes: { rows: rows as never }, edges: {} }, ports },
  }
  const edges = Object.fromEntries(
    Object.entries(doc.edges).map(([id, edge]) => [
      id,
      edge.from.node === 'rows' ? { ...edge, from: { ...edge.from, node: group.id } } : edge,
    ]),
  )
  const grouped = { ...doc, nodes: { ...others, g: group }, edges }
  const keys = (of: GraphDoc): readonly string[] =>
    factRequests(of, registry).map(({ key, models }) => `${key} ${models.join()}`)
  expect(keys(grouped).toSorted()).toEqual(keys(doc).toSorted())
  expect(compile(grouped, registry, facts).pending).toBe(false)
})

test('too few rows for one batch is an error that says which batch size works', () => {
  const { plan, diagnostics } = compile(twoStages().doc, registry, {
    ...facts,
    ...factsOf({ 'pig-latin-sft': { rows: 29 }, 'pig-latin-prompts': { rows: 90 }, 'pig-latin-heldout': { rows: 50 } }),
  })
  expect(plan).toBeNull()
  expect(diagnostics).toEqual([
    {
      code: 'CM3501',
      severity: 'error',
      message: '“SFT” would take no optimizer step: 9 rows do not fill a batch of 10. A batch size of 9 or less works.',
      at: { on: 'field', node: 'sft', field: 'batchSize' },
      fix: { title: 'Use 9', command: 'node.setParams', args: { node: 'sft', field: 'batchSize', value: 9 } },
      data: { rows: 9, batchSize: 10 },
    },
  ])
})

test('rows that two models read are counted by both', () => {
  const requests = factRequests(twoSizes(registry), registry)
  expect(requests.find((r) => r.request.source.name === 'pig-latin-sft')?.models).toEqual([
    'tunegraph/tiny-1m',
    'tunegraph/tiny-4m',
  ])
  const { plan } = compile(twoSizes(registry), registry, readFacts(requests))
  const trainers = plan!.stages.filter((stage) => stage.mode === 'sft')
  expect(trainers.map((stage) => plan!.estimates[stage.id]?.trainTokens)).toEqual([24_564, 24_564])
})
