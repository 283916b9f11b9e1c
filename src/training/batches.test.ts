import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rowsOfBatch, splitEvenly } from './batches.ts'

const sizes = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), fc.nat())

describe('batches', () => {
  test('of one epoch never share a row, and each is full', () => {
    fc.assert(
      fc.property(sizes, ([rows, size, seed]) => {
        fc.pre(rows >= size)
        const batch = rowsOfBatch(rows, size, seed)
        const all = Array.from({ length: Math.floor(rows / size) }, (_, b) => batch(b))
        expect(all.every((indices) => indices.length === size)).toBe(true)
        expect(new Set(all.flat()).size).toBe(all.flat().length)
      }),
    )
  })

  test('follow from seed and number alone, in whatever order they are asked for', () => {
    const [ahead, back] = [rowsOfBatch(20, 3, 9), rowsOfBatch(20, 3, 9)]
    const numbers = Array.from({ length: 18 }, (_, i) => i)
    const forwards = numbers.map(ahead)
    const backwards = numbers.toReversed().map(back).toReversed()
    expect(forwards).toEqual(backwards)
  })

  test('are shuffled anew every epoch and by every seed', () => {
    const epochs = [0, 1].map((epoch) => rowsOfBatch(50, 50, 1)(epoch))
    expect(epochs[0]).not.toEqual(epochs[1])
    expect(rowsOfBatch(50, 50, 2)(0)).not.toEqual(epochs[0])
  })
})

test('parts are contiguous, nearly equal, and never empty', () => {
  fc.assert(
    fc.property(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 10 }), (count, parts) => {
      const items = Array.from({ length: count }, (_, i) => i)
      const split = splitEvenly(items, parts)
      expect(split.flat()).toEqual(items)
      expect(split).toHaveLength(Math.min(count, parts))
      const lengths = split.map((part) => part.length)
      if (count > 0) expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
    }),
  )
})
