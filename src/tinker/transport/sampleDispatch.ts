/**
 * Back-pressure of sampling: how many requests may be in flight and how fast they may be submitted, slowed for all
 * together when the server answers 429. Source: protocol reference §6.6.
 */
import { ByteBudget, Slots } from './limits.ts'
import { PauseGate } from './pauseGate.ts'

const SUBMISSIONS = 400
const THROTTLED_SUBMISSIONS = 10
const THROTTLED_COST = 20
/** The slow mode lasts this long after the pause itself. */
const THROTTLED_FOR_MS = 10_000
const LARGE_PROMPT_BYTES = 131_072

export type DispatchLimits = {
  readonly inFlight: number
  readonly dispatchBytes: number
  /** Pause after a refusal for prompts up to 128 KiB, and above, ms. */
  readonly pauseMs: readonly [number, number]
  /** Default: one of its own. */
  readonly gate?: PauseGate
}

export class SampleDispatch {
  /** Whole requests, from submission to result. */
  readonly inFlight: Slots
  readonly #submissions = new Slots(SUBMISSIONS)
  readonly #throttled = new Slots(THROTTLED_SUBMISSIONS)
  readonly #bytes: ByteBudget
  readonly #pauseMs: readonly [number, number]
  readonly #gate: PauseGate

  constructor({ inFlight, dispatchBytes, pauseMs, gate = new PauseGate() }: DispatchLimits) {
    this.inFlight = new Slots(inFlight)
    this.#bytes = new ByteBudget(dispatchBytes)
    this.#pauseMs = pauseMs
    this.#gate = gate
  }

  /** True from a refusal until some seconds after its pause. */
  isThrottled(nowMs: number = Date.now()): boolean {
    return this.#gate.until > 0 && nowMs < this.#gate.until + THROTTLED_FOR_MS
  }

  /** Runs a submission of so many estimated bytes when its turn has come; undefined when the signal aborted first. */
  async submit<T>(bytes: number, signal: AbortSignal, send: () => Promise<T>): Promise<T | undefined> {
    const throttled = this.isThrottled()
    const cost = throttled ? bytes * THROTTLED_COST : bytes
    if (!(await this.#submissions.acquire(signal))) return undefined
    try {
      if (throttled && !(await this.#throttled.acquire(signal))) return undefined
      try {
        if (!(await this.#bytes.acquire(cost, signal))) return undefined
        try {
          if (!(await this.#gate.wait(signal))) return undefined
          return await send()
        } finally {
          this.#bytes.release(cost)
        }
      } finally {
        if (throttled) this.#throttled.release()
      }
    } finally {
      this.#submissions.release()
    }
  }

  /** The server refused a submission: nobody submits for a while. A longer wait that the server names is kept. */
  pause(bytes: number, serverWaitMs = 0, nowMs: number = Date.now()): void {
    const [small, large] = this.#pauseMs
    this.#gate.pause(Math.max(bytes <= LARGE_PROMPT_BYTES ? small : large, serverWaitMs), nowMs)
  }
}
