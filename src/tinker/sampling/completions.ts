/**
 * One poll for all samples of a session: tells which of them are done, so that each is asked for once, when it is there.
 * Used where the server offers it (flag `sample_use_retrieve_futures`, since SDK 0.38); when it then does not work, every
 * sample is polled by itself. Runs only while somebody waits or a result is still to be reported as fetched.
 */
import { readJson, refused, unanswered } from '../transport/answers.ts'
import { linkAbort, onAbort, sleep } from '../transport/abort.ts'
import { backoffMs, isRetried } from '../transport/retry.ts'
import { futureCompletionsResponse } from '../wire/newerResponses.ts'
import type { Failure } from '../failure.ts'
import type { ServiceContext } from '../session/serviceContext.ts'
import type { LinkedAbort } from '../transport/abort.ts'
import type { FutureCompletionsResponse } from '../wire/newerResponses.ts'

/** `bytes`: size of the result where the server told it. `alone`: the sample must be polled by itself. */
export type Completion =
  | { readonly is: 'done'; readonly bytes: number | undefined }
  | { readonly is: 'alone' | 'aborted' }

const ACKNOWLEDGE_TIMEOUT_MS = 5000
/** Platforms count the ms of a timer in 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
const SUBJECT = { request: 'POST retrieve_futures', gone: 'session' } as const

export class Completions {
  readonly #context: ServiceContext
  readonly #target: Readonly<Record<string, unknown>>
  readonly #waiting = new Map<string, (completion: Completion) => void>()
  /** Completed, but not waited for yet. */
  readonly #early = new Map<string, Completion>()
  /** Fetched, but not reported yet. */
  readonly #fetched = new Set<string>()
  #cursor = 0
  #failed = false
  #running = false
  #poll: LinkedAbort | undefined

  /** `clone`: place of the client among those of the session, 0 for the original. */
  constructor(context: ServiceContext, samplingSessionId: string, clone: number) {
    this.#context = context
    this.#target = { type: 'sampling_session', sampling_session_id: samplingSessionId, cloned_sampler_id: clone }
  }

  /** `alone` after `limitMs` without a word about this sample. */
  async waitFor(requestId: string, signal: AbortSignal, limitMs: number): Promise<Completion> {
    const early = this.#early.get(requestId)
    this.#early.delete(requestId)
    if (early !== undefined) return early
    if (signal.aborted) return { is: 'aborted' }
    if (this.#failed) return { is: 'alone' }
    return new Promise((resolve) => {
      const unfollow = onAbort(signal, () => end({ is: 'aborted' }))
      const timer = setTimeout(() => end({ is: 'alone' }), Math.min(limitMs, LONGEST_TIMER_MS))
      const end = (completion: Completion): void => {
        clearTimeout(timer)
        unfollow()
        this.#waiting.delete(requestId)
        resolve(completion)
        // A poll that nobody waits for any more would hold its connection for half a minute.
        if (this.#waiting.size === 0 && completion.is !== 'done') this.#poll?.abort()
      }
      this.#waiting.set(requestId, end)
      void this.#run()
    })
  }

  /** The result has arrived: the server may forget it. */
  fetched(requestId: string): void {
    if (this.#failed) return
    this.#fetched.add(requestId)
    void this.#run()
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    let troubles = 0
    try {
      while (!this.#failed && (this.#waiting.size > 0 || this.#fetched.size > 0)) {
        const asked = Date.now()
        const reported = [...this.#fetched].sort()
        const told = await this.#ask(reported)
        if (told === 'aborted') {
          if (this.#context.connection.closed) return
          continue
        }
        if ('kind' in told) {
          const idle = this.#waiting.size === 0
          // Reporting what was fetched is a courtesy; with nobody waiting it is not worth a second try.
          if (idle) this.#fetched.clear()
          else if (!(await this.#mayGoOn(told, troubles++))) this.#giveUp()
          continue
        }
        troubles = 0
        reported.forEach((id) => this.#fetched.delete(id))
        this.#cursor = told.cursor
        told.completions.forEach((done) => this.#tell(done))
        const floor = this.#context.connection.tuning.pollFloorMs - (Date.now() - asked)
        const idle = told.completions.length === 0 && this.#waiting.size > 0
        if (idle && floor > 0) await this.#sleep(Math.min(floor, 100))
      }
    } finally {
      this.#running = false
    }
  }

  /** One poll; with nobody waiting the server is asked to answer at once. */
  async #ask(reported: readonly string[]): Promise<FutureCompletionsResponse | Failure | 'aborted'> {
    const { connection } = this.#context
    const idle = this.#waiting.size === 0
    const link = linkAbort(connection.signal)
    this.#poll = link
    try {
      const ended = await connection.attempt({
        ...SUBJECT,
        method: 'POST',
        path: 'retrieve_futures',
        json: {
          target: this.#target,
          prev_cursor: this.#cursor,
          retrieved_request_ids: reported,
          ...(idle ? { timeout: 0 } : {}),
        },
        timeoutMs: idle ? ACKNOWLEDGE_TIMEOUT_MS : connection.tuning.pollTimeoutMs,
        signal: link.signal,
      })
      if (ended.outcome === 'aborted') return 'aborted'
      if (ended.outcome !== 'answered') return unanswered(ended, SUBJECT, connection.closed)
      if (ended.status < 200 || ended.status > 299) return refused(ended, SUBJECT)
      const read = readJson(ended, futureCompletionsResponse, SUBJECT)
      return read.ok ? read.value : read.error
    } finally {
      this.#poll = undefined
      link.release()
    }
  }

  /** Waits before the next try; false when trying again is of no use. */
  async #mayGoOn(failure: Failure, troubles: number): Promise<boolean> {
    const { tuning } = this.#context.connection
    const passing =
      failure.kind === 'offline' || failure.kind === 'timeout' || failure.kind === 'billing'
        ? true
        : isRetried(failure.status ?? 0, 1) || (failure.status === 400 && troubles < 3)
    if (!passing) return false
    await this.#sleep(backoffMs(troubles, tuning.pollRetry))
    return true
  }

  #tell({
    request_id: id,
    response_payload_uncompressed_size: bytes,
  }: FutureCompletionsResponse['completions'][0]): void {
    const completion: Completion = { is: 'done', bytes }
    const end = this.#waiting.get(id)
    if (end === undefined) this.#early.set(id, completion)
    else end(completion)
  }

  #giveUp(): void {
    this.#failed = true
    this.#fetched.clear()
    for (const end of [...this.#waiting.values()]) end({ is: 'alone' })
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, this.#context.connection.signal)
  }
}
