import { describe, expect, test } from 'vitest'
import type { EdgeId, NodeId } from '../base/ids.ts'
import { edit } from './change.ts'
import type { GraphDoc } from './model.ts'
import { connect, disconnect, moveNodes } from './ops.ts'
import { topologicalOrder } from './order.ts'
import { downstream, edgesInto, edgesOutOf, upstream, wouldCycle } from './query.ts'
import { ref, testDoc, testLens } from './testGraph.ts'

const line = testDoc(['c:step', 'a:model', 'b:step', 's:sink'], ['a.out>b.in', 'b.out>c.in', 'c.out>s.many'])

describe('neighbours', () => {
  test('are found by node and by port', () => {
    expect(edgesInto(line, 'b').map((e) => e.from.node)).toEqual(['a'])
    expect(edgesInto(line, 'b', 'data')).toEqual([])
    expect(edgesOutOf(line, 'b', 'out').map((e) => e.to.node)).toEqual(['c'])
    expect(edgesInto(line, 'constructor')).toEqual([])
  })
  test('far and near', () => {
    expect([...upstream(line, 'c')].sort()).toEqual(['a', 'b'])
    expect([...downstream(line, 'a')].sort()).toEqual(['b', 'c', 's'])
  })
  test('are answered from the present inside a recipe, not from before it', () => {
    edit(line, (draft) => {
      expect(edgesInto(draft, 'b')).toHaveLength(1)
      disconnect(draft, ['a-out-b-in' as EdgeId])
      expect(edgesInto(draft, 'b')).toHaveLength(0)
      expect(connect(draft, testLens, 'again' as EdgeId, ref('a.out'), ref('b.in')).ok).toBe(true)
      expect(edgesInto(draft, 'b').map((e) => e.id)).toEqual(['again'])
    })
  })
  test('keep their identity while cards move', () => {
    const moved = edit(line, (d) => moveNodes(d, [['b' as NodeId, { x: 9, y: 9 }]])).doc
    expect(edgesInto(moved, 'b')).toBe(edgesInto(line, 'b'))
  })
})

test('the circle that a wire would close is told as a path', () => {
  expect(wouldCycle(line, 'c' as NodeId, 'b' as NodeId)).toEqual(['b', 'c'])
  expect(wouldCycle(line, 'a' as NodeId, 'c' as NodeId)).toBeNull()
})

describe('topological order', () => {
  test('puts sources first and the smallest id first among equals', () => {
    const wide = testDoc(['z:model', 'y:rows', 'b:step', 'a:sink'], ['z.out>b.in', 'y.out>b.data', 'b.out>a.many'])
    expect(topologicalOrder(wide)).toEqual({ order: ['y', 'z', 'b', 'a'], cycles: [] })
  })
  test('does not depend on the order of keys', () => {
    const turned: GraphDoc = {
      ...line,
      nodes: Object.fromEntries(Object.entries(line.nodes).reverse()),
      edges: Object.fromEntries(Object.entries(line.edges).reverse()),
    }
    expect(topologicalOrder(turned)).toEqual(topologicalOrder(line))
  })
  test('leaves out circles and what hangs on them, and names each circle once', () => {
    const knot = edit(
      testDoc(['a:step', 'b:step', 'c:step', 's:sink', 'm:model'], ['a.out>b.in', 'b.out>s.many']),
      (d) => {
        d.edges['back' as never] = { id: 'back', from: ref('b.out'), to: ref('a.in') } as never
        d.edges['self' as never] = { id: 'self', from: ref('c.out'), to: ref('c.in') } as never
      },
    ).doc
    expect(topologicalOrder(knot)).toEqual({ order: ['m'], cycles: [['a', 'b'], ['c']] })
  })
  test('walks a chain of 20,000 nodes without running out of stack', () => {
    const id = (i: number): string => `n${String(i).padStart(5, '0')}`
    const nodes = Array.from({ length: 20_000 }, (_, i) => [id(i), { id: id(i) }] as const)
    const edges = nodes
      .slice(1)
      .map(([to], i) => [to, { id: to, from: ref(`${id(i)}.out`), to: ref(`${to}.in`) }] as const)
    const chain = { ...line, nodes: Object.fromEntries(nodes), edges: Object.fromEntries(edges) } as unknown as GraphDoc
    expect(topologicalOrder(chain).order).toHaveLength(20_000)
    expect(upstream(chain, id(19_999)).size).toBe(19_999)
  })
})
