import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256Hex } from './sha256.ts'

function platformHex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('equals the platform digest for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(sha256Hex(bytes)).toBe(platformHex(bytes))
    }),
  )
})

test('equals it for texts that begin alike, whatever was hashed before', () => {
  const start = Uint8Array.from({ length: 4000 }, (_, i) => (i * 7) & 255)
  const cut = fc.record({ length: fc.nat(4000), change: fc.option(fc.nat(3999)), twice: fc.boolean() })
  fc.assert(
    fc.property(fc.array(cut, { minLength: 2, maxLength: 20 }), (cuts) => {
      for (const { length, change, twice } of cuts) {
        const bytes = start.slice(0, length)
        if (change !== null && change < length) bytes[change]! ^= 1
        for (let i = twice ? 2 : 1; i > 0; i--) expect(sha256Hex(bytes)).toBe(platformHex(bytes))
      }
    }),
  )
})

test('equals it for texts beyond the buffer that is used again', () => {
  const text = 'é'.repeat(50_000)
  expect(sha256Hex(text)).toBe(platformHex(new TextEncoder().encode(text)))
})
