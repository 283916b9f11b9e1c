import { describe, expect, test } from 'vitest'
import type { EdgeId } from '../base/ids.ts'
import { edit } from './change.ts'
import { checkConnection, checkWire } from './connect.ts'
import type { GraphDoc } from './model.ts'
import { connect } from './ops.ts'
import { ref, testDoc, testLens, testNode } from './testGraph.ts'

const doc = testDoc(['m:model', 'r:rows', 'a:step', 'b:step', 's:sink', 'alien:thing'], ['m.out>a.in', 'a.out>b.in'])

function why(from: string, to: string, at: GraphDoc = doc): [string, string] | null {
  const checked = checkConnection(at, testLens, ref(from), ref(to))
  return checked.ok ? null : [checked.error.code, checked.error.message]
}

describe('a wire is refused with one sentence', () => {
  test.each([
    ['r.out', 'a.in', 'GR1105', '“a” expects policy at “IN”, got dataset from “r”.'],
    ['a.out', 'a.in', 'GR1104', '“a” cannot feed itself.'],
    ['a.in', 'b.in', 'GR1103', '“a” (IN) and “b” (IN) are both inputs; a wire joins an output to an input.'],
    ['m.out', 'r.out', 'GR1103', '“m” (OUT) and “r” (OUT) are both outputs; a wire joins an output to an input.'],
    ['m.out', 'a.in', 'GR1106', '“m” (OUT) is already connected to “a” (IN).'],
    ['b.out', 'a.in', 'GR1107', 'This wire would close a circle: a → b → a.'],
    ['m.out', 'gone.in', 'GR1101', 'The wire ends at a node that is not in the document (gone).'],
    ['m.out', 'constructor.in', 'GR1101', 'The wire ends at a node that is not in the document (constructor).'],
    ['m.out', 'a.nope', 'GR1102', '“a” has no port “nope”.'],
    ['m.out', 'alien.in', 'GR1102', 'The ports of “alien” are unknown because its kind “thing” is.'],
  ])('%s → %s', (from, to, code, sentence) => {
    expect(why(from, to)).toEqual([code, sentence])
  })
})

test('nothing goes straight through an open group', () => {
  const inside = testDoc(['g/@in:step', 'g/a:step', 'g/@out:step'], ['g/@in.out>g/a.in'])
  expect(why('g/@in.out', 'g/@out.in', inside)).toEqual([
    'GR1109',
    'A group hands nothing straight through: put a node or a reroute between “g/@in” (OUT) and “g/@out” (IN).',
  ])
  expect(why('g/a.out', 'g/@out.in', inside)).toBeNull()
})

describe('a wire that fits', () => {
  test('may be drawn from either end', () => {
    const forwards = checkConnection(doc, testLens, ref('b.out'), ref('s.many'))
    const backwards = checkConnection(doc, testLens, ref('s.many'), ref('b.out'))
    expect(forwards).toEqual({ ok: true, value: { from: ref('b.out'), to: ref('s.many'), replaces: [] } })
    expect(backwards).toEqual(forwards)
  })
  test('replaces the wire of an input that takes one', () => {
    const checked = checkConnection(doc, testLens, ref('m.out'), ref('b.in'))
    expect(checked).toMatchObject({ ok: true, value: { replaces: ['a-out-b-in'] } })
    const after = edit(doc, (d) => void connect(d, testLens, 'new' as EdgeId, ref('m.out'), ref('b.in'))).doc
    expect(Object.keys(after.edges).sort()).toEqual(['m-out-a-in', 'new'])
  })
  test('joins the others at an input that takes several', () => {
    const both = testDoc(['m:model', 'n:model', 's:sink'], ['m.out>s.many', 'n.out>s.many'])
    expect(Object.keys(both.edges)).toHaveLength(2)
  })
  test('may be the very wire that is being re-plugged', () => {
    const moved = 'm-out-a-in' as EdgeId
    expect(checkConnection(doc, testLens, ref('m.out'), ref('a.in'), moved).ok).toBe(true)
    const after = edit(doc, (d) => void connect(d, testLens, 'new' as EdgeId, ref('m.out'), ref('s.many'), moved)).doc
    expect(Object.keys(after.edges).sort()).toEqual(['a-out-b-in', 'new'])
  })
})

test('a refused wire leaves the document identical', () => {
  const { doc: after, patches } = edit(doc, (d) => void connect(d, testLens, 'x' as EdgeId, ref('r.out'), ref('a.in')))
  expect(after).toBe(doc)
  expect(patches).toEqual([])
})

test('a wire of the document is checked in the same words, at the wire', () => {
  const broken = edit(doc, (d) => {
    d.nodes['a' as never] = testNode('a', 'sink') as never
  }).doc
  expect(checkWire(broken, testLens, broken.edges['m-out-a-in']!)).toMatchObject({
    code: 'GR1102',
    message: '“a” has no port “in”.',
    at: { on: 'edge', edge: 'm-out-a-in' },
  })
  expect(checkWire(doc, testLens, doc.edges['m-out-a-in']!)).toBeNull()
})
