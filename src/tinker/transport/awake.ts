/** Time that a machine was awake: a deadline must not pass while a laptop is asleep. */

/** A wait that took this much longer than it could have is a sleep of the machine, not slowness. */
const SLEEP_MS = 30_000

export class AwakeClock {
  readonly #now: () => number
  readonly #began: number
  #slept = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#began = now()
  }

  /** Ms since the clock was made, less the time asleep. */
  get elapsedMs(): number {
    return this.#now() - this.#began - this.#slept
  }

  /** Does work that by itself ends within `atMostMs`; what it took beyond that, the machine was asleep. */
  async during<T>(atMostMs: number, work: Promise<T>): Promise<T> {
    const from = this.#now()
    const done = await work
    const excess = this.#now() - from - atMostMs
    if (excess > SLEEP_MS) this.#slept += excess
    return done
  }
}
