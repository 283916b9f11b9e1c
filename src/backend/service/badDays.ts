/** Trouble on demand, seeded, so that clients can be tried against bad days. May be changed while the server runs. */
import { seededRng } from '../../base/rng.ts'
import { Refusal } from './refusal.ts'
import type { Rng } from '../../base/rng.ts'
import type { QueueState } from '../../tinker/wire/futureAnswer.ts'
import type { Clock } from './clock.ts'

export type Behaviour = {
  /** Mean extra time of every request in milliseconds; each takes between half and one and a half of it. */
  readonly latencyMs?: number
  /** Share of requests that fail with 503: half of them before anything happened, half after it was done. */
  readonly failRate?: number
  /** Share of operations that are accepted and then fail, as the server's fault. */
  readonly operationFailRate?: number
  /** Submissions per second; more are answered with 429. */
  readonly rateLimit?: number
  /** Mean length in milliseconds of pauses of the queue; one comes before an operation in eight. */
  readonly queuePauseMs?: number
  readonly seed?: number
}

/** Calls that put work into the queue. */
const SUBMISSIONS = new Set([
  'asample',
  'forward',
  'forward_backward',
  'optim_step',
  'save_weights',
  'save_weights_for_sampler',
])
/** A client that cannot even start would only show that it cannot start. */
const SPARED = new Set(['healthz', 'client/config', 'client/dynamic_config', 'telemetry'])
/** The same for operations. */
const SPARED_OPERATIONS = new Set(['create_model', 'unload_model'])
const PAUSE_SHARE = 1 / 8

export type QueueReport = { readonly state: QueueState; readonly reason?: string }

const ACTIVE: QueueReport = { state: 'active' }

export class BadDays {
  readonly #clock: Clock
  readonly #onQueueChange: () => void
  #behaviour: Behaviour = {}
  #rng: Rng = seededRng(0)
  #tokens = Infinity
  #filledAt = 0
  #pause: Promise<void> | null = null
  #queue: QueueReport = ACTIVE
  /** Ends the pause that is under way. */
  #goOn = new AbortController()

  /** @param onQueueChange told when the queue pauses and when it goes on */
  constructor(clock: Clock, onQueueChange: () => void) {
    this.#clock = clock
    this.#onQueueChange = onQueueChange
  }

  /** Takes effect with the next request; an ongoing pause ends. The same seed gives the same days again. */
  configure(behaviour: Behaviour): void {
    this.#behaviour = behaviour
    this.#rng = seededRng(behaviour.seed ?? 0)
    this.#tokens = this.#capacity
    this.#filledAt = this.#clock.now()
    this.#goOn.abort()
    this.#goOn = new AbortController()
  }

  get queue(): QueueReport {
    return this.#queue
  }

  get #capacity(): number {
    return Math.max(1, this.#behaviour.rateLimit ?? Infinity)
  }

  /** Around the answer to a request. @throws Refusal 429 or 503 */
  async around(path: string, work: () => Promise<Response>): Promise<Response> {
    const { latencyMs = 0, failRate = 0, rateLimit = Infinity } = this.#behaviour
    if (SPARED.has(path)) return work()
    if (latencyMs > 0) await this.#clock.sleep(latencyMs * (0.5 + this.#rng.next()))
    if (Number.isFinite(rateLimit) && SUBMISSIONS.has(path) && !this.#takeToken(rateLimit))
      throw new Refusal(`more than ${rateLimit} submissions in a second (switched on for practice)`, 429)
    if (failRate <= 0) return work()
    const draw = this.#rng.next()
    if (draw < failRate / 2) throw new Refusal('the request failed before it was read (switched on for practice)', 503)
    const answer = await work()
    if (draw < failRate) throw new Refusal('the answer was lost on the way (switched on for practice)', 503)
    return answer
  }

  #takeToken(perSecond: number): boolean {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond)
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** To be awaited before an operation begins. @throws Refusal 500 for one that is to fail. */
  async beforeOperation(kind: string): Promise<void> {
    const { queuePauseMs = 0, operationFailRate = 0 } = this.#behaviour
    if (queuePauseMs > 0 && this.#pause === null && this.#rng.next() < PAUSE_SHARE)
      this.#pause = this.#pauseFor(queuePauseMs * (0.5 + this.#rng.next()))
    if (this.#pause !== null) await this.#pause
    if (operationFailRate > 0 && !SPARED_OPERATIONS.has(kind) && this.#rng.next() < operationFailRate)
      throw new Refusal(`${kind} failed (switched on for practice)`, 500)
  }

  async #pauseFor(ms: number): Promise<void> {
    const state = this.#rng.next() < 0.5 ? 'paused_capacity' : 'paused_rate_limit'
    this.#queue = { state, reason: `the queue is paused for ${(ms / 1000).toFixed(1)} s (switched on for practice)` }
    this.#onQueueChange()
    await this.#clock.sleep(ms, this.#goOn.signal)
    this.#pause = null
    this.#queue = ACTIVE
    this.#onQueueChange()
  }

  /** Ends a pause, so that nothing waits for it when the server stops. */
  close(): void {
    this.#behaviour = {}
    this.#goOn.abort()
  }
}
