/** Stops asking a server that keeps failing, and tries again with one request after a while. Wraps any `Fetch`. */
import type { Fetch } from './exchange.ts'

export type CircuitState = 'closed' | 'open' | 'half_open'

export type CircuitOptions = {
  /** Failures in a row that open the circuit. */
  readonly failures?: number
  /** How long it then stays open, ms. */
  readonly resetMs?: number
  readonly now?: () => number
}

export class CircuitBreaker {
  readonly #failures: number
  readonly #resetMs: number
  readonly #now: () => number
  #count = 0
  #openedAt: number | undefined
  #trying = false

  constructor({ failures = 5, resetMs = 30_000, now = () => performance.now() }: CircuitOptions = {}) {
    this.#failures = failures
    this.#resetMs = resetMs
    this.#now = now
  }

  get state(): CircuitState {
    if (this.#openedAt === undefined) return 'closed'
    return this.#now() - this.#openedAt >= this.#resetMs ? 'half_open' : 'open'
  }

  /** True when a request may go now; while half open that is one, whose end decides. */
  admits(): boolean {
    if (this.state === 'closed') return true
    if (this.state === 'open' || this.#trying) return false
    this.#trying = true
    return true
  }

  succeeded(): void {
    this.#count = 0
    this.#openedAt = undefined
    this.#trying = false
  }

  failed(): void {
    this.#trying = false
    if (++this.#count >= this.#failures || this.#openedAt !== undefined) this.#openedAt = this.#now()
  }

  /** A `Fetch` that rejects at once while the circuit is open: for the client that is a lost connection, to be waited out. */
  around(fetch: Fetch): Fetch {
    return async (request) => {
      if (!this.admits())
        throw new TypeError(`the server failed ${this.#count} times in a row: it is left alone for now`)
      try {
        const response = await fetch(request)
        if (response.status >= 500) this.failed()
        else this.succeeded()
        return response
      } catch (error) {
        // A request that the caller gave up says nothing about the server.
        if (request.signal.aborted) this.#trying = false
        else this.failed()
        throw error
      }
    }
  }
}
