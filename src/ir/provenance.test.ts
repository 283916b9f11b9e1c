import { describe, expect, test } from 'vitest'
import type { NodeId } from '../base/ids.ts'
import { compile } from '../compiler/compile.ts'
import { edit } from '../graph/change.ts'
import type { GraphDoc } from '../graph/model.ts'
import { setParams } from '../graph/ops.ts'
import { branches, sums } from '../../tests/golden/drawings.ts'
import { facts, pipeline, registry } from '../../tests/support/pipeline.ts'
import { leafPaths, provenanceOf } from './provenance.ts'
import type { Plan } from './pipelineConfig.ts'

const planOf = (doc: GraphDoc): Plan => compile(doc, registry, facts).plan!

describe.each([
  ['pipeline', pipeline()],
  ['branches', branches()],
  ['sums', sums()],
])('every value of the plan of %s', (_, doc) => {
  const plan = planOf(doc)
  const provenance = provenanceOf(plan)
  const leaves = [...plan.stages, ...plan.decisions].flatMap((item) =>
    leafPaths(item).map((path) => ({ item: item.id as string, path })),
  )

  test('comes from a node of the drawing, and from a field or port that the node has', () => {
    expect(leaves.length).toBeGreaterThan(50)
    for (const leaf of leaves) {
      const place = provenance.placeOf(leaf)!
      const node = doc.nodes[place.node as NodeId]
      expect(node, `${leaf.item} ${leaf.path}: ${place.node}`).toBeDefined()
      const kind = registry.get(node!.kind)!
      if (place.field !== null) {
        const fields = kind.fields.map((field) => field.key)
        expect(fields, `${leaf.item} ${leaf.path}`).toContain(place.field)
      }
      if (place.port !== null) {
        const ports = kind.ports(kind.defaults).map((port) => port.key)
        expect(ports, `${leaf.item} ${leaf.path}`).toContain(place.port)
      }
    }
  })

  test('is found again from its place', () => {
    for (const leaf of leaves) {
      const { node, field, port } = provenance.placeOf(leaf)!
      expect(provenance.leavesOf(node, field ?? port ?? undefined)).toContainEqual(leaf)
    }
  })
})

test.each([
  ['sft', 'learningRate', 3e-4],
  ['sft', 'beta1', 0.8],
  ['sft', 'trainOnWhat', 'all_tokens'],
  ['sft', 'gradientAccumulation', 2],
  ['rl', 'groupSize', 8],
  ['rl', 'temperature', 0.9],
  ['rl', 'klCoef', 0.01],
  ['model', 'loraRank', 8],
  ['rows', 'heldoutRows', 30],
  ['rows', 'systemPrompt', 'Be brief.'],
  ['style', 'maxLength', 90],
  ['style', 'weight', 0.3],
  ['after', 'every', 5],
  ['eval', 'samplesPerRow', 1],
  ['eval', 'limit', 64],
  ['eval', 'seed', 9],
] as const)('what changes with %s.%s is said to come from there', (node, field, value) => {
  const before = planOf(pipeline())
  const after = planOf(edit(pipeline(), (draft) => void setParams(draft, node as NodeId, { [field]: value })).doc)
  const valueAt = (plan: Plan, item: string, path: string): string => {
    let value: unknown = plan.stages.find((s) => s.id === item)
    for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key]
    return JSON.stringify(value) ?? ''
  }
  const leaves = provenanceOf(after).leavesOf(node, field)
  const differing = after.stages.flatMap((stage) =>
    leafPaths(stage)
      .filter((path) => valueAt(before, stage.id, path) !== valueAt(after, stage.id, path))
      .map((path) => ({ item: stage.id, path })),
  )
  for (const leaf of differing) expect(leaves).toContainEqual(leaf)
  expect(leaves.length).toBeGreaterThan(0)
})
