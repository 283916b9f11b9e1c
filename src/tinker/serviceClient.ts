/** The door to one server: makes training and sampling clients, lists models, says what is wrong with the connection. */
import { err, ok } from '../base/result.ts'
import { checkConnection } from './session/checkConnection.ts'
import { Connection } from './transport/connection.ts'
import { linkAbort } from './transport/abort.ts'
import { failureOf, TinkerError } from './errors.ts'
import { startFuture } from './future.ts'
import { pollResult } from './poll.ts'
import { readers } from './readers.ts'
import { fetchWeightsInfo, RestClient } from './restClient.ts'
import { SamplingClient } from './samplingClient.ts'
import { makeContext } from './session/serviceContext.ts'
import { Session } from './session/session.ts'
import { submitJson } from './submit.ts'
import { TrainingClient } from './trainingClient.ts'
import { createSamplingSessionResponse, serverCapabilitiesResponse } from './wire/responses.ts'
import type { Result } from '../base/result.ts'
import type { ConnectionReport } from './session/checkConnection.ts'
import type { ServiceConfig } from './config.ts'
import type { ServerProfile } from './transport/connection.ts'
import type { Failure } from './errors.ts'
import type { ApiFuture } from './future.ts'
import type { ResultReader } from './poll.ts'
import type { ServiceContext } from './session/serviceContext.ts'

export type ModelSummary = {
  readonly name: string
  /** Tokens, prompt and answer together; undefined when the server does not say. */
  readonly maxContext: number | undefined
}

export type ServerCapabilities = { readonly models: readonly ModelSummary[] }

export type LoraOptions = {
  readonly baseModel: string
  /** Default 32. */
  readonly rank?: number
  /** Of the adapter's initial values. */
  readonly seed?: number
  /** Which layers get an adapter; default all, at least one must. */
  readonly trainMlp?: boolean
  readonly trainAttn?: boolean
  readonly trainUnembed?: boolean
  readonly userMetadata?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export type FromStateOptions = {
  /** False starts with a fresh optimizer, as a new stage should. */
  readonly withOptimizer: boolean
  /** For servers that cannot tell what a checkpoint was trained from. */
  readonly baseModel?: string
  readonly rank?: number
  readonly seed?: number
  readonly userMetadata?: Readonly<Record<string, string>>
  /** Credential of another account whose checkpoint this is. */
  readonly weightsAccessToken?: string
  readonly signal?: AbortSignal
}

export type SamplerOptions = {
  /** Address of sampler weights. Absent: the base model itself. */
  readonly modelPath?: string
  /** Needed without `modelPath`; some servers want it beside `modelPath` too. */
  readonly baseModel?: string
  readonly signal?: AbortSignal
}

/** Nothing is requested until it is needed. Every method rejects with a {@link TinkerError} only. */
export function createServiceClient(config: ServiceConfig): ServiceClient {
  return new ServiceClient(config)
}

export class ServiceClient {
  readonly #config: ServiceConfig
  readonly #connection: Connection
  readonly #session: Session
  #context: ServiceContext | undefined

  constructor(config: ServiceConfig) {
    this.#config = config
    this.#connection = new Connection(config)
    this.#session = new Session(this.#connection, config)
  }

  get closed(): boolean {
    return this.#connection.closed
  }

  /** Flags and age of the server, from the handshake. */
  async getServerProfile(): Promise<ServerProfile> {
    return valueOf(await this.#connection.profile())
  }

  async getServerCapabilities(signal?: AbortSignal): Promise<ServerCapabilities> {
    const call = { request: 'GET get_server_capabilities', method: 'GET', path: 'get_server_capabilities' } as const
    const answer = await this.#connection.requestJson(
      { ...call, ...(signal === undefined ? {} : { signal }) },
      serverCapabilitiesResponse,
    )
    const { supported_models: models } = valueOf(answer)
    return {
      models: models.flatMap(({ model_name: name, max_context_length: maxContext }) =>
        name === undefined ? [] : [{ name, maxContext }],
      ),
    }
  }

  /** A new model with a fresh adapter. */
  async createLoraTrainingClient(options: LoraOptions): Promise<TrainingClient> {
    const context = valueOf(await this.#ready())
    return this.#createModel(context, options)
  }

  /** A new model that goes on from saved training state. */
  async createTrainingClientFromState(path: string, options: FromStateOptions): Promise<TrainingClient> {
    const context = valueOf(await this.#ready())
    const { withOptimizer, weightsAccessToken, signal } = options
    if (context.profile.flags.create_model_via_load_weights) return this.#createByLoading(context, path, options)
    const info = await this.#weightsInfo(path, options)
    const client = await this.#createModel(context, { ...info, ...userOptions(options) })
    await settle(client.loadFor(path, withOptimizer, weightsAccessToken), signal)
    return client
  }

  /** Samples from saved weights or from a base model. */
  async createSamplingClient({ modelPath, baseModel, signal }: SamplerOptions): Promise<SamplingClient> {
    const context = valueOf(await this.#ready())
    const answer = await this.#session.within((sessionId) =>
      this.#connection.requestJson(
        {
          request: 'POST create_sampling_session',
          method: 'POST',
          path: 'create_sampling_session',
          json: {
            session_id: sessionId,
            sampling_session_seq_id: this.#session.nextSampler(),
            base_model: baseModel,
            model_path: modelPath,
            type: 'create_sampling_session',
          },
          ...(signal === undefined ? {} : { signal }),
        },
        createSamplingSessionResponse,
      ),
    )
    return new SamplingClient(context, valueOf(answer).sampling_session_id)
  }

  /** Lists and changes runs and checkpoints. Makes no session. */
  rest(): RestClient {
    return new RestClient(this.#connection)
  }

  /** Tries the connection step by step and says what is wrong and what would mend it. Never rejects. */
  checkConnection(signal?: AbortSignal): Promise<ConnectionReport> {
    return checkConnection(this.#config, signal)
  }

  /** Ends everything at once: waiting results reject as aborted, heartbeats and timers stop. Nothing is sent. */
  async close(): Promise<void> {
    this.#connection.close()
  }

  async #ready(): Promise<Result<ServiceContext, Failure>> {
    const profile = await this.#connection.profile()
    if (!profile.ok) return profile
    this.#context ??= makeContext(this.#config, this.#connection, this.#session, profile.value)
    return ok(this.#context)
  }

  async #createModel(context: ServiceContext, options: LoraOptions): Promise<TrainingClient> {
    const { baseModel, rank = 32, seed, userMetadata, signal } = options
    const { trainMlp = true, trainAttn = true, trainUnembed = true } = options
    if (!trainMlp && !trainAttn && !trainUnembed)
      throw new TinkerError({ kind: 'rejected', message: 'at least one of mlp, attn and unembed must be trained' })
    const lora = { rank, seed, train_unembed: trainUnembed, train_mlp: trainMlp, train_attn: trainAttn }
    const created = await this.#session.within((sessionId) => {
      const body = {
        session_id: sessionId,
        model_seq_id: this.#session.nextModel(),
        base_model: baseModel,
        user_metadata: userMetadata,
        lora_config: lora,
        type: 'create_model',
      }
      return this.#run(readers.createModel, body, context, signal)
    })
    return new TrainingClient(context, valueOf(created))
  }

  /** One request both creates and loads; the server then names the model by session and number. */
  async #createByLoading(context: ServiceContext, path: string, options: FromStateOptions): Promise<TrainingClient> {
    const created = await this.#session.within(async (sessionId) => {
      const number = this.#session.nextModel()
      const body = {
        session_id: sessionId,
        model_seq_id: number,
        base_model: options.baseModel,
        user_metadata: options.userMetadata,
        path,
        optimizer: options.withOptimizer,
        weights_access_token: options.weightsAccessToken,
        type: 'load_weights',
      }
      const loaded = await this.#run(readers.loadWeights(path), body, context, options.signal)
      return loaded.ok ? ok(`${sessionId}:train:${number}`) : loaded
    })
    return new TrainingClient(context, valueOf(created))
  }

  /** An operation before there is a model, so outside any order. */
  async #run<T>(
    reader: ResultReader<T>,
    body: Readonly<Record<string, unknown>>,
    context: ServiceContext,
    signal: AbortSignal | undefined,
  ): Promise<Result<T, Failure>> {
    const link = linkAbort(this.#connection.signal, signal)
    const future = startFuture<T>(async (own, report) => {
      const handle = await submitJson(context, { operation: reader.operation, body, signal: own })
      if (!handle.ok) return handle
      report.accepted(handle.value)
      return pollResult(context, handle.value, reader, own, report)
    }, link.signal)
    try {
      return ok(await future.result())
    } catch (error) {
      const failure = failureOf(error)
      if (failure === undefined) throw error
      return err(failure)
    } finally {
      link.release()
    }
  }

  /** Base model, rank and layers of a checkpoint; what the caller gave stands in where the server cannot say. */
  async #weightsInfo(
    path: string,
    { baseModel, rank, signal }: FromStateOptions,
  ): Promise<Omit<LoraOptions, 'signal'>> {
    const info = await fetchWeightsInfo(this.#connection, path, signal)
    if (info.ok && info.value.isLora) {
      const { loraRank, isLora: _isLora, ...rest } = info.value
      return { ...rest, ...(loraRank === undefined ? {} : { rank: loraRank }) }
    }
    const failure: Result<never, Failure> = info.ok
      ? err({ kind: 'rejected', message: `${path} is not a LoRA checkpoint`, request: 'POST weights_info' })
      : info
    if (baseModel === undefined || failure.error.kind !== 'unsupported') throw new TinkerError(failure.error)
    return { baseModel, ...(rank === undefined ? {} : { rank }) }
  }
}

/** Base model and rank are the checkpoint's: an adapter of another shape could not be loaded. */
function userOptions({ seed, userMetadata, signal }: FromStateOptions): Omit<LoraOptions, 'baseModel'> {
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(userMetadata === undefined ? {} : { userMetadata }),
    ...(signal === undefined ? {} : { signal }),
  }
}

/** The result of a future that nobody else holds: when the wait is aborted, so is the operation. */
async function settle<T>(future: ApiFuture<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await future.result(signal === undefined ? {} : { signal })
  } finally {
    future.cancel()
  }
}

function valueOf<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new TinkerError(result.error)
  return result.value
}
