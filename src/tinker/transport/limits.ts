/** Bounds on concurrent work: counted slots and a soft byte budget, both first come, first served. */
import { onAbort } from './abort.ts'

type Waiter = { readonly wake: (granted: boolean) => void; release: () => void }

class WaitingLine {
  readonly #waiters = new Set<Waiter>()

  get length(): number {
    return this.#waiters.size
  }

  /** Resolves to false when the signal aborts first. */
  join(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    return new Promise((wake) => {
      const release = onAbort(signal, () => {
        this.#waiters.delete(waiter)
        release()
        wake(false)
      })
      const waiter: Waiter = { wake, release }
      this.#waiters.add(waiter)
    })
  }

  /** Sets keep the order of arrival. */
  admitNext(): void {
    const [waiter] = this.#waiters
    if (waiter === undefined) return
    this.#waiters.delete(waiter)
    waiter.release()
    waiter.wake(true)
  }
}

/** At most `limit` holders at a time. */
export class Slots {
  readonly #line = new WaitingLine()
  readonly limit: number
  #free: number

  constructor(limit: number) {
    this.limit = limit
    this.#free = limit
  }

  get waiting(): number {
    return this.#line.length
  }

  /** False when the signal aborted first; then nothing is held. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (this.#free > 0) {
      this.#free--
      return true
    }
    // The releaser passes its slot on directly, so a newcomer cannot overtake the line.
    return this.#line.join(signal)
  }

  release(): void {
    if (this.#line.length > 0) this.#line.admitNext()
    else this.#free++
  }
}

/**
 * A budget that one holder may overdraw: a caller waits only while the balance is negative, then takes its whole size,
 * so a request larger than the budget still goes through. Source: protocol reference §6.3.
 */
export class ByteBudget {
  readonly #line = new WaitingLine()
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  get left(): number {
    return this.#left
  }

  async acquire(bytes: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    while (this.#left < 0) if (!(await this.#line.join(signal))) return false
    this.#left -= bytes
    if (this.#left >= 0) this.#line.admitNext()
    return true
  }

  release(bytes: number): void {
    this.#left += bytes
    if (this.#left >= 0) this.#line.admitNext()
  }
}
