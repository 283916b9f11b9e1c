/** Notices when requests are under way and none of them finishes any more. Source: protocol reference §6.5. */

export type ProgressState = {
  readonly inFlight: number
  readonly finished: number
  /** Since any request finished, or since there was anything to wait for, ms. */
  readonly silentMs: number
}

export type ProgressWatchOptions = {
  /** All that wait fail after this long without any of them finishing; Infinity: never. */
  readonly timeoutMs: number
  /** How often the state is looked at and told. */
  readonly everyMs?: number
  readonly tell?: (state: ProgressState) => void
}

export type Watched = {
  /** Aborted when nothing moves any more. */
  readonly stuck: AbortSignal
  /** Must be called once when the request is over; `finished` when it came to an answer of any sort. */
  leave(finished: boolean): void
}

const EVERY_MS = 60_000

export class ProgressWatch {
  readonly #options: Required<ProgressWatchOptions>
  #stuck = new AbortController()
  #inFlight = 0
  #finished = 0
  #movedAt = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(options: ProgressWatchOptions) {
    this.#options = {
      everyMs: Math.min(EVERY_MS, Math.max(options.timeoutMs / 4, 1)),
      tell: () => undefined,
      ...options,
    }
  }

  get state(): ProgressState {
    const silentMs = this.#inFlight === 0 ? 0 : performance.now() - this.#movedAt
    return { inFlight: this.#inFlight, finished: this.#finished, silentMs }
  }

  enter(): Watched {
    // The first one to wait starts the one timer; the last one to leave ends it.
    if (this.#inFlight++ === 0) {
      this.#movedAt = performance.now()
      this.#timer = setInterval(() => this.#look(), this.#options.everyMs)
      ;(this.#timer as { unref?: () => void }).unref?.()
    }
    let left = false
    return {
      stuck: this.#stuck.signal,
      leave: (finished) => {
        if (left) return
        left = true
        if (finished) {
          this.#finished++
          this.#movedAt = performance.now()
        }
        if (--this.#inFlight === 0) clearInterval(this.#timer)
      },
    }
  }

  #look(): void {
    const { state } = this
    this.#options.tell(state)
    if (state.silentMs <= this.#options.timeoutMs) return
    this.#stuck.abort()
    this.#stuck = new AbortController()
    this.#movedAt = performance.now()
  }
}
