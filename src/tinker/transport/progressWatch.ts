/** Notices when requests are under way and none of them finishes any more. Source: protocol reference §6.5. */
import type { Failure } from '../failure.ts'

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
  /** True once nothing moves any more. */
  readonly stuck: boolean
  /** Why it was given up; undefined unless `stuck`. */
  readonly failure: Failure | undefined
  /** Must be called once when the request is over; `finished` when it came to an answer of any sort. */
  leave(finished: boolean): void
}

const EVERY_MS = 60_000

const STUCK: Failure = {
  kind: 'timeout',
  message: 'no sample has finished for a long time: the requests appear to be stuck',
  request: 'POST asample',
}

export class ProgressWatch {
  readonly #options: Required<ProgressWatchOptions>
  readonly #waiting = new Set<Waiting>()
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
    const silentMs = this.#waiting.size === 0 ? 0 : performance.now() - this.#movedAt
    return { inFlight: this.#waiting.size, finished: this.#finished, silentMs }
  }

  /** Somebody waits from now on; `onStuck` is called when nothing moves any more, and should make an end of it. */
  enter(onStuck: () => void): Watched {
    // The first one to wait starts the one timer; the last one to leave ends it.
    if (this.#waiting.size === 0) {
      this.#movedAt = performance.now()
      this.#timer = setInterval(() => this.#look(), this.#options.everyMs)
      ;(this.#timer as { unref?: () => void }).unref?.()
    }
    const waiting: Waiting = { onStuck, stuck: false }
    this.#waiting.add(waiting)
    return {
      get stuck() {
        return waiting.stuck
      },
      get failure() {
        return waiting.stuck ? STUCK : undefined
      },
      leave: (finished) => {
        if (!this.#waiting.delete(waiting)) return
        if (finished) {
          this.#finished++
          this.#movedAt = performance.now()
        }
        if (this.#waiting.size === 0) clearInterval(this.#timer)
      },
    }
  }

  #look(): void {
    const { state } = this
    this.#options.tell(state)
    if (state.silentMs <= this.#options.timeoutMs) return
    this.#movedAt = performance.now()
    for (const waiting of [...this.#waiting]) {
      waiting.stuck = true
      waiting.onStuck()
    }
  }
}

type Waiting = { readonly onStuck: () => void; stuck: boolean }
