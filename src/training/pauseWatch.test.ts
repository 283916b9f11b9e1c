import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Diagnostic } from '../base/diagnostic.ts'
import { createPauseWatch } from './pauseWatch.ts'

const MINUTE = 60_000
let told: Diagnostic[] = []

beforeEach(() => {
  told = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

const watch = () => createPauseWatch((diagnostic) => void told.push(diagnostic))

test('a pause is told when it has lasted five minutes, once, with its reason', () => {
  const { queue } = watch()
  queue('paused_capacity', 'busy')
  vi.advanceTimersByTime(3 * MINUTE)
  queue('paused_capacity', 'still busy')
  vi.advanceTimersByTime(2 * MINUTE - 1)
  expect(told).toEqual([])
  vi.advanceTimersByTime(60 * MINUTE)
  expect(told).toMatchObject([{ code: 'TR5110', severity: 'warning' }])
  expect(told[0]!.message).toContain('5 minutes (busy)')
})

test('what comes back ends a pause; the next one counts anew', () => {
  const { queue, moved } = watch()
  queue('paused_rate_limit', null)
  vi.advanceTimersByTime(4 * MINUTE)
  moved()
  vi.advanceTimersByTime(4 * MINUTE)
  queue('paused_rate_limit', null)
  vi.advanceTimersByTime(4 * MINUTE)
  expect(told).toEqual([])
  vi.advanceTimersByTime(MINUTE)
  expect(told).toHaveLength(1)
  moved()
  expect(vi.getTimerCount()).toBe(0)
})

test('waiting in turn is no pause', () => {
  const { queue } = watch()
  for (const state of ['active', 'unknown']) queue(state, null)
  expect(vi.getTimerCount()).toBe(0)
})
