/** What one exchange came to, and whether and when the same call is tried again. */
import { err, ok } from '../../base/result.ts'
import { jsonOf, refused, unanswered, unreadable } from './answers.ts'
import { backoffMs, isRetried, retryAfterMs } from './retry.ts'
import type { Result } from '../../base/result.ts'
import type { Answer } from './answers.ts'
import type { Call } from './connection.ts'
import type { Tuning } from '../config.ts'
import type { Failure } from '../failure.ts'
import type { AnswerHeaders, Exchange } from './exchange.ts'
import type { Outcome } from './retry.ts'

export type Trouble = {
  readonly failure: Failure
  readonly outcome: Outcome | 'aborted'
  readonly headers?: AnswerHeaders
}

/** An answer that ends the call well, or what is wrong with it. */
export function judge(ended: Exchange, call: Call, closed: boolean): Result<Answer, Trouble> {
  if (ended.outcome !== 'answered') return err({ failure: unanswered(ended, call, closed), outcome: ended.outcome })
  const { status, headers } = ended
  if (call.showRedirects && (status === 0 || (status >= 300 && status <= 399))) return ok(ended)
  if (status < 200 || status > 299) return err({ failure: refused(ended, call), outcome: status, headers })
  if (!call.ignoreBody && !jsonOf(ended).ok)
    return err({ failure: unreadable(ended, call), outcome: 'unreadable', headers })
  return ok(ended)
}

/** A bare 400 is the word of a proxy that lost the connection, so many times at most; one is earned back by a success. */
const PROXY_CREDITS = 16

export class ProxyCredits {
  #left = PROXY_CREDITS

  /** The trouble as a lost connection where it is a 400 without a body and there is credit. */
  forgive(trouble: Trouble, ended: Exchange): Trouble {
    const bare = ended.outcome === 'answered' && ended.status === 400 && ended.bytes.length === 0
    if (!bare || this.#left === 0) return trouble
    this.#left--
    return { ...trouble, outcome: 'offline', failure: { ...trouble.failure, kind: 'offline' } as Failure }
  }

  earn(): void {
    if (this.#left < PROXY_CREDITS) this.#left++
  }
}

/** Retries of one call: how often which outcome was seen, and when patience is out. */
export class Retries {
  readonly #call: Call
  readonly #tuning: Tuning
  readonly #windowMs: number
  readonly #billingPauseMs: number
  readonly #seen = new Map<Trouble['outcome'], number>()
  #attempts = 0

  constructor(call: Call, tuning: Tuning, windowMs: number, billingPauseMs: number) {
    this.#call = call
    this.#tuning = tuning
    this.#windowMs = windowMs
    this.#billingPauseMs = billingPauseMs
  }

  get attempts(): number {
    return this.#attempts
  }

  /** Wait before the next try, ms, and what is left of the time for all tries; undefined when this failure is final. */
  next(
    { outcome, headers }: Trouble,
    elapsedMs: number,
  ): { waitMs: number; leftMs: number; billing: boolean } | undefined {
    const attempt = this.#attempts++
    const seen = (this.#seen.get(outcome) ?? 0) + 1
    this.#seen.set(outcome, seen)
    if (outcome === 'aborted' || this.#call.patience === 'once' || this.#tuning.retry.enabled === false)
      return undefined
    if (this.#call.handOver?.includes(outcome as number)) return undefined
    if (outcome === 402) {
      const leftMs = this.#billingPauseMs - elapsedMs
      return leftMs <= 0 ? undefined : { waitMs: this.#tuning.billingRetryMs, leftMs, billing: true }
    }
    const leftMs = this.#windowMs - elapsedMs
    if (leftMs <= 0 || attempt >= (this.#tuning.retry.maxRetries ?? Infinity) || !isRetried(outcome, seen, headers))
      return undefined
    const named = headers === undefined ? undefined : retryAfterMs(headers)
    const { baseMs } = this.#tuning.retry
    // A server that names no wait worth the name must not make a hot loop.
    const waitMs = named === undefined ? backoffMs(attempt, this.#tuning.retry) : Math.max(named, baseMs / 5)
    return { waitMs: Math.min(waitMs, leftMs), leftMs, billing: false }
  }
}
