/** Trains one model: every call is submitted in the order made and returns its future at once. */
import { err, ok } from '../base/result.ts'
import { linkAbort, untilAborted } from './transport/abort.ts'
import { TinkerError } from './errors.ts'
import { startFuture } from './future.ts'
import { pollResult } from './poll.ts'
import { readers } from './readers.ts'
import { SamplingClient } from './samplingClient.ts'
import { submitForwardBackward, submitJson } from './submit.ts'
import { Turns } from './turns.ts'
import { datumBytes, splitIntoChunks } from './wire/chunking.ts'
import { combineOutputs } from './wire/metricReduction.ts'
import { getInfoResponse } from './wire/responses.ts'
import type { Result } from '../base/result.ts'
import type { Failure } from './errors.ts'
import type { ApiFuture, Reporter } from './future.ts'
import type { ResultReader } from './poll.ts'
import type { ServiceContext } from './session/serviceContext.ts'
import type { Chunk } from './wire/chunking.ts'
import type { Datum } from './wire/datum.ts'
import type { ForwardBackwardOutput } from './wire/forwardBackward.ts'

/** AdamW with decoupled decay. Defaults are the API's. */
export type AdamParams = {
  /** Default 1e-4. Sent with every step, so a schedule is the caller's. */
  readonly learningRate?: number
  /** Default 0.9. */
  readonly beta1?: number
  /** Default 0.95. */
  readonly beta2?: number
  /** Default 1e-12. */
  readonly eps?: number
  /** Default 0. */
  readonly weightDecay?: number
  /** Largest global norm of the gradient; default 0: off. */
  readonly gradClipNorm?: number
}

export type OptimStepOutput = { readonly metrics: Readonly<Record<string, number>> }
export type SavedPath = { readonly path: string }
export type SaveOptions = {
  /** Kept for ever when absent. */
  readonly ttlSeconds?: number
  /** Replaces a checkpoint of the same name. */
  readonly overwrite?: boolean
}

export type ModelInfo = {
  readonly modelId: string
  readonly modelName: string | undefined
  readonly tokenizerId: string | undefined
  readonly loraRank: number | undefined
}

export class TrainingClient {
  readonly modelId: string
  readonly #context: ServiceContext
  readonly #turns = new Turns()
  #operations = 0

  /** Made by the service client. `seqId` is the number of the last operation already sent for this model. */
  constructor(context: ServiceContext, modelId: string, seqId = 0) {
    this.#context = context
    this.modelId = modelId
    this.#operations = seqId
  }

  /** Number of the last operation: what a journal records, so that a resumed run goes on counting from it. */
  get lastSeqId(): number {
    return this.#operations
  }

  /** The loss and its per-token outputs without a gradient. As {@link forwardBackward} otherwise. */
  forward(
    data: readonly Datum[],
    lossFn: string,
    config?: Readonly<Record<string, number>>,
  ): ApiFuture<ForwardBackwardOutput> {
    return this.#pass(data, lossFn, config, true)
  }

  /**
   * Adds the gradient of the summed loss to the model's accumulator. Large calls travel as several requests of one
   * gradient; `lossFnOutputs` has one record per datum in the order given. Losses and their inputs: protocol §5.3.
   */
  forwardBackward(
    data: readonly Datum[],
    lossFn: string,
    config?: Readonly<Record<string, number>>,
  ): ApiFuture<ForwardBackwardOutput> {
    return this.#pass(data, lossFn, config, false)
  }

  /** Applies the accumulated gradient and clears it. */
  optimStep(adam: AdamParams = {}): ApiFuture<OptimStepOutput> {
    const params = {
      learning_rate: adam.learningRate ?? 1e-4,
      beta1: adam.beta1 ?? 0.9,
      beta2: adam.beta2 ?? 0.95,
      eps: adam.eps ?? 1e-12,
      weight_decay: adam.weightDecay ?? 0,
      grad_clip_norm: adam.gradClipNorm ?? 0,
    }
    return this.#operate('optim_step', { adam_params: params }, readers.optimStep)
  }

  /** Saves weights and optimizer state under a name; `path` is the address to load from. */
  saveState(name: string, { ttlSeconds, overwrite }: SaveOptions = {}): ApiFuture<SavedPath> {
    // Servers of the time before SDK 0.20 refuse a member that they do not know.
    const extra = this.#context.profile.legacy && overwrite !== true ? {} : { overwrite: overwrite ?? false }
    return this.#operate('save_weights', { path: name, ttl_seconds: ttlSeconds, ...extra }, readers.saveWeights)
  }

  /** Saves weights for sampling under a name; `path` is what {@link SamplingClient}s are created from. */
  saveWeightsForSampler(name: string, { ttlSeconds }: Omit<SaveOptions, 'overwrite'> = {}): ApiFuture<SavedPath> {
    return this.#operate('save_weights_for_sampler', { path: name, ttl_seconds: ttlSeconds }, readers.saveForSampler)
  }

  /** A sampling client of the weights as they are at this point in the order of operations. Nothing is kept under a name. */
  saveWeightsAndGetSamplingClient(): ApiFuture<SamplingClient> {
    const body = { sampling_session_seq_id: this.#context.session.nextSampler() }
    const reader = readers.ephemeralSampler((id) => new SamplingClient(this.#context, id))
    return this.#operate('save_weights_for_sampler', body, reader)
  }

  /** Loads weights and starts with a fresh optimizer. Some servers allow a load only as a model's first operation. */
  loadState(path: string): ApiFuture<SavedPath> {
    return this.#load(path, false)
  }

  loadStateWithOptimizer(path: string): ApiFuture<SavedPath> {
    return this.#load(path, true)
  }

  /** Rejects with a {@link TinkerError}. */
  async getInfo(signal?: AbortSignal): Promise<ModelInfo> {
    const info = await this.#context.connection.requestJson(
      {
        request: 'POST get_info',
        gone: 'model',
        method: 'POST',
        path: 'get_info',
        json: { model_id: this.modelId, type: 'get_info' },
        ...(signal === undefined ? {} : { signal }),
      },
      getInfoResponse,
    )
    if (!info.ok) throw new TinkerError(info.error)
    const { model_id: modelId, model_data: data, lora_rank: loraRank, model_name: name } = info.value
    return {
      modelId,
      modelName: data.model_name ?? name,
      tokenizerId: data.tokenizer_id?.split(':')[0],
      loraRank,
    }
  }

  #load(path: string, optimizer: boolean, extra: Readonly<Record<string, unknown>> = {}): ApiFuture<SavedPath> {
    return this.#operate('load_weights', { path, optimizer, ...extra }, readers.loadWeights(path))
  }

  /** Loading on behalf of a service client, with the credential of the checkpoint's owner. */
  loadFor(path: string, optimizer: boolean, accessToken: string | undefined): ApiFuture<SavedPath> {
    return this.#load(path, optimizer, { weights_access_token: accessToken })
  }

  #operate<T>(operation: string, members: Readonly<Record<string, unknown>>, reader: ResultReader<T>): ApiFuture<T> {
    const seqId = ++this.#operations
    const context = this.#context
    return startFuture(async (signal, report) => {
      const body = { model_id: this.modelId, ...members, seq_id: seqId, type: operation }
      const submit = (): Promise<Result<string, Failure>> =>
        submitJson(context, { operation, body, signal, gone: operation === 'load_weights' ? undefined : 'model' })
      const handle = await this.#inTurn(submit, signal, operation)
      if (!handle.ok) return handle
      report.accepted(handle.value)
      return pollResult(context, handle.value, reader, signal, report)
    }, context.connection.signal)
  }

  #pass(
    data: readonly Datum[],
    lossFn: string,
    lossFnConfig: Readonly<Record<string, number>> | undefined,
    forwardOnly: boolean,
  ): ApiFuture<ForwardBackwardOutput> {
    const context = this.#context
    const { fwdbwd_max_chunk_len: maxDatums, fwdbwd_max_chunk_bytes_count: maxBytes } = context.profile.flags
    const chunks = splitIntoChunks(data, datumBytes, { maxDatums, maxBytes })
    const firstSeqId = this.#operations + 1
    this.#operations += chunks.length
    const settings = { modelId: this.modelId, lossFn, forwardOnly, ...(lossFnConfig && { lossFnConfig }) }
    return startFuture(async (signal, report) => {
      if (chunks.length === 0)
        return err({
          kind: 'rejected',
          message: 'forward-backward needs at least one datum',
          request: 'forward_backward',
        })
      // When one chunk fails, the others' results are of no use any more.
      const link = linkAbort(signal)
      const results: Promise<Result<ForwardBackwardOutput, Failure>>[] = []
      const submit = async (): Promise<Result<undefined, Failure>> => {
        for (const [i, chunk] of chunks.entries()) {
          const call = { ...settings, seqId: firstSeqId + i, data: chunk.items }
          const handle = await this.#submitChunk(call, chunk, link.signal)
          if (!handle.ok) return handle
          report.accepted(handle.value)
          results.push(this.#await(handle.value, link, report))
        }
        return ok(undefined)
      }
      try {
        const submitted = await this.#inTurn(submit, signal, 'forward_backward')
        if (!submitted.ok) link.abort()
        const outcomes = await Promise.all(results)
        const failed = firstCause<unknown>([...outcomes, submitted])
        return failed ?? ok(combineOutputs(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : []))))
      } finally {
        link.abort()
        link.release()
      }
    }, context.connection.signal)
  }

  async #submitChunk(
    call: Parameters<typeof submitForwardBackward>[1],
    chunk: Chunk<Datum>,
    signal: AbortSignal,
  ): Promise<Result<string, Failure>> {
    if (signal.aborted) return err(cancelled('forward_backward', this.#context))
    return submitForwardBackward(this.#context, call, chunk.bytes, signal)
  }

  async #await(
    requestId: string,
    link: { readonly signal: AbortSignal; abort(): void },
    report: Reporter,
  ): Promise<Result<ForwardBackwardOutput, Failure>> {
    const outcome = await pollResult(this.#context, requestId, readers.forwardBackward, link.signal, report)
    if (!outcome.ok) link.abort()
    return outcome
  }

  /** Waits for its turn and submits; a cancelled operation gives its turn up and is never sent. */
  async #inTurn<T>(
    submit: () => Promise<Result<T, Failure>>,
    signal: AbortSignal,
    operation: string,
  ): Promise<Result<T, Failure>> {
    const gone = (): Result<T, Failure> => err(cancelled(operation, this.#context))
    const turn = this.#turns.take(async () => (signal.aborted ? gone() : submit()))
    return (await untilAborted(turn, signal)) ?? gone()
  }
}

function cancelled(operation: string, { connection }: ServiceContext): Failure {
  const by = connection.closed ? 'close' : 'caller'
  return { kind: 'aborted', by, message: `${operation} was cancelled`, request: operation }
}

/** Among chunks aborted because of one another, the one that failed by itself. */
function firstCause<T>(outcomes: readonly Result<T, Failure>[]): Result<never, Failure> | undefined {
  const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome]))
  return failures.find((failure) => failure.error.kind !== 'aborted') ?? failures[0]
}
