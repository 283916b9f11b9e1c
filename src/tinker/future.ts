/** A result that is on its way. Not thenable: awaiting one by accident would serialise what should overlap. */
import { linkAbort, onAbort } from './transport/abort.ts'
import { failureOf, TinkerError } from './failure.ts'
import { err } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { Failure } from './failure.ts'
import type { QueueState } from './wire/futureAnswer.ts'

/** `queued`: not yet accepted by the server. `running`: accepted, result awaited. */
export type FutureState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

export type FutureProgress = {
  readonly state: FutureState
  readonly ageMs: number
  /** Since the server was last heard of about this operation; undefined before it answered for the first time. */
  readonly silentMs: number | undefined
  readonly requestId: string | undefined
  readonly queueState: QueueState | undefined
  readonly queueStateReason: string | null
  /** How often the result was asked for. */
  readonly polls: number
  /** When the operation is given up, as of `Date.now()`; undefined when it may take for ever. */
  readonly deadlineAt: number | undefined
}

/** What may be said of any single operation. */
export type CallOptions = {
  /** Aborting it is the same as {@link ApiFuture.cancel}. */
  readonly signal?: AbortSignal
  /** After so long, ms, the operation is given up and fails as `timeout`, wherever it is by then. Default: no limit. */
  readonly deadlineMs?: number
}

export type ApiFuture<T> = {
  readonly state: FutureState
  readonly ageMs: number
  readonly progress: FutureProgress
  /** Why it failed; undefined unless `state` is `failed` or `cancelled`. */
  readonly failure: Failure | undefined
  /**
   * Waits for the result, as often as wanted. Aborting or timing out ends this wait, not the operation.
   * Rejects with a {@link TinkerError} only.
   */
  result(options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<T>
  /**
   * Waits until the server has accepted the operation and gives its id there; of an operation that travels as several
   * requests the first. Rejects with the {@link TinkerError} of an operation that never got so far.
   */
  submitted(): Promise<string>
  /** Gives the operation up: `result` rejects at once. What the server has begun, it may finish. */
  cancel(): void
  /** Calls back on every change of state, queue state or request id; returns the way to stop it. */
  onProgress(listener: (progress: FutureProgress) => void): () => void
}

/** What an operation may tell about itself while it runs. */
export type Reporter = {
  accepted(requestId: string): void
  /** From the call to the server's first word of the operation, ms. */
  acceptedAfterMs(): number
  polled(): void
  heard(): void
  queue(state: QueueState, reason: string | null): void
}

/**
 * The work behind a future: ends with a result, soon after the signal aborts. Never rejects but for bugs. Its first part,
 * up to the first wait, runs in the call that makes the future: that is where training operations line up.
 */
export type Work<T> = (signal: AbortSignal, report: Reporter) => Promise<Result<T, Failure>>

export function startFuture<T>(work: Work<T>, parent: AbortSignal, options: CallOptions = {}): ApiFuture<T> {
  return new RunningFuture(work, parent, options)
}

/** Work that does not heed its signal is left behind this long after a cancel, ms. */
const GRACE_MS = 250

class RunningFuture<T> implements ApiFuture<T> {
  readonly #born = Date.now()
  readonly #outcome: Promise<Result<T, Failure>>
  readonly #listeners = new Set<(progress: FutureProgress) => void>()
  readonly #link
  readonly #parent: AbortSignal
  readonly #deadlineMs: number | undefined
  #overdue = false
  #state: FutureState = 'queued'
  #failure: Failure | undefined
  #settledAt: number | undefined
  #heardAt: number | undefined
  #requestId: string | undefined
  #queueState: QueueState | undefined
  #queueStateReason: string | null = null
  #polls = 0
  #acceptedMs = 0

  constructor(work: Work<T>, parent: AbortSignal, { signal, deadlineMs }: CallOptions) {
    this.#parent = parent
    this.#deadlineMs = deadlineMs
    this.#link = linkAbort(parent, signal)
    this.#outcome = this.#run(work)
    // Nobody may ever ask for the result; a bug in the work must then not end the process.
    this.#outcome.catch(() => undefined)
  }

  get state(): FutureState {
    return this.#state
  }

  get ageMs(): number {
    return (this.#settledAt ?? Date.now()) - this.#born
  }

  get failure(): Failure | undefined {
    return this.#failure
  }

  get progress(): FutureProgress {
    return {
      state: this.#state,
      ageMs: this.ageMs,
      silentMs: this.#heardAt === undefined ? undefined : Date.now() - this.#heardAt,
      requestId: this.#requestId,
      queueState: this.#queueState,
      queueStateReason: this.#queueStateReason,
      polls: this.#polls,
      deadlineAt: this.#deadlineMs === undefined ? undefined : this.#born + this.#deadlineMs,
    }
  }

  cancel(): void {
    this.#link.abort()
  }

  async submitted(): Promise<string> {
    if (this.#requestId !== undefined) return this.#requestId
    const accepted = new Promise<void>((resolve) => {
      const stop = this.onProgress(() => {
        if (this.#requestId === undefined && this.#settledAt === undefined) return
        stop()
        resolve()
      })
    })
    if (this.#settledAt === undefined) await accepted
    if (this.#requestId !== undefined) return this.#requestId
    const outcome = await this.#outcome
    throw new TinkerError(outcome.ok ? { kind: 'unsupported', message: 'the server gave no id' } : outcome.error)
  }

  onProgress(listener: (progress: FutureProgress) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  result({ signal, timeoutMs }: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (failure: Failure): void => {
        release()
        reject(new TinkerError(failure))
      }
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(
              () => stop({ kind: 'timeout', message: `the result was not there within ${timeoutMs / 1000} s` }),
              timeoutMs,
            )
      const aborted = (): void =>
        stop({ kind: 'aborted', by: 'caller', message: 'waiting for the result was cancelled' })
      const unfollow = signal === undefined || signal.aborted ? undefined : onAbort(signal, aborted)
      const release = (): void => {
        clearTimeout(timer)
        unfollow?.()
      }
      if (signal?.aborted) return aborted()
      this.#outcome.then((outcome) => {
        release()
        if (outcome.ok) resolve(outcome.value)
        else reject(new TinkerError(outcome.error))
      }, reject)
    })
  }

  async #run(work: Work<T>): Promise<Result<T, Failure>> {
    const deadline =
      this.#deadlineMs === undefined
        ? undefined
        : setTimeout(() => {
            this.#overdue = true
            this.#link.abort()
          }, this.#deadlineMs)
    try {
      const outcome = this.#judged(await this.#withinGrace(this.#caught(work)))
      if (!outcome.ok) this.#failure = outcome.error
      this.#state = outcome.ok ? 'done' : outcome.error.kind === 'aborted' ? 'cancelled' : 'failed'
      return outcome
    } catch (bug) {
      this.#state = 'failed'
      throw bug
    } finally {
      clearTimeout(deadline)
      this.#settledAt = Date.now()
      this.#link.release()
      this.#tell()
      this.#listeners.clear()
    }
  }

  /** A failure that was thrown, as by a part that could not be loaded, is one like any other. */
  async #caught(work: Work<T>): Promise<Result<T, Failure>> {
    try {
      return await work(this.#link.signal, this.#reporter())
    } catch (error) {
      const failure = failureOf(error)
      if (failure === undefined) throw error
      return err(failure)
    }
  }

  #reporter(): Reporter {
    return {
      accepted: (requestId) => {
        this.#requestId ??= requestId
        this.#heardAt = Date.now()
        this.#acceptedMs = this.ageMs
        this.#state = 'running'
        this.#tell()
      },
      acceptedAfterMs: () => this.#acceptedMs,
      polled: () => void this.#polls++,
      heard: () => (this.#heardAt = Date.now()),
      queue: (state, reason) => {
        if (state === this.#queueState && reason === this.#queueStateReason) return
        this.#queueState = state
        this.#queueStateReason = reason
        this.#tell()
      },
    }
  }

  /** The outcome of the work, or an abort of our own when the work has not ended soon after its signal aborted. */
  #withinGrace(work: Promise<Result<T, Failure>>): Promise<Result<T, Failure>> {
    const { signal } = this.#link
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const giveUp = (): void => {
        const by = this.#parent.aborted ? 'close' : 'caller'
        resolve(err({ kind: 'aborted', by, message: 'the operation was cancelled', ...this.#id() }))
      }
      const unfollow = onAbort(signal, () => (timer = setTimeout(giveUp, GRACE_MS)))
      if (signal.aborted) timer = setTimeout(giveUp, GRACE_MS)
      work.then(resolve, reject).finally(() => {
        clearTimeout(timer)
        unfollow()
      })
    })
  }

  /** What was given up for being late was not cancelled by anybody. */
  #judged(outcome: Result<T, Failure>): Result<T, Failure> {
    if (outcome.ok || outcome.error.kind !== 'aborted' || !this.#overdue) return outcome
    const { request } = outcome.error
    const message = `${request ?? 'the operation'} was given up after ${this.#deadlineMs! / 1000} s`
    return err({ kind: 'timeout', message, ...(request === undefined ? {} : { request }), ...this.#id() })
  }

  #id(): { requestId?: string } {
    return this.#requestId === undefined ? {} : { requestId: this.#requestId }
  }

  #tell(): void {
    if (this.#listeners.size === 0) return
    const { progress } = this
    for (const listener of [...this.#listeners]) listener(progress)
  }
}
