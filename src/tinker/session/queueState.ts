/** What a person is told while a server holds work back: the reason, and not more often than it is worth. */
import type { QueueEvent } from '../config.ts'
import type { QueueState } from '../wire/futureAnswer.ts'

/** What a queue state means when the server gives no reason. */
export function defaultReason(state: QueueState, operation: string): string {
  if (state === 'paused_rate_limit')
    return operation === 'asample' || operation === 'save_weights_for_sampler'
      ? 'concurrent sampler weights limit hit'
      : 'concurrent training clients rate limit hit'
  if (state === 'paused_capacity') return 'the server is running short on capacity'
  if (state === 'paused_billing') return 'the account has no credit'
  return 'unknown'
}

export type QueueStateLoggerOptions = {
  /** Receives one sentence. */
  readonly write: (sentence: string) => void
  /** Shortest time between two lines about the same thing, ms. */
  readonly everyMs?: number
  /** A pause is worth a line once it has lasted so long, ms. */
  readonly graceMs?: number
  readonly now?: () => number
}

type Seen = { state: QueueState; since: number; loggedAt: number | undefined }

/** At most one line a minute about each thing that waits, none while it is active. Source: protocol reference §6.8. */
export class QueueStateLogger {
  readonly #options: Required<QueueStateLoggerOptions>
  readonly #seen = new Map<string, Seen>()

  constructor(options: QueueStateLoggerOptions) {
    this.#options = { everyMs: 60_000, graceMs: 0, now: () => performance.now(), ...options }
  }

  /** True when a line was written. `what` names who waits, as `Training` or `Sampling for sampler s`. */
  saw(
    what: string,
    { state, reason, operation }: Omit<QueueEvent, 'reason'> & { readonly reason: string | null },
  ): boolean {
    const { everyMs, graceMs, now, write } = this.#options
    const at = now()
    const seen = this.#seen.get(what) ?? { state, since: at, loggedAt: undefined }
    this.#seen.set(what, seen)
    if (seen.state !== state) Object.assign(seen, { state, since: at })
    if (state === 'active' || at - seen.since < graceMs) return false
    if (seen.loggedAt !== undefined && at - seen.loggedAt < everyMs) return false
    seen.loggedAt = at
    write(`${what} is paused. Reason: ${reason ?? defaultReason(state, operation)}`)
    return true
  }

  /** Who is remembered at the moment. */
  get names(): readonly string[] {
    return [...this.#seen.keys()]
  }

  /** The next pause of this thing, or of anything, is told at once. */
  reset(what?: string): void {
    if (what === undefined) this.#seen.clear()
    else this.#seen.delete(what)
  }
}
