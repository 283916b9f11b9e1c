import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readTokenTexts, stopEnd, uniqueSpelling } from './stopText.ts'

const letters = { a: 0, b: 1, c: 2, ab: 3, Ġ: 4, abc: 5 }
const texts = readTokenTexts(
  {
    model: { vocab: letters },
    added_tokens: [
      { id: 6, content: '<|end|>', special: true },
      { id: 7, content: 'cc', special: false },
    ],
  },
  10,
)!

describe('stop strings', () => {
  test('end a sequence at the token that completes them, across tokens and inside one', () => {
    expect(stopEnd(Int32Array.from([0, 1, 2]), ['bc'], texts)).toBe(3)
    expect(stopEnd(Int32Array.from([4, 3, 2]), ['bc'], texts)).toBe(3)
    expect(stopEnd(Int32Array.from([5, 0, 0]), ['b'], texts)).toBe(1)
    expect(stopEnd(Int32Array.from([0, 4, 1]), [' b', 'a '], texts)).toBe(2)
    expect(stopEnd(Int32Array.from([0, 0, 0]), ['b'], texts)).toBeNull()
  })

  test('do not reach across a special token', () => {
    expect(stopEnd(Int32Array.from([0, 6, 1]), ['ab'], texts)).toBeNull()
    expect(texts.special.get('<|end|>')).toBe(6)
  })

  test('have one spelling only where no longer token could take part', () => {
    expect(uniqueSpelling(' ', texts)).toEqual([4])
    expect(uniqueSpelling('a', texts)).toBeNull()
    expect(uniqueSpelling('c', texts)).toBeNull()
    expect(uniqueSpelling('z', texts)).toBeNull()
  })

  test('are found where the text of the tokens first holds them, whatever the tokens', () => {
    const text = (tokens: readonly number[]): string =>
      tokens.map((t) => new TextDecoder().decode(texts.bytes[t])).join('')
    const stop = fc.array(fc.constantFrom('a', 'b', 'c', ' '), { minLength: 1, maxLength: 4 }).map((c) => c.join(''))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), stop, (tokens, wanted) => {
        const first = tokens.findIndex((_, i) => text(tokens.slice(0, i + 1)).includes(wanted))
        expect(stopEnd(Int32Array.from(tokens), [wanted], texts)).toBe(first < 0 ? null : first + 1)
      }),
    )
  })
})
