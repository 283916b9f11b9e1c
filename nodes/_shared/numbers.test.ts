import { expect, test } from 'vitest'
import { brief, count } from './numbers.ts'

test.each([
  [0, '0'],
  [1, '1'],
  [0.05, '0.05'],
  [0.1 + 0.2, '0.3'],
  [0.0004, '4e-4'],
  [3.162e-5, '3.162e-5'],
  [1e-12, '1e-12'],
  [99_999, '100000'],
  [1e6, '1e6'],
  [-0.002, '-2e-3'],
])('%d is written %s', (value, text) => {
  expect(brief(value)).toBe(text)
})

test('things are counted in their singular and plural', () => {
  expect([count(1, 'row'), count(2, 'row'), count(0, 'batch', 'batches')]).toEqual(['1 row', '2 rows', '0 batches'])
})
