import { expect, test } from 'vitest'
import { duration } from './timeWords.ts'

test.each([
  [12, '12 ms'],
  [1500, '1.5 s'],
  [59_400, '59 s'],
  [185_000, '3 min 05 s'],
  [7_620_000, '2 h 07 min'],
  [NaN, '–'],
])('%d ms is said as %s', (ms, words) => expect(duration(ms)).toBe(words))
