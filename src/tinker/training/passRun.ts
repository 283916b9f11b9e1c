/** One forward or forward-backward pass on its way: its chunks submitted under numbers of one row, their results as one. */
import { err, ok } from '../../base/result.ts'
import { linkAbort } from '../transport/abort.ts'
import { part } from '../part.ts'
import { pollResult } from '../poll.ts'
import { readers } from '../readers.ts'
import { submitForwardBackward, submitNumbered } from '../submit.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { Reporter } from '../future.ts'
import type { ServiceContext } from '../session/serviceContext.ts'
import type { LinkedAbort } from '../transport/abort.ts'
import type { Chunk } from '../wire/chunking.ts'
import type { Datum } from '../wire/datum.ts'
import type { ForwardBackwardCall, ForwardBackwardOutput } from '../wire/forwardBackward.ts'

export type PassSettings = Pick<ForwardBackwardCall, 'modelId' | 'lossFn' | 'lossFnConfig' | 'forwardOnly'>

type Output = Result<ForwardBackwardOutput, Failure>

export class PassRun {
  readonly #context: ServiceContext
  readonly #settings: PassSettings
  readonly #chunks: readonly Chunk<Datum>[]
  readonly #report: Reporter
  /** When one chunk fails, the others' results are of no use any more. */
  readonly #link: LinkedAbort
  readonly #results: Promise<Output>[] = []

  constructor(
    context: ServiceContext,
    settings: PassSettings,
    chunks: readonly Chunk<Datum>[],
    signal: AbortSignal,
    report: Reporter,
  ) {
    this.#context = context
    this.#settings = settings
    this.#chunks = chunks
    this.#report = report
    this.#link = linkAbort(signal)
  }

  /**
   * Hands all chunks to the server under numbers in a row, `take` giving out the first of so many. In parallel the first
   * chunk goes last: a server that works by number then finds the whole pass in its queue. Source: protocol reference §6.2.
   */
  async submit(take: (count: number) => number): Promise<Result<undefined, Failure>> {
    const numbers = this.#chunks.map((_, i) => i)
    if (!this.#context.parallelChunks || numbers.length === 1) {
      // One at a time: what is cancelled in between leaves no gap.
      for (const i of numbers) {
        const submitted = await this.#submit(i, take(1))
        if (!submitted.ok) return submitted
      }
      return ok(undefined)
    }
    const firstSeqId = take(numbers.length)
    // The format of the bodies is found out once, by one chunk alone.
    const opened = await this.#submit(1, firstSeqId + 1)
    if (!opened.ok) return opened
    const middle = await Promise.all(numbers.slice(2).map((i) => this.#submit(i, firstSeqId + i)))
    return firstCause(middle) ?? this.#submit(0, firstSeqId)
  }

  /** The results of all chunks as those of one call; ends at once when `submitted` says that there is nothing to wait for. */
  async result(submitted: Result<unknown, Failure>): Promise<Output> {
    if (!submitted.ok) this.#link.abort()
    try {
      // Holes are chunks that were never accepted.
      const outcomes = await Promise.all(Object.values(this.#results))
      const failed = firstCause<unknown>([...outcomes, submitted])
      return failed ?? ok(await asOne(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : []))))
    } catch (bug) {
      this.#link.abort()
      throw bug
    } finally {
      this.#link.release()
    }
  }

  async #submit(i: number, seqId: number): Promise<Result<undefined, Failure>> {
    const handle = await this.#submitChunk(this.#chunks[i]!, seqId)
    if (!handle.ok) return handle
    this.#report.accepted(handle.value)
    this.#results[i] = this.#await(handle.value, this.#chunks[i]!.items.length)
    return ok(undefined)
  }

  async #submitChunk(chunk: Chunk<Datum>, seqId: number): Promise<Result<string, Failure>> {
    const { signal } = this.#link
    const { trainingBudget } = this.#context
    if (!(await trainingBudget.acquire(chunk.bytes, signal))) return err(cancelled('forward_backward', this.#context))
    try {
      const call = { ...this.#settings, seqId, data: chunk.items }
      return await submitNumbered(this.#context, signal, (handOver) =>
        submitForwardBackward(this.#context, call, chunk.bytes, signal, handOver),
      )
    } finally {
      trainingBudget.release(chunk.bytes)
    }
  }

  async #await(requestId: string, datums: number): Promise<Output> {
    const { signal } = this.#link
    const reader = readers.forwardBackward(datums, this.#settings.forwardOnly)
    const outcome = await pollResult(this.#context, requestId, reader, signal, this.#report)
    if (!outcome.ok) this.#link.abort()
    return outcome
  }
}

/** The rules of merging are loaded when there is something to merge; of one result a few sorts of metrics still change. */
async function asOne(outputs: readonly ForwardBackwardOutput[]): Promise<ForwardBackwardOutput> {
  const [only] = outputs
  const settled = outputs.length === 1 && !Object.keys(only!.metrics).some((name) => /:(slack|hash\w*)$/.test(name))
  if (settled) return only!
  const { combineOutputs } = await part(import('../wire/metricReduction.ts'))
  return combineOutputs(outputs)
}

export function cancelled(operation: string, { connection }: ServiceContext): Failure {
  const by = connection.closed ? 'close' : 'caller'
  return { kind: 'aborted', by, message: `${operation} was cancelled`, request: operation }
}

export function noData(): Failure {
  return { kind: 'rejected', message: 'forward-backward needs at least one datum', request: 'forward_backward' }
}

/** Among chunks aborted because of one another, the one that failed by itself. */
function firstCause<T>(outcomes: readonly Result<T, Failure>[]): Result<never, Failure> | undefined {
  const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome]))
  return failures.find((failure) => failure.error.kind !== 'aborted') ?? failures[0]
}
