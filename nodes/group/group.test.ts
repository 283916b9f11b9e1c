import { describe, expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { draw } from '#src/kinds/drawing.ts'
import { oneSft } from '../../tests/golden/drawings.ts'
import { expectGolden } from '../../tests/support/golden.ts'
import { facts, registry } from '../../tests/support/pipeline.ts'

/** The whole of `oneSft` inside a group, with the batch size promoted. */
function grouped(changes: Params = {}): GraphDoc {
  const { nodes, edges } = oneSft().doc
  const promoted = [{ key: 'batch', label: 'Batch', node: 'sft', field: 'batchSize' }]
  return draw(registry).node('g', 'group', { graph: { nodes, edges } as never, promoted, ...changes }).doc
}

describe('a group', () => {
  test('compiles to the plan of what is in it', () => {
    const plain = compile(oneSft().doc, registry, facts).plan!
    const { plan, diagnostics } = compile(grouped(), registry, facts)
    expect(diagnostics).toEqual([])
    expect(plan!.hash).toBe(plain.hash)
    expect(compile(grouped({ values: { batch: 20 } }), registry, facts).plan!.hash).not.toBe(plain.hash)
  })

  test('inside a group is opened, too', () => {
    const inner = grouped().nodes['g' as never]!
    const doc = draw(registry).node('outer', 'group', { graph: { nodes: { g: inner }, edges: {} } as never }).doc
    const { plan } = compile(doc, registry, facts)
    expect(plan!.stages.map((stage) => stage.id)).toEqual(['outer/g/sft'])
    expect(plan!.cards['outer/g/sft']).toBe('outer')
  })

  test('shows a field of a group inside it, and gives it the value', () => {
    const inner = grouped({ values: { batch: 20 } }).nodes['g' as never]!
    const promoted = [{ key: 'b', label: 'Batch', node: 'g', field: 'batch' }]
    const outer = (values: Params): GraphDoc =>
      draw(registry).node('outer', 'group', { graph: { nodes: { g: inner }, edges: {} }, promoted, values } as never)
        .doc
    const batch = (doc: GraphDoc): unknown => {
      const [stage] = compile(doc, registry, facts).plan!.stages
      return stage?.mode === 'sft' && stage.hyperparameters.batchSize
    }
    expect(batch(outer({}))).toBe(20)
    expect(batch(outer({ b: 24 }))).toBe(24)
  })

  test('says what is wrong inside at its card, and at the promoted setting where there is one', () => {
    const { diagnostics } = compile(grouped({ values: { batch: 100_000 } }), registry, facts)
    expectGolden('nodes/group/golden/KD2001.json', diagnostics)
    expect(diagnostics[0]).toMatchObject({ at: { on: 'field', node: 'g', field: 'batch' } })
  })

  test('that is muted goes as a whole', () => {
    const doc = edit(grouped(), (draft) => void (draft.nodes['g' as never]!.mode = 'mute')).doc
    expect(compile(doc, registry, facts).diagnostics.map((d) => d.code)).toEqual(['CM3201'])
  })

  test.each([
    ['ports without a node inside', { ports: [port('policy', 'nobody')] }],
    ['two ports of one key', { ports: [port('policy', 'sft'), port('policy', 'sft')] }],
    ['no drawing', { graph: 7 }],
  ])('with %s is refused', (name, params) => {
    const { plan, diagnostics } = compile(grouped(params as Params), registry, facts)
    expect(plan).toBeNull()
    expectGolden(`nodes/group/golden/KD2704 ${name}.json`, diagnostics)
  })
})

function port(key: string, node: string): Params {
  const inner = [{ node, port: 'policy' }]
  return { key, label: key, type: 'policy', direction: 'in', required: true, multiple: false, inner }
}
