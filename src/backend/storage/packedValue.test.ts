import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packValue, unpackValue } from './packedValue.ts'

const arrays = fc.oneof(
  fc.float32Array(),
  fc.int32Array(),
  fc.uint8Array(),
  fc.array(fc.double()).map((list) => Float64Array.from(list)),
)
const values = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__' && key !== '$array'),
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), arrays, fc.record({ inner: arrays, n: fc.integer() })),
)

test('unpacks what was packed', () => {
  fc.assert(
    fc.property(values, (value) => {
      const packed = unpackValue(packValue(value))
      if (!packed.ok) throw new Error(packed.error)
      expect({ ...(packed.value as object) }).toEqual({ ...value })
    }),
  )
})

test('unpacks from anywhere in a larger buffer, as Node hands out file contents', () => {
  const packed = packValue({ a: Float32Array.of(1, 2, 3) })
  const pool = Buffer.alloc(packed.length + 24)
  pool.set(packed, 3)
  const unpacked = unpackValue(pool.subarray(3, 3 + packed.length))
  expect(unpacked).toEqual({ ok: true, value: { a: Float32Array.of(1, 2, 3) } })
})

test('reports a file that is cut short or altered, and never throws', () => {
  const whole = packValue({ a: new Float32Array(20).fill(1), b: 'text' })
  for (let length = 0; length < whole.length; length++) expect(unpackValue(whole.subarray(0, length)).ok).toBe(false)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const altered = whole.slice()
      altered[at] = byte
      unpackValue(altered)
    }),
  )
})
