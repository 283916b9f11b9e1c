import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseNumber, shownNumber, stepped } from './numberText.ts'

describe('numbers in fields', () => {
  test.each([
    ['1e-4', 1e-4],
    ['0,5', 0.5],
    [' 1 000 ', 1000],
    ['5%', 0.05],
    ['.5', 0.5],
    ['-3', -3],
  ])('reads %j as %d', (text, value) => expect(parseNumber(text)).toBe(value))

  test.each(['', 'abc', '1e', '1.2.3', '--1', 'Infinity', 'NaN', '0x10'])('takes %j for no number', (text) =>
    expect(parseNumber(text)).toBeNull(),
  )

  test('what is shown reads back to the same number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseNumber(shownNumber(value))).toBe(value === 0 ? 0 : value)
      }),
    )
  })

  test('steps stay inside the range, and log fields step within their decade', () => {
    const log = { type: 'number', min: 1e-8, max: 1, step: 1e-5, integer: false, scale: 'log' } as const
    expect(stepped(1e-4, 1, log)).toBe(2e-4)
    expect(stepped(1e-4, -1, log)).toBe(9e-5)
    expect(stepped(1, 5, log)).toBe(1)
    const whole = { type: 'number', min: 1, max: 64, step: 1, integer: true } as const
    expect(stepped(64, 1, whole)).toBe(64)
    expect(stepped(5, -10, whole)).toBe(1)
  })
})
