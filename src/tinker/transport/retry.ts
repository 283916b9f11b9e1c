/** One policy for everything that is tried again: which outcomes, after how long, for how long. */
import type { AnswerHeaders } from './exchange.ts'

/** What became of one HTTP exchange: no answer, no answer in time, an unreadable body, or a status. */
export type Outcome = 'offline' | 'timeout' | 'unreadable' | number

type Rule = { readonly on: Outcome | 'serverError'; readonly atMost?: number }

/** The table of what is retried; whatever is not listed is final at once. */
const RETRIED: readonly Rule[] = [
  // The connection may come back; sequence numbers keep a repeat from running twice.
  { on: 'offline' },
  { on: 'timeout' },
  // A proxy in the way may cut or replace an answer, but not for ever.
  { on: 'unreadable', atMost: 3 },
  // The server gave up waiting, not working.
  { on: 408 },
  // A race with our own earlier attempt settles in seconds; a name clash never does.
  { on: 409, atMost: 3 },
  // A checkpoint is still being written.
  { on: 425 },
  // Rate limit.
  { on: 429 },
  // The server, or what stands before it, is restarting.
  { on: 'serverError' },
]

/** Not implemented, and HTTP versions: these server errors do not pass. */
const FINAL_SERVER_ERRORS = [501, 505]

export type RetryTuning = {
  /** First wait and longest wait between attempts, ms; each wait doubles. */
  readonly baseMs: number
  readonly maxMs: number
  /** Waits are shortened by a random part of up to this fraction, so that many clients do not come back together. */
  readonly jitter: number
  /** No new attempt after this long since the first, ms. */
  readonly windowMs: number
  /** Repeats of one request at most. Default: no bound but the window. */
  readonly maxRetries?: number
  /** False: one try of everything but the asking for results. Default true. */
  readonly enabled?: boolean
}

/** Low-level waits of the official SDK within its request window. Source: protocol reference §6.5. */
export const DEFAULT_RETRY: RetryTuning = { baseMs: 500, maxMs: 10_000, jitter: 0.25, windowMs: 300_000 }

/** `attempt` counts those already made, from 0: `min(base · 2^attempt, max)`, less the jitter. */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs, jitter }: Omit<RetryTuning, 'windowMs'>,
  random: () => number = Math.random,
): number {
  return Math.min(baseMs * 2 ** attempt, maxMs) * (1 - jitter * random())
}

/** `attempts` counts those already made with this outcome's rule. The header `x-should-retry` overrules the table. */
export function isRetried(outcome: Outcome, attempts: number, headers?: AnswerHeaders): boolean {
  const told = headers?.get('x-should-retry')
  if (told === 'true') return true
  if (told === 'false') return false
  const rule = RETRIED.find(
    ({ on }) => on === (typeof outcome === 'number' && outcome >= 500 ? 'serverError' : outcome),
  )
  if (rule === undefined || FINAL_SERVER_ERRORS.includes(outcome as number)) return false
  return attempts <= (rule.atMost ?? Infinity)
}

const LONGEST_RETRY_AFTER_MS = 60_000

/** The wait a server asks for, ms: `retry-after-ms`, or `retry-after` in seconds or as a date. Only 0 < t ≤ 60 s counts. */
export function retryAfterMs(headers: AnswerHeaders, nowMs: number = Date.now()): number | undefined {
  const exact = headers.get('retry-after-ms')
  const plain = headers.get('retry-after')
  const wait =
    exact !== null && Number.isFinite(Number(exact)) ? Number(exact) : plain === null ? NaN : read(plain, nowMs)
  return wait > 0 && wait <= LONGEST_RETRY_AFTER_MS ? wait : undefined
}

function read(text: string, nowMs: number): number {
  const seconds = Number(text)
  return Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - nowMs
}
