import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../service/clock.ts'
import { hmacSha256, localTokens } from './tokens.ts'

describe('tokens', () => {
  test('are signed as the platform signs', () => {
    for (const length of [0, 1, 20, 32, 64]) {
      const key = Uint8Array.from({ length }, (_, i) => i * 7)
      const message = Uint8Array.from({ length: length * 3 }, (_, i) => i)
      expect(hmacSha256(key, message)).toBe(createHmac('sha256', key).update(message).digest('hex'))
    }
  })

  test('end after an hour, and are those of one server only', () => {
    let now = 1_800_000_000_000
    const clock = { ...systemClock, now: () => now }
    const tokens = localTokens(clock, 'ada')
    const token = tokens.issue()
    expect(tokens.valid(token)).toBe(true)
    expect(localTokens(clock, 'ada').valid(token)).toBe(false)
    now += 3_599_000
    expect(tokens.valid(token)).toBe(true)
    now += 2000
    expect(tokens.valid(token)).toBe(false)
  })
})
