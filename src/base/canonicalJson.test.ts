import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, canonicalSha256 } from './canonicalJson.ts'

/** As RFC 8785 has it: the engine's own numbers and strings, members by the code units of their names. */
function byTheBook(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(byTheBook).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${byTheBook(member)}`).join()}}`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

describe('any value that JSON can hold', () => {
  // -0 is written 0, as the engine does.
  const value = fc.jsonValue({ maxDepth: 4 }).filter((v) => JSON.stringify(v).isWellFormed())

  test('is written by the book, and hashed as it is written', () => {
    fc.assert(
      fc.property(value, (v) => {
        const text = byTheBook(v)
        expect(canonicalJson(v)).toBe(text)
        expect(canonicalSha256(v)).toBe(sha256(text))
      }),
    )
  })

  test('is the same whatever stood in the buffer before, also beyond it', () => {
    const words = ['plain ', 'naïve ', '“quoted” ', '\u{1f600}', '\\ and "', 'line\n']
    const text = fc.record({ word: fc.constantFrom(...words), size: fc.integer({ min: 65_400, max: 65_600 }) })
    fc.assert(
      fc.property(text, value, ({ word, size }, v) => {
        const long = {
          rest: v,
          text: word
            .repeat(Math.ceil(size / word.length))
            .slice(0, size)
            .toWellFormed(),
        }
        expect(canonicalJson(long)).toBe(byTheBook(long))
        expect(canonicalSha256(long)).toBe(sha256(byTheBook(long)))
        expect(canonicalJson(v)).toBe(byTheBook(v))
      }),
      { numRuns: 30 },
    )
  })
})

test('members without a value are left out, in lists they are null', () => {
  expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}')
  expect(canonicalJson({ b: undefined })).toBe('{}')
  expect(canonicalJson([undefined, -0])).toBe('[null,0]')
})

test.each([
  [Number.NaN, 'NaN'],
  [[Infinity], 'Infinity'],
  [{ a: 1n }, 'a bigint'],
  [{ a: () => 1 }, 'a function'],
  [{ a: '\ud800' }, 'a lone surrogate'],
  [{ '\ud800': 1 }, 'a lone surrogate'],
])('%o is refused', (value, what) => {
  expect(() => canonicalJson(value)).toThrow(`canonical JSON cannot hold ${what}`)
})
