import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Recent } from './recent.ts'

const records = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }))

test('what was made of an equal record is found, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(records), records, (kept, other) => {
      const recent = new Recent<object, object>()
      for (const record of kept) recent.keep(record, record)
      for (const record of kept.slice(-8)) expect(recent.find(structuredClone(record))).toEqual(record)
      const found = recent.find(other)
      if (found) expect(found).toEqual(other)
    }),
  )
})

test('the newest are kept', () => {
  const recent = new Recent<object, number>()
  for (let at = 0; at < 8; at++) recent.keep({ at }, at)
  expect(recent.find({ at: 0 })).toBe(0)
  recent.keep({ at: 8 }, 8)
  expect(recent.find({ at: 0 })).toBeUndefined()
  expect(recent.find({ at: 8 })).toBe(8)
})

test('0 and -0 are not the same, nor are an empty list and an empty record, nor is a member that is not there', () => {
  const recent = new Recent<object, true>()
  recent.keep({ a: 0 }, true)
  recent.keep({ b: [] }, true)
  expect(recent.find({ a: -0 })).toBeUndefined()
  expect(recent.find({ b: {} })).toBeUndefined()
  expect(recent.find({ a: 0, b: undefined })).toBeUndefined()
  expect(recent.find({ b: [] })).toBe(true)
})
