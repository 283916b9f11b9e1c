import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteText } from './byteText.ts'
import { canonicalJson } from './canonicalJson.ts'

const decoder = new TextDecoder()

test('pieces stand behind one another as canonical JSON has them, however long they get', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 3000 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  const out = new ByteText()
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      out.clear()
      for (const item of pieces) {
        if (typeof item === 'string') out.quoted(item).raw(item)
        else out.number(item).raw('')
        out.bytes(Uint8Array.of(0x2c))
      }
      expect(decoder.decode(out.written())).toBe(
        pieces.map((item) => `${canonicalJson(item)}${typeof item === 'string' ? item : ''},`).join(''),
      )
    }),
  )
})

test('what JSON cannot hold is refused', () => {
  expect(() => new ByteText().quoted('\ud800')).toThrow(TypeError)
  expect(() => new ByteText().number(Number.NaN)).toThrow(TypeError)
})
