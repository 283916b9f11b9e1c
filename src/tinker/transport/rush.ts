/**
 * Holds back a rush of requests: a thousand at once would open a thousand connections before the first has come free.
 * So only some are begun at a time; one that the server holds, as long polls are, soon counts no more.
 */

/** Requests on their way that may be younger than {@link HELD_AFTER_MS}. */
const FRESH = 64
const HELD_AFTER_MS = 200
const LOOK_EVERY_MS = 50

export type Ticket = {
  readonly begin: () => void
  /** When it began. */
  since: number
}

export class Rush {
  /** In the order in which they began. */
  readonly #fresh = new Set<Ticket>()
  readonly #line = new Set<Ticket>()
  #looked = 0
  #timer: ReturnType<typeof setInterval> | undefined

  /** Calls `begin` now or when its turn comes. */
  enter(ticket: Ticket): void {
    if (this.#fresh.size < FRESH) this.#admit(ticket)
    else {
      this.#line.add(ticket)
      this.#watch()
    }
  }

  /** Must be called when the request is over, or given up. */
  leave(ticket: Ticket): void {
    if (this.#fresh.delete(ticket)) this.#fill()
    else if (this.#line.delete(ticket)) this.#rest()
  }

  #watch(): void {
    if (this.#timer !== undefined) return
    this.#looked = performance.now()
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  #look(): void {
    const now = performance.now()
    const late = now - this.#looked > 2 * LOOK_EVERY_MS
    this.#looked = now
    // Where we are late ourselves, answers may be there already: that says nothing about the server.
    if (late) return
    const held = now - HELD_AFTER_MS
    for (const ticket of this.#fresh) {
      if (ticket.since > held) break
      this.#fresh.delete(ticket)
    }
    this.#fill()
  }

  #fill(): void {
    for (const ticket of this.#line) {
      if (this.#fresh.size >= FRESH) return
      this.#line.delete(ticket)
      this.#admit(ticket)
    }
    this.#rest()
  }

  #admit(ticket: Ticket): void {
    ticket.since = performance.now()
    this.#fresh.add(ticket)
    ticket.begin()
  }

  #rest(): void {
    if (this.#line.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
