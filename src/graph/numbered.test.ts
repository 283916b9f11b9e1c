import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NodeId } from '../base/ids.ts'
import type { EdgeRec } from './model.ts'
import { numbered } from './numbered.ts'

const ids = ['a', 'b', 'c', 'd'] as NodeId[]
const end = fc.constantFrom(...ids, 'nobody')
const wire = fc.tuple(end, end).map(([from, to]) => ({ from: { node: from }, to: { node: to } }) as EdgeRec)

test('each wire stands at the nodes that it joins, in the order of the record, and at no other', () => {
  fc.assert(
    fc.property(fc.array(wire), (edges) => {
      const graph = numbered(ids, edges)
      for (const [which, side] of [
        [graph.out, 'from'],
        [graph.into, 'to'],
      ] as const) {
        ids.forEach((id, node) => {
          const at = [...which.wires.subarray(which.starts[node], which.starts[node + 1])].map((i) => edges[i])
          expect(at).toEqual(edges.filter((edge) => edge[side].node === id))
        })
      }
      edges.forEach(({ from, to }, i) => {
        expect(ids[graph.sources[i]!] ?? 'nobody').toBe(from.node)
        expect(ids[graph.targets[i]!] ?? 'nobody').toBe(to.node)
      })
    }),
  )
})
