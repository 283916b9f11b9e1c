/** The retry policy, against the shared vectors. */
import { describe, expect, test } from 'vitest'
import { backoffMs, DEFAULT_RETRY, isRetried, retryAfterMs } from './retry.ts'
import { vectorsOf } from '../testing/vectors.ts'

type BackoffInput = { retries_taken?: number[]; statuses?: number[]; consecutive_failures?: number; random?: number }
type BackoffExpected = number[] | { waits_s?: number[]; calls?: number; result?: string }

const backoff = vectorsOf<BackoffInput, BackoffExpected>('backoff')

test('waits between attempts are those of the official HTTP layer', () => {
  const vector = backoff.find((v) => v.name.startsWith('HTTP layer'))!
  const waits = vector.input.retries_taken!.map((n) => backoffMs(n, DEFAULT_RETRY, () => 0) / 1000)
  expect(waits).toEqual(vector.expected)
})

test('the poll loop doubles from one second to thirty with the official numbers', () => {
  const vector = backoff.find((v) => v.input.consecutive_failures !== undefined)!
  const tuning = { baseMs: 1000, maxMs: 30_000, jitter: 0 }
  const waits = Array.from({ length: 8 }, (_, n) => backoffMs(n, tuning) / 1000)
  expect(waits).toEqual((vector.expected as { waits_s: number[] }).waits_s)
})

test.each(backoff.filter((v) => v.name.includes('request window')))('$name', (v) => {
  const [status] = v.input.statuses!
  const { calls } = v.expected as { calls: number }
  expect(isRetried(status!, 1)).toBe(calls > 1)
})

test('jitter only shortens a wait, by a quarter at most', () => {
  for (const random of [0, 0.5, 1]) {
    const wait = backoffMs(3, DEFAULT_RETRY, () => random)
    expect(wait).toBeLessThanOrEqual(4000)
    expect(wait).toBeGreaterThanOrEqual(3000)
  }
})

type HeaderInput = { headers: Record<string, string>; now_unix: number } | Record<string, string>[]
const named = vectorsOf<HeaderInput, { parsed_s: number | null; wait_s: number }>('retry_after').filter(
  (v): v is typeof v & { input: { headers: Record<string, string>; now_unix: number } } => 'headers' in v.input,
)

test.each(named)('Retry-After: $name', (v) => {
  const wait = retryAfterMs(new Headers(v.input.headers), v.input.now_unix * 1000)
  const { parsed_s: parsed, wait_s: expected } = v.expected
  expect((wait ?? backoffMs(0, DEFAULT_RETRY, () => 0)) / 1000).toBe(expected)
  expect(wait === undefined).toBe(parsed === null || parsed <= 0 || parsed > 60)
})

test('retry-after-ms goes before Retry-After', () => {
  expect(retryAfterMs(new Headers({ 'retry-after-ms': '250', 'retry-after': '2' }))).toBe(250)
})

test.each(vectorsOf<{ status: number; headers: Record<string, string> }, boolean>('should_retry'))(
  'retried or not: $name',
  (v) => expect(isRetried(v.input.status, 1, new Headers(v.input.headers))).toBe(v.expected),
)

describe('the table', () => {
  test('refuses what it does not list', () => {
    for (const status of [301, 400, 401, 402, 403, 404, 405, 410, 413, 415, 422, 501, 505])
      expect(isRetried(status, 1), String(status)).toBe(false)
  })

  test('lets a conflict and an unreadable answer be tried three times more', () => {
    for (const outcome of [409, 'unreadable'] as const)
      expect([1, 2, 3, 4].map((n) => isRetried(outcome, n))).toEqual([true, true, true, false])
  })
})
