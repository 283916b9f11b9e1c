/** Where values of decisions and of stages inside groups come from. */
import { describe, expect, test } from 'vitest'
import type { Json } from '../base/canonicalJson.ts'
import type { NodeId } from '../base/ids.ts'
import { compile } from '../compiler/compile.ts'
import type { GraphDoc } from '../graph/model.ts'
import { draw } from '../kinds/drawing.ts'
import type { Drawing } from '../kinds/drawing.ts'
import { facts, registry } from '../../tests/support/pipeline.ts'
import type { Plan } from './pipelineConfig.ts'
import { leafPaths, provenanceOf } from './provenance.ts'

function planOf(doc: GraphDoc): Plan {
  const { plan, diagnostics } = compile(doc, registry, facts)
  if (!plan) throw new Error(diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'))
  return plan
}

/** A gate, two trainers behind its sides, and a choice between what they leave. */
function decided(): GraphDoc {
  const evaluated = (drawing: Drawing, id: string, ...policies: readonly string[]): Drawing =>
    policies
      .reduce((made, policy) => made.wire(policy, `${id}.policies`), drawing.node(id, 'evaluate'))
      .wire('test.rows', `${id}.dataset`)
      .wire('exact.reward', `${id}.reward`)
  const train = (drawing: Drawing, id: string, from: string): Drawing =>
    drawing.node(id, 'train-sft', { batchSize: 8 }).wire(from, `${id}.policy`).wire('rows.rows', `${id}.dataset`)
  const base = draw(registry)
    .node('model', 'model')
    .node('rows', 'dataset', { source: { type: 'builtin', name: 'pig-latin-sft' } })
    .node('test', 'dataset', { source: { type: 'builtin', name: 'pig-latin-heldout' } })
    .node('exact', 'reward')
  const gated = evaluated(train(base, 'sft', 'model.policy'), 'eval', 'model.policy', 'sft.trained')
    .node('gate', 'gate', { threshold: 0.25, against: 'first' })
    .wire('sft.trained', 'gate.policy')
    .wire('eval.scores', 'gate.scores')
  const sides = train(train(gated, 'a', 'gate.passed'), 'b', 'gate.failed')
  const chosen = evaluated(sides, 'both', 'a.trained', 'b.trained')
    .node('best', 'best-of')
    .wire('both.scores', 'best.scores')
  return train(chosen, 'next', 'best.best').doc
}

function twoTrainers(): GraphDoc {
  return draw(registry)
    .node('model', 'model')
    .node('rows', 'dataset', { source: { type: 'builtin', name: 'pig-latin-sft' } })
    .node('one', 'train-sft', { batchSize: 8, learningRate: 3e-3 })
    .node('two', 'train-sft', { batchSize: 8 })
    .wire('model.policy', 'one.policy')
    .wire('one.trained', 'two.policy')
    .wire('rows.rows', 'one.dataset')
    .wire('rows.rows', 'two.dataset').doc
}

/** The two trainers inside a group that promotes the first one's rate. */
function inGroup(doc: GraphDoc): GraphDoc {
  const nodes = {
    one: { ...doc.nodes['one' as NodeId]!, params: { ...doc.nodes['one' as NodeId]!.params, learningRate: 1 } },
    two: doc.nodes['two' as NodeId]!,
  }
  const inside = Object.values(doc.edges).find(({ from }) => from.node === 'one')!
  const port = (key: string, type: string, inner: readonly string[]): Json => ({
    key,
    label: key,
    type,
    direction: 'in',
    required: true,
    multiple: false,
    inner: inner.map((node) => ({ node, port: key })),
  })
  return draw(registry)
    .node('model', 'model')
    .node('rows', 'dataset', { source: { type: 'builtin', name: 'pig-latin-sft' } })
    .node('g', 'group', {
      graph: { nodes: nodes as unknown as Json, edges: { [inside.id]: inside as unknown as Json } },
      ports: [port('policy', 'policy', ['one']), port('dataset', 'dataset', ['one', 'two'])],
      promoted: [{ key: 'rate', label: 'Rate', node: 'one', field: 'learningRate' }],
      values: { rate: 3e-3 },
    })
    .wire('model.policy', 'g.policy')
    .wire('rows.rows', 'g.dataset').doc
}

describe('decisions', () => {
  const doc = decided()
  const plan = planOf(doc)
  const provenance = provenanceOf(plan)
  const leaves = plan.decisions.flatMap((item) => leafPaths(item).map((path) => ({ item: item.id as string, path })))
  const place = (item: string, path: string): string => {
    const found = provenance.placeOf({ item, path })!
    return [found.node, found.field ?? found.port].filter(Boolean).join('.')
  }

  test('of a gate and of a choice say which field, port or node each value is from', () => {
    expect(plan.decisions.map((d) => d.id)).toEqual(['gate', 'best'])
    const told = Object.fromEntries(leaves.map(({ item, path }) => [`${item} ${path}`, place(item, path)]))
    expect(told).toMatchObject({
      'gate threshold': 'gate.threshold',
      'gate comparison': 'gate.comparison',
      'gate against': 'gate.against',
      'gate evaluation': 'gate.scores',
      'gate policy': 'gate.policy',
      'gate title': 'gate',
      'best goal': 'best.goal',
      'best evaluation': 'best.scores',
      'best candidates.0.label': 'a',
      'best candidates.0.model.loraRank': 'model.loraRank',
      'best candidates.1.source.stage': 'best.scores',
      'best candidates.1.conditions.0.outcome': 'best.scores',
    })
  })

  test('are found again from their nodes', () => {
    for (const leaf of leaves) {
      const { node, field, port } = provenance.placeOf(leaf)!
      expect(doc.nodes[node as NodeId], node).toBeDefined()
      expect(provenance.leavesOf(node, field ?? port ?? undefined)).toContainEqual(leaf)
    }
    expect(provenance.leavesOf('gate', 'threshold')).toEqual([{ item: 'gate', path: 'threshold' }])
    expect(provenance.itemsOf('gate')).toEqual(['gate'])
  })

  test('stand behind what stages start from: the wire at their policy port', () => {
    expect(place('next', 'start.decision')).toBe('next.policy')
    expect(place('next', 'start.load')).toBe('next.continueOptimizer')
    expect(place('a', 'conditions.0.decision')).toBe('a.policy')
  })

  test('know nothing of items and values that are not there', () => {
    expect(provenance.placeOf({ item: 'nobody', path: 'goal' })).toBeNull()
    expect(place('best', 'candidates.9.model.name')).toBe('best.scores')
  })
})

test('a value inside a group is from the node inside, and the plan knows the card and its promoted field', () => {
  const inner = twoTrainers()
  const group = inGroup(inner)
  const plan = planOf(group)
  const provenance = provenanceOf(plan)
  const [stage] = plan.stages
  expect(stage).toMatchObject({ id: 'g/one', hyperparameters: { learningRate: 3e-3 } })
  expect(provenance.placeOf({ item: 'g/one', path: 'hyperparameters.learningRate' })).toEqual({
    node: 'g/one',
    field: 'learningRate',
    port: null,
  })
  expect(plan.cards).toEqual({ 'g/one': 'g', 'g/two': 'g' })
  expect(provenance.placeOf({ item: 'g/two', path: 'start.stage' })).toMatchObject({ node: 'g/two', port: 'policy' })
  expect(provenance.itemsOf('g/one')).toEqual(['g/one'])
  expect(provenance.leavesOf('model', 'loraRank').map(({ item }) => item)).toEqual(['g/one', 'g/two'])
  // Apart from ids, groups change nothing.
  expect(plan.hash).toBe(planOf(inner).hash)
})
