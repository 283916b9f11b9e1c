/** Times and limits under a name. Loaded for clients that ask for them. */
import { DEFAULT_RETRY } from './transport/retry.ts'
import type { Tuning } from './config.ts'

/**
 * What the official SDK does where it differs from our defaults: ten repeats of a request, polls after a lost connection by
 * `min(2^n, 30)` s without jitter, and no end of waiting for a result. Source: protocol reference §6.5.
 */
export const PYTHON_TUNING: Partial<Tuning> = {
  retry: { ...DEFAULT_RETRY, maxRetries: 10 },
  pollRetry: { baseMs: 1000, maxMs: 30_000, jitter: 0 },
  pollPatienceMs: Infinity,
  pollDeadlineMs: Infinity,
}
