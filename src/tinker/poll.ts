/** Fetches the result of an accepted operation by long polls, through every way in which servers say "not yet". */
import { err } from '../base/result.ts'
import { linkAbort, sleep } from './transport/abort.ts'
import { AwakeClock } from './transport/awake.ts'
import { isHtml, jsonOf, malformed, refused, unanswered, unreadable, wordsOf } from './transport/answers.ts'
import { backoffMs, isRetried, retryAfterMs } from './transport/retry.ts'
import { EITHER_TYPE, JSON_TYPE, namesProtobuf } from './wire/contentTypes.ts'
import { readFutureAnswer, readFutureRefusal } from './wire/futureAnswer.ts'
import { decoding } from './wire/wireError.ts'
import type { Result } from '../base/result.ts'
import type { Answer, Subject } from './transport/answers.ts'
import type { Failure } from './failure.ts'
import type { Reporter } from './future.ts'
import type { Completions } from './sampling/completions.ts'
import type { Slots } from './transport/limits.ts'
import type { ServiceContext } from './session/serviceContext.ts'
import type { Exchange } from './transport/exchange.ts'
import type { FutureAnswer, QueueState } from './wire/futureAnswer.ts'

/** How the result of one kind of operation is read. `proto` is absent where the result exists as JSON only. */
export type ResultReader<T> = {
  readonly operation: string
  readonly json: (body: unknown) => Result<T, string> | Promise<Result<T, string>>
  readonly proto?: (bytes: Uint8Array) => Result<T, string>
}

/** First wait after a quick "try again", ms. */
const FLOOR_BASE_MS = 25
const PATIENT_WITH_400 = 3
/** A poll that gave its turn away waits longer the next time, up to so many times the first: the server may be slow. */
const LONGEST_SLICE = 8
const PATIENT_WITH_UNREADABLE = 3

/** What one answer means for the loop. */
type Step<T> =
  | { readonly end: Result<T, Failure> | Promise<Result<T, Failure>> }
  /** The server is well and working: ask again. */
  | { readonly next: 'pending'; readonly waitMs?: number; readonly status: number; readonly words: string | undefined }
  | { readonly next: 'payload'; readonly bytes: number }
  | { readonly next: 'trouble'; readonly failure: Failure; readonly waitMs: number | undefined }
  | { readonly next: 'billing'; readonly failure: Failure }

export async function pollResult<T>(
  context: ServiceContext,
  requestId: string,
  reader: ResultReader<T>,
  signal: AbortSignal,
  report: Reporter,
  completions?: Completions,
): Promise<Result<T, Failure>> {
  const poll = new Poll(context, requestId, reader, signal, report)
  if (completions === undefined) return poll.run()
  const completion = await completions.waitFor(requestId, signal, context.connection.tuning.pollDeadlineMs)
  const outcome = await poll.run(completion.is === 'done' ? completion.bytes : undefined)
  if (outcome.ok || outcome.error.kind === 'failed') completions.fetched(requestId)
  return outcome
}

class Poll<T> {
  readonly #context: ServiceContext
  readonly #requestId: string
  readonly #reader: ResultReader<T>
  readonly #signal: AbortSignal
  readonly #report: Reporter
  readonly #subject: Subject
  /** Patience is counted in time awake: a night's sleep of the machine is no trouble of the server. */
  readonly #clock = new AwakeClock()
  #metadataOnly = true
  #held = 0
  #bad400 = 0
  #unreadable = 0
  /** Consecutive answers of each sort: quick "try again"s, and signs of trouble. */
  #quick = 0
  #slices = 0
  #polls = 0
  #troubles = 0
  #troubledSince: number | undefined
  #billedSince: number | undefined
  #lastQueue = ''
  /** The last "not yet", for those who waited in vain. */
  #notYet: { readonly status: number; readonly words: string | undefined } | undefined

  constructor(
    context: ServiceContext,
    requestId: string,
    reader: ResultReader<T>,
    signal: AbortSignal,
    report: Reporter,
  ) {
    this.#context = context
    this.#requestId = requestId
    this.#reader = reader
    this.#signal = signal
    this.#report = report
    this.#subject = { request: `the result of ${reader.operation}`, gone: 'result' }
  }

  /** `bytes`: size of the result where it is known to be there. */
  async run(bytes = 0): Promise<Result<T, Failure>> {
    try {
      if (bytes > 0 && !(await this.#reserve(bytes))) return err(this.#aborted())
      for (;;) {
        const asked = this.#clock.elapsedMs
        const ended = await this.#clock.during(this.#context.connection.tuning.pollTimeoutMs, this.#ask())
        if (ended === 'sliced') {
          if (this.#isLate) return err(this.#late())
          continue
        }
        const step = this.#read(ended)
        if ('end' in step) {
          const end = await step.end
          return end.ok ? end : err({ ...end.error, requestId: this.#requestId })
        }
        const waitMs = await this.#prepare(step, this.#clock.elapsedMs - asked)
        if (typeof waitMs !== 'number') return err({ ...waitMs, requestId: this.#requestId })
        const rested = waitMs <= 0 || (await this.#clock.during(waitMs, sleep(waitMs, this.#signal)))
        if (!rested) return err(this.#aborted())
      }
    } finally {
      if (this.#held > 0) this.#context.responseBudget.release(this.#held)
    }
  }

  /** One long poll. Where connections are scarce it gives its turn away when others wait: polls may be abandoned freely. */
  async #ask(): Promise<Exchange | 'sliced'> {
    const { connection, polls, jsonOnly, pollHeaders } = this.#context
    const { tuning } = connection
    if (!(await polls.acquire(this.#signal))) return { outcome: 'aborted', message: '' }
    // Most connections are not scarce, and every abort controller costs as much as the rest of a poll together.
    const ms = tuning.pollSliceMs * Math.min(2 ** this.#slices, LONGEST_SLICE)
    const slice = polls.limit === Infinity ? undefined : new Slice(polls, ms, this.#signal)
    try {
      this.#report.polled()
      const ended = await connection.attempt({
        ...this.#subject,
        method: 'POST',
        path: 'retrieve_future',
        json: { request_id: this.#requestId, allow_metadata_only: this.#metadataOnly },
        headers: pollHeaders?.(this.#reader.operation, this.#polls++, this.#report.acceptedAfterMs()) ?? {},
        accept: this.#reader.proto === undefined || jsonOnly ? JSON_TYPE : EITHER_TYPE,
        timeoutMs: tuning.pollTimeoutMs,
        signal: slice?.signal ?? this.#signal,
        // A result on its way is never given up: it would have to start anew, again and again.
        ...(slice === undefined ? {} : { onAnswer: () => slice.keep() }),
      })
      if (ended.outcome !== 'aborted' || slice?.over !== true || this.#signal.aborted) return ended
      this.#slices++
      return 'sliced'
    } finally {
      slice?.end()
      polls.release()
    }
  }

  #read(ended: Exchange): Step<T> {
    if (ended.outcome === 'aborted') return { end: err(this.#aborted()) }
    if (ended.outcome !== 'answered')
      return this.#trouble(unanswered(ended, this.#subject, this.#context.connection.closed))
    this.#report.heard()
    const { status } = ended
    if (status >= 200 && status <= 299) return this.#readSuccess(ended)
    const failure = refused(ended, this.#subject)
    const body = jsonOf(ended)
    const said = readFutureRefusal(status, body.ok ? body.value : undefined)
    if (said?.outcome === 'failed') return { end: err(this.#failed(said.message, said.category, status)) }
    if (said?.outcome === 'gone') return { end: err({ ...failure, kind: 'expired', what: 'result' }) }
    if (said?.outcome === 'tryAgain') {
      if (body.ok) this.#bad400 = 0
      const named = said.queueState !== 'unknown' || said.queueStateReason !== null
      if (named) this.#tellQueue(said.queueState, said.queueStateReason)
      const waitMs = retryAfterMs(ended.headers)
      return { next: 'pending', status, words: failure.serverSays, ...(waitMs === undefined ? {} : { waitMs }) }
    }
    if (status === 402) return { next: 'billing', failure }
    if (status === 429 || failure.kind === 'unavailable')
      return isRetried(status, 1, ended.headers)
        ? this.#trouble(failure, retryAfterMs(ended.headers))
        : { end: err(failure) }
    if (status === 400) return this.#read400(ended, failure)
    return { end: err(failure) }
  }

  #readSuccess(answer: Answer): Step<T> {
    const { proto, json } = this.#reader
    if (proto !== undefined && namesProtobuf(answer.headers.get('content-type'))) {
      const read = proto(answer.bytes)
      if (read.ok && answer.bytes.length > 0) return { end: read }
      const detail = read.ok ? 'an empty body' : read.error
      return this.#readUnreadable(malformed(this.#subject, detail, answer.status, 'unreadable'))
    }
    const body = jsonOf(answer)
    if (!body.ok) return this.#readUnreadable(unreadable(answer, this.#subject))
    const said = decoding(() => readFutureAnswer(body.value))
    if (!said.ok) return { end: err(malformed(this.#subject, said.error, answer.status)) }
    return this.#follow(said.value, json, answer.status)
  }

  /** Cut or replaced on the way, whatever it was to be: the server still has the result. */
  #readUnreadable(failure: Failure): Step<T> {
    return ++this.#unreadable > PATIENT_WITH_UNREADABLE ? { end: err(failure) } : this.#trouble(failure)
  }

  #follow(said: FutureAnswer, json: ResultReader<T>['json'], status: number): Step<T> {
    switch (said.outcome) {
      case 'tryAgain':
        this.#tellQueue(said.queueState, said.queueStateReason)
        return { next: 'pending', status, words: wordsOfQueue(said.queueState, said.queueStateReason) }
      case 'metadataOnly':
        if (!this.#metadataOnly)
          return { end: err(malformed(this.#subject, 'metadata instead of the result, twice', status)) }
        return { next: 'payload', bytes: said.payloadBytes }
      case 'failed':
        return { end: err(this.#failed(said.message, said.category, status)) }
      case 'done':
        return { end: this.#decoded(json(said.value), status) }
    }
  }

  async #decoded(reading: ReturnType<ResultReader<T>['json']>, status: number): Promise<Result<T, Failure>> {
    const read = await reading
    return read.ok ? read : err(malformed(this.#subject, read.error, status))
  }

  /** Plain text is the server's word too, which ends it; a bare 400 or a page may be a proxy's and is forgiven three times. */
  #read400(answer: Answer, failure: Failure): Step<T> {
    const words = isHtml(answer) ? undefined : wordsOf(answer)
    if (words !== undefined) return { end: err(this.#failed(words, 'unknown', 400)) }
    return ++this.#bad400 > PATIENT_WITH_400 ? { end: err(failure) } : this.#trouble(failure)
  }

  /** Decides the wait before the next poll, or the failure when patience is out. */
  async #prepare(step: Exclude<Step<T>, { end: unknown }>, tookMs: number): Promise<number | Failure> {
    const { connection, billingPauseMs } = this.#context
    const { tuning } = connection
    if (step.next === 'trouble') {
      this.#troubledSince ??= this.#clock.elapsedMs
      if (this.#isLate || this.#clock.elapsedMs - this.#troubledSince > tuning.pollPatienceMs)
        return { ...step.failure, attempts: this.#troubles + 1 }
      return step.waitMs ?? backoffMs(this.#troubles++, tuning.pollRetry)
    }
    this.#troubles = 0
    this.#troubledSince = undefined
    if (step.next === 'billing') {
      this.#billedSince ??= this.#clock.elapsedMs
      if (this.#clock.elapsedMs - this.#billedSince > billingPauseMs) return step.failure
      this.#tellQueue('paused_billing', step.failure.serverSays ?? null)
      return tuning.billingRetryMs
    }
    this.#billedSince = undefined
    if (step.next === 'pending') {
      this.#notYet = step
      if (this.#isLate) return this.#late()
    } else if (step.next === 'payload') {
      return (await this.#reserve(step.bytes)) ? 0 : this.#aborted()
    }
    // A server that holds polls is asked again at once; one that does not is asked ever more calmly, up to the floor.
    if (step.waitMs !== undefined) return step.waitMs
    if (tookMs >= tuning.pollFloorMs) this.#quick = 0
    else return Math.min(FLOOR_BASE_MS * 2 ** this.#quick++, tuning.pollFloorMs)
    return 0
  }

  /** Room for the whole result, which is then asked for; false when the signal aborted first. */
  async #reserve(bytes: number): Promise<boolean> {
    if (!(await this.#context.responseBudget.acquire(bytes, this.#signal))) return false
    this.#held = bytes
    this.#metadataOnly = false
    return true
  }

  get #isLate(): boolean {
    return this.#clock.elapsedMs > this.#context.connection.tuning.pollDeadlineMs
  }

  #late(): Failure {
    const { request } = this.#subject
    const { status, words } = this.#notYet ?? {}
    const after = `${request} was not there after ${this.#context.connection.tuning.pollDeadlineMs / 1000} s`
    const last =
      status === undefined ? '' : `; last the server said ${status}${words === undefined ? '' : `: ${words}`}`
    return {
      kind: 'timeout',
      message: after + last,
      request,
      ...(status === undefined ? {} : { status }),
      ...(words === undefined ? {} : { serverSays: words }),
    }
  }

  #trouble(failure: Failure, waitMs?: number): Step<T> {
    return { next: 'trouble', failure, waitMs }
  }

  /** Changes only: a server may say the same at every poll for an hour. */
  #tellQueue(state: QueueState, reason: string | null): void {
    this.#report.queue(state, reason)
    const said = `${state} ${reason}`
    if (said === this.#lastQueue) return
    this.#lastQueue = said
    this.#context.onQueueState(state, reason, this.#reader.operation)
  }

  #failed(words: string, category: 'user' | 'server' | 'unknown', status: number): Failure {
    const message = `${this.#reader.operation} failed on the server: ${words}`
    return { kind: 'failed', category, message, serverSays: words, status, request: this.#reader.operation }
  }

  #aborted(): Failure {
    return unanswered({ outcome: 'aborted', message: '' }, this.#subject, this.#context.connection.closed)
  }
}

function wordsOfQueue(state: QueueState, reason: string | null): string | undefined {
  if (state === 'active' || state === 'unknown') return reason ?? undefined
  return reason === null ? state : `${state}: ${reason}`
}

/** Aborts a held poll once its time is up and others wait for its connection. */
class Slice {
  over = false
  readonly #link
  readonly #timer

  constructor(polls: Slots, ms: number, signal: AbortSignal) {
    this.#link = linkAbort(signal)
    this.#timer = setInterval(() => {
      if (polls.waiting === 0) return
      // Stays true: by the time the abort has gone through, nobody may be waiting any more.
      this.over = true
      this.#link.abort()
    }, ms)
  }

  get signal(): AbortSignal {
    return this.#link.signal
  }

  /** The poll may go on however long it takes. */
  keep(): void {
    clearInterval(this.#timer)
  }

  end(): void {
    this.keep()
    this.#link.release()
  }
}
