/** Results that are still to come: opened at submission, settled once, asked for as often as the client likes. */
import { EngineError } from '../engine/errors.ts'
import { Refusal } from './refusal.ts'
import type { IdSource } from '../../base/ids.ts'
import type { FailureCategory } from '../../tinker/wire/futureAnswer.ts'
import type { ForwardBackwardOutput } from '../../tinker/wire/forwardBackward.ts'
import type { SampleResult } from '../../tinker/wire/sample.ts'
import type { Clock } from './clock.ts'

/** The two large results keep their arrays and are encoded as the client asks; all others are JSON bodies. */
export type OperationResult =
  | { readonly kind: 'forwardBackward'; readonly output: ForwardBackwardOutput }
  | { readonly kind: 'sample'; readonly result: SampleResult }
  | { readonly kind: 'json'; readonly body: Readonly<Record<string, unknown>> }

export type Outcome =
  | { readonly ok: true; readonly value: OperationResult }
  | { readonly ok: false; readonly message: string; readonly category: FailureCategory }

export type Future = { readonly requestId: string; readonly modelId: string | null }

type Entry = Future & { outcome: Outcome | null; settledAt: number; bytes: number; waiters: Set<() => void> }

export type FutureLimits = {
  /** Settled results are kept at least this long unless space runs out. */
  readonly keepMs: number
  readonly keepBytes: number
}

export const DEFAULT_LIMITS: FutureLimits = { keepMs: 3_600_000, keepBytes: 256 * 1024 * 1024 }
const REMEMBERED_LOST = 10_000

export class Futures {
  readonly #entries = new Map<string, Entry>()
  /** In the order in which they settled, which is the order in which they are let go. */
  readonly #settled = new Set<Entry>()
  readonly #lost = new Set<string>()
  readonly #clock: Clock
  readonly #ids: IdSource
  readonly #limits: FutureLimits
  #keptBytes = 0
  #closed = false

  constructor(clock: Clock, ids: IdSource, limits: FutureLimits = DEFAULT_LIMITS) {
    this.#clock = clock
    this.#ids = ids
    this.#limits = limits
  }

  /** Opens a future and settles it with what `work` gives or throws. */
  run(modelId: string | null, work: (future: Future) => Promise<OperationResult>): Future {
    const requestId: string = this.#ids('req')
    const entry: Entry = { requestId, modelId, outcome: null, settledAt: 0, bytes: 0, waiters: new Set() }
    this.#entries.set(requestId, entry)
    void work(entry).then(
      (value) => this.#settle(entry, { ok: true, value }),
      (error: unknown) => this.#settle(entry, failureOf(error)),
    )
    return { requestId, modelId }
  }

  #settle(entry: Entry, outcome: Outcome): void {
    entry.outcome = outcome
    entry.settledAt = this.#clock.now()
    entry.bytes = outcome.ok ? payloadBytes(outcome.value) : outcome.message.length
    this.#keptBytes += entry.bytes
    this.#settled.add(entry)
    for (const wake of entry.waiters) wake()
    entry.waiters.clear()
    this.#letGo()
  }

  #letGo(): void {
    const oldest = this.#clock.now() - this.#limits.keepMs
    for (const entry of this.#settled) {
      if (this.#keptBytes <= this.#limits.keepBytes && entry.settledAt > oldest) return
      this.#settled.delete(entry)
      this.#entries.delete(entry.requestId)
      this.#keptBytes -= entry.bytes
      this.#lost.add(entry.requestId)
      if (this.#lost.size > REMEMBERED_LOST) this.#lost.delete(this.#lost.values().next().value!)
    }
  }

  /**
   * Waits up to `holdMs` for the result; null when it is still to come. Asking is free of effect.
   * @throws Refusal 404 for an unknown id, 410 for a result that was let go.
   */
  async poll(requestId: string, holdMs: number, signal?: AbortSignal): Promise<Outcome | null> {
    this.#letGo()
    const entry = this.#entries.get(requestId)
    if (entry === undefined) {
      if (this.#lost.has(requestId))
        throw new Refusal(`the result of ${requestId} was let go; send the request again`, 410)
      throw new Refusal(`there is no request ${JSON.stringify(requestId.slice(0, 80))} on this server`, 404)
    }
    if (entry.outcome !== null || this.#closed) return entry.outcome
    const given = new AbortController()
    const stop = (): void => given.abort()
    entry.waiters.add(stop)
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
    await this.#clock.sleep(holdMs, given.signal)
    entry.waiters.delete(stop)
    signal?.removeEventListener('abort', stop)
    return entry.outcome
  }

  /** Number of operations that have not settled. */
  get pending(): number {
    return this.#entries.size - this.#settled.size
  }

  /** Answers every waiting poll now. */
  close(): void {
    this.#closed = true
    for (const entry of this.#entries.values()) for (const wake of entry.waiters) wake()
  }
}

/** A refusal keeps its words and category, so does the engine's; anything else is a fault of this server. */
export function failureOf(error: unknown): Outcome {
  if (error instanceof Refusal) return { ok: false, message: error.message, category: error.category }
  if (error instanceof EngineError) {
    const users = error.kind === 'invalidInput' || error.kind === 'diverged'
    return { ok: false, message: error.message, category: users ? 'user' : 'server' }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { ok: false, message: `the server failed: ${message}`, category: 'server' }
}

/** Bytes of the numeric payload; what is small beside it is not counted. */
export function payloadBytes(result: OperationResult): number {
  if (result.kind === 'json') return 256
  if (result.kind === 'sample')
    return result.result.sequences.reduce((sum, s) => sum + s.tokens.byteLength + (s.logprobs?.byteLength ?? 0), 256)
  const tensors = result.output.lossFnOutputs.flatMap((datum) => Object.values(datum))
  return tensors.reduce((sum, tensor) => sum + tensor.data.byteLength, 256)
}
