import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countPart, indicesOfPart } from './rowPart.ts'

const split = fc.record({
  rows: fc.nat({ max: 200 }),
  heldoutRows: fc.nat({ max: 250 }),
  splitSeed: fc.nat(),
  limit: fc.nat({ max: 250 }),
})

test('train and held-out rows are disjoint and together are all rows', () => {
  fc.assert(
    fc.property(split, ({ rows, heldoutRows, splitSeed }) => {
      const of = (part: 'train' | 'heldout'): number[] =>
        indicesOfPart(rows, { part, heldoutRows, splitSeed, limit: 0 })
      const both = [...of('train'), ...of('heldout')].sort((a, b) => a - b)
      expect(both).toEqual(Array.from({ length: rows }, (_, i) => i))
    }),
  )
})

test('the count equals the number of indices, which ascend', () => {
  fc.assert(
    fc.property(split, fc.constantFrom('all' as const, 'train' as const, 'heldout' as const), (s, part) => {
      const indices = indicesOfPart(s.rows, { ...s, part })
      expect(indices.length).toBe(countPart(s.rows, { ...s, part }))
      expect(indices).toEqual([...indices].sort((a, b) => a - b))
    }),
  )
})

test('another seed holds out other rows', () => {
  const spec = { part: 'heldout' as const, heldoutRows: 10, limit: 0 }
  expect(indicesOfPart(100, { ...spec, splitSeed: 1 })).not.toEqual(indicesOfPart(100, { ...spec, splitSeed: 2 }))
})
