/** Results that are still to come: opened at submission, settled once, asked for as often as the client likes. */
import { EngineError } from '../engine/errors.ts'
import { StorageFull } from '../storage/blobStore.ts'
import { TakenOut } from './laneQueue.ts'
import { demand, Refusal } from './refusal.ts'
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

/** What an operation is, for those who watch: the timeline, the completion streams, a cancel. */
export type About = {
  readonly kind: string
  readonly modelId: string | null
  readonly sessionId: string | null
  /** Completions are announced under this name; absent: nowhere. */
  readonly stream?: string
}

/** An operation at work. */
export type Task = Future & {
  /** Aborts when the client cancels. */
  readonly signal: AbortSignal
  /** To be called when the operation leaves the queue. */
  begun(): void
}

export type Settled = {
  readonly requestId: string
  readonly about: About
  readonly submittedAt: number
  /** Null when it never left the queue. */
  readonly begunAt: number | null
  readonly settledAt: number
  readonly outcome: Outcome
}

type Entry = Task & {
  readonly about: About
  readonly submittedAt: number
  begunAt: number | null
  outcome: Outcome | null
  settledAt: number
  bytes: number
  waiters: Set<() => void>
  cancel(): void
}

export type FutureLimits = {
  /** Settled results are kept at least this long unless space runs out. */
  readonly keepMs: number
  readonly keepBytes: number
}

export const DEFAULT_LIMITS: FutureLimits = { keepMs: 3_600_000, keepBytes: 256 * 1024 * 1024 }
const REMEMBERED_LOST = 10_000

/** Settled results of an earlier life of this server, and the question whether an id is one of its. */
export type EarlierResults = {
  find(requestId: string): Promise<Outcome | null>
  issued(requestId: string): boolean
}

export type FutureOptions = {
  readonly clock: Clock
  readonly newId: () => string
  readonly limits?: FutureLimits
  readonly earlier?: EarlierResults
  readonly onSettled?: (settled: Settled) => void
}

export class Futures {
  readonly #entries = new Map<string, Entry>()
  /** In the order in which they settled, which is the order in which they are let go. */
  readonly #settled = new Set<Entry>()
  readonly #lost = new Set<string>()
  readonly #options: FutureOptions
  readonly #limits: FutureLimits
  #keptBytes = 0
  #closed = false

  constructor(options: FutureOptions) {
    this.#options = options
    this.#limits = options.limits ?? DEFAULT_LIMITS
  }

  /** Opens a future and settles it with what `work` gives or throws. */
  run(about: About, work: (task: Task) => Promise<OperationResult>): Future {
    const { clock, newId } = this.#options
    const requestId = newId()
    const control = new AbortController()
    const entry: Entry = {
      requestId,
      modelId: about.modelId,
      about,
      signal: control.signal,
      submittedAt: clock.now(),
      begunAt: null,
      outcome: null,
      settledAt: 0,
      bytes: 0,
      waiters: new Set(),
      begun: () => (entry.begunAt ??= clock.now()),
      cancel: () => control.abort(),
    }
    this.#entries.set(requestId, entry)
    void work(entry).then(
      (value) => this.#settle(entry, { ok: true, value }),
      (error: unknown) => this.#settle(entry, failureOf(error, control.signal)),
    )
    return { requestId, modelId: about.modelId }
  }

  #settle(entry: Entry, outcome: Outcome): void {
    entry.outcome = outcome
    entry.settledAt = this.#options.clock.now()
    entry.bytes = outcome.ok ? payloadBytes(outcome.value) : outcome.message.length
    this.#keptBytes += entry.bytes
    this.#settled.add(entry)
    this.wakeAll(entry)
    const { requestId, about, submittedAt, begunAt, settledAt } = entry
    this.#options.onSettled?.({ requestId, about, submittedAt, begunAt, settledAt, outcome })
    this.#letGo()
  }

  /** Answers waiting polls now, with a result or without: those of one future, or all when the queue's state changed. */
  wakeAll(only?: { readonly waiters: Set<() => void> }): void {
    for (const { waiters } of only === undefined ? this.#entries.values() : [only]) {
      for (const wake of waiters) wake()
      waiters.clear()
    }
  }

  #letGo(): void {
    const oldest = this.#options.clock.now() - this.#limits.keepMs
    for (const entry of this.#settled) {
      if (this.#keptBytes <= this.#limits.keepBytes && entry.settledAt > oldest) return
      this.#drop(entry)
    }
  }

  #drop(entry: Entry): void {
    this.#settled.delete(entry)
    this.#entries.delete(entry.requestId)
    this.#keptBytes -= entry.bytes
    this.#lost.add(entry.requestId)
    if (this.#lost.size > REMEMBERED_LOST) this.#lost.delete(this.#lost.values().next().value!)
  }

  /** For results that their client says it has: they are let go early. Others are left alone. */
  forget(requestIds: readonly string[], stream: string): void {
    for (const id of requestIds) {
      const entry = this.#entries.get(id)
      if (entry !== undefined && entry.outcome !== null && entry.about.stream === stream) this.#drop(entry)
    }
  }

  /** Takes a sampling request out of the queue or stops it; one that has settled stays as it is. */
  cancel(requestId: string): void {
    const entry = this.#entries.get(requestId)
    if (entry === undefined) {
      if (this.#lost.has(requestId) || this.#options.earlier?.issued(requestId) === true) return
      throw unknownRequest(requestId)
    }
    demand(entry.about.kind === 'sample', `${requestId} is a ${entry.about.kind}; only sampling can be cancelled`)
    if (entry.outcome === null) entry.cancel()
  }

  /**
   * Waits up to `holdMs` for the result; null when it is still to come. Asking is free of effect.
   * @throws Refusal 404 for an unknown id, 410 for a result that was let go.
   */
  async poll(requestId: string, holdMs: number, signal?: AbortSignal): Promise<Outcome | null> {
    this.#letGo()
    const entry = this.#entries.get(requestId)
    if (entry === undefined) return this.#earlier(requestId)
    if (entry.outcome !== null || this.#closed) return entry.outcome
    const given = new AbortController()
    const stop = (): void => given.abort()
    entry.waiters.add(stop)
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
    await this.#options.clock.sleep(holdMs, given.signal)
    entry.waiters.delete(stop)
    signal?.removeEventListener('abort', stop)
    return entry.outcome
  }

  async #earlier(requestId: string): Promise<Outcome> {
    const { earlier } = this.#options
    const letGo = `the result of ${requestId} was let go; send the request again`
    if (this.#lost.has(requestId)) throw new Refusal(letGo, 410)
    if (earlier?.issued(requestId) !== true) throw unknownRequest(requestId)
    const found = await earlier.find(requestId)
    if (found !== null) return found
    throw new Refusal(`${requestId} was not done when the server was restarted; send the request again`, 410)
  }

  /** Number of operations that have not settled. */
  get pending(): number {
    return this.#entries.size - this.#settled.size
  }

  /** Number of results that are kept. */
  get kept(): number {
    return this.#settled.size
  }

  /** Answers every waiting poll now. */
  close(): void {
    this.#closed = true
    this.wakeAll()
  }
}

function unknownRequest(requestId: string): Refusal {
  return new Refusal(`there is no request ${JSON.stringify(requestId.slice(0, 80))} on this server`, 404)
}

/** A refusal keeps its words and category, so does the engine's; anything else is a fault of this server. */
export function failureOf(error: unknown, signal?: AbortSignal): Outcome {
  if (error instanceof TakenOut || signal?.aborted === true)
    return { ok: false, message: 'the request was cancelled by its client', category: 'user' }
  if (error instanceof Refusal) return { ok: false, message: error.message, category: error.category }
  if (error instanceof StorageFull) return { ok: false, message: error.message, category: 'server' }
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
