/**
 * The operations of one model: submitted in the order of the calls, each under the next number, which it gets when its
 * turn has come and keeps through every repeat. An operation cancelled before its turn takes no number: servers may wait
 * for a missing one for ever. Source: protocol reference §6.2.
 */
import { err } from '../../base/result.ts'
import { untilAborted } from '../transport/abort.ts'
import { startFuture } from '../future.ts'
import { part } from '../part.ts'
import { pollResult } from '../poll.ts'
import { submitJson, submitNumbered } from '../submit.ts'
import { Turns } from '../turns.ts'
import { datumBytes, splitIntoChunks } from '../wire/chunking.ts'
import { cancelled, noData, PassRun } from './passRun.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { ApiFuture, CallOptions } from '../future.ts'
import type { ResultReader } from '../poll.ts'
import type { ServiceContext } from '../session/serviceContext.ts'
import type { Chunk } from '../wire/chunking.ts'
import type { Datum } from '../wire/datum.ts'
import type { ForwardBackwardOutput } from '../wire/forwardBackward.ts'
import type { CustomLoss, CustomLossResult } from './customLoss.ts'
import type { PassSettings } from './passRun.ts'

export type Operation<T> = {
  /** Last part of the path, as `optim_step`. */
  readonly name: string
  readonly members: Readonly<Record<string, unknown>>
  readonly reader: ResultReader<T>
  /** A conflict at the first attempt is final: what is named there will not go away. */
  readonly clashes?: boolean
  /** False for an operation that has a place in the order but no number. */
  readonly numbered?: boolean
}

export class Operations {
  readonly modelId: string
  readonly #context: ServiceContext
  readonly #turns = new Turns()
  #lastSeqId: number

  constructor(context: ServiceContext, modelId: string, seqId: number) {
    this.#context = context
    this.modelId = modelId
    this.#lastSeqId = seqId
  }

  /** Number of the last operation that was given to the server. */
  get lastSeqId(): number {
    return this.#lastSeqId
  }

  one<T>(
    { name, members, reader, clashes = false, numbered = true }: Operation<T>,
    options: CallOptions = {},
  ): ApiFuture<T> {
    const context = this.#context
    return startFuture(
      async (signal, report) => {
        const gone = name === 'load_weights' ? undefined : ('model' as const)
        const send = (extra: object, handOver: readonly number[]): Promise<Result<string, Failure>> => {
          const body = { model_id: this.modelId, ...members, ...extra, type: name }
          return submitJson(context, { operation: name, body, signal, gone, handOver })
        }
        const handle = await this.#inTurn(signal, name, () => {
          if (!numbered) return send({}, [])
          const number = { seq_id: this.#take(1) }
          return submitNumbered(context, signal, (handOver) => send(number, handOver), { patient: !clashes })
        })
        if (!handle.ok) return handle
        report.accepted(handle.value)
        return pollResult(context, handle.value, reader, signal, report)
      },
      context.connection.signal,
      options,
    )
  }

  pass(
    data: readonly Datum[],
    settings: Omit<PassSettings, 'modelId'>,
    options: CallOptions = {},
  ): ApiFuture<ForwardBackwardOutput> {
    const chunks = this.#split(data)
    return startFuture(
      async (signal, report) => {
        if (chunks.length === 0) return err(noData())
        const run = new PassRun(this.#context, { ...settings, modelId: this.modelId }, chunks, signal, report)
        return run.result(
          await this.#inTurn(signal, 'forward_backward', () => run.submit((count) => this.#take(count))),
        )
      },
      this.#context.connection.signal,
      options,
    )
  }

  /**
   * A pass without a gradient and one with the gradient that `loss` computes from it. Later operations are submitted
   * after the second, so that they find its gradient.
   */
  customPass(data: readonly Datum[], loss: CustomLoss, options: CallOptions): ApiFuture<CustomLossResult> {
    const context = this.#context
    return startFuture(
      async (signal, report) => {
        const submitted = await this.#inTurn(signal, 'forward_backward', async () => {
          const { submitCustomPass } = await part(import('./customPass.ts'))
          const split = (items: readonly Datum[]): Chunk<Datum>[] => this.#split(items)
          const take = (count: number): number => this.#take(count)
          return submitCustomPass({ context, modelId: this.modelId, data, loss, split, take, signal, report })
        })
        return submitted.ok ? submitted.value() : submitted
      },
      context.connection.signal,
      options,
    )
  }

  #split(data: readonly Datum[]): Chunk<Datum>[] {
    const { fwdbwd_max_chunk_len: maxDatums, fwdbwd_max_chunk_bytes_count: maxBytes } = this.#context.profile.flags
    return splitIntoChunks(data, datumBytes, { maxDatums, maxBytes })
  }

  /** The first of so many numbers in a row. */
  #take(count: number): number {
    const first = this.#lastSeqId + 1
    this.#lastSeqId += count
    return first
  }

  /** Waits for its turn and submits; a cancelled operation gives its turn up and is never sent. */
  async #inTurn<T>(
    signal: AbortSignal,
    operation: string,
    submit: () => Promise<Result<T, Failure>>,
  ): Promise<Result<T, Failure>> {
    const gone = (): Result<T, Failure> => err(cancelled(operation, this.#context))
    const turn = this.#turns.take(async () => (signal.aborted ? gone() : submit()))
    return (await untilAborted(turn, signal)) ?? gone()
  }
}
