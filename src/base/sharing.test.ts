import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSharing } from './sharing.ts'

test('equal records become one, others stay what they are', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }))), (records) => {
      const shared = createSharing<object>()
      for (const record of records) {
        const made = shared(record)
        expect(made).toEqual(record)
        expect(shared(structuredClone(record))).toBe(made)
      }
    }),
  )
})

test('the newest are kept', () => {
  const shared = createSharing<{ readonly at: number }>()
  const first = shared({ at: 0 })
  for (let at = 1; at < 8; at++) shared({ at })
  expect(shared({ at: 0 })).toBe(first)
  shared({ at: 8 })
  expect(shared({ at: 0 })).not.toBe(first)
})

test('0 and -0 are not the same, nor is a member that is not there', () => {
  const shared = createSharing<object>()
  const zero = shared({ a: 0 })
  expect(shared({ a: -0 })).not.toBe(zero)
  expect(shared({ a: 0, b: undefined })).not.toBe(zero)
})
