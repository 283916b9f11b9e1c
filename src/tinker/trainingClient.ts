/** Trains one model: every call is submitted in the order made and returns its future at once. */
import { err, ok } from '../base/result.ts'
import { onAbort } from './transport/abort.ts'
import { failureOf } from './failure.ts'
import { startFuture } from './future.ts'
import { part } from './part.ts'
import { readers } from './readers.ts'
import { openSampler } from './sampling/openSampler.ts'
import { SamplingClient } from './samplingClient.ts'
import { Operations } from './training/operations.ts'
import type { ApiFuture, CallOptions, Work } from './future.ts'
import type { ServiceContext } from './session/serviceContext.ts'
import type { CustomLoss, CustomLossResult } from './training/customLoss.ts'
import type { Datum } from './wire/datum.ts'
import type { ForwardBackwardOutput, LossFnConfig } from './wire/forwardBackward.ts'

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
export type SaveOptions = CallOptions & {
  /** Kept for ever when absent. */
  readonly ttlSeconds?: number
  /** Replaces a checkpoint of the same name. */
  readonly overwrite?: boolean
  /** Kept with the checkpoint, by servers of SDK 0.38 and newer. */
  readonly userMetadata?: Readonly<Record<string, string>>
}

export type LoadOptions = CallOptions & {
  /** Credential of another account whose checkpoint this is. */
  readonly weightsAccessToken?: string
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
  readonly #operations: Operations

  /** Made by the service client. `seqId` is the number of the last operation already sent for this model. */
  constructor(context: ServiceContext, modelId: string, seqId = 0) {
    this.#context = context
    this.modelId = modelId
    this.#operations = new Operations(context, modelId, seqId)
  }

  /** Number of the last operation that was sent. A cancelled one that was never sent takes no number. */
  get lastSeqId(): number {
    return this.#operations.lastSeqId
  }

  /** The loss and its per-token outputs without a gradient. As {@link forwardBackward} otherwise. */
  forward(
    data: readonly Datum[],
    lossFn: string,
    config?: LossFnConfig,
    options?: CallOptions,
  ): ApiFuture<ForwardBackwardOutput> {
    const settings = { lossFn, forwardOnly: true, ...(config && { lossFnConfig: config }) }
    return this.#operations.pass(data, settings, options)
  }

  /**
   * Adds the gradient of the summed loss to the model's accumulator. Large calls travel as several requests of one
   * gradient; `lossFnOutputs` has one record per datum in the order given. Losses and their inputs: protocol §5.3.
   */
  forwardBackward(
    data: readonly Datum[],
    lossFn: string,
    config?: LossFnConfig,
    options?: CallOptions,
  ): ApiFuture<ForwardBackwardOutput> {
    const settings = { lossFn, forwardOnly: false, ...(config && { lossFnConfig: config }) }
    return this.#operations.pass(data, settings, options)
  }

  /**
   * As {@link forwardBackward} with a loss of the caller's: `loss` gets the data and per datum the log-probabilities of its
   * `target_tokens` (float32, natural logarithm), and returns the loss, metrics and d loss / d logprob. Costs two passes.
   * Datums hold `target_tokens` and at most `weights`. What `loss` throws, the result rejects with.
   */
  forwardBackwardCustom(
    data: readonly Datum[],
    loss: CustomLoss,
    options: CallOptions = {},
  ): ApiFuture<CustomLossResult> {
    return this.#operations.customPass(data, loss, options)
  }

  /** Applies the accumulated gradient and clears it. */
  optimStep(adam: AdamParams = {}, options?: CallOptions): ApiFuture<OptimStepOutput> {
    const params = {
      learning_rate: adam.learningRate ?? 1e-4,
      beta1: adam.beta1 ?? 0.9,
      beta2: adam.beta2 ?? 0.95,
      eps: adam.eps ?? 1e-12,
      weight_decay: adam.weightDecay ?? 0,
      grad_clip_norm: adam.gradClipNorm ?? 0,
    }
    const members = { adam_params: params }
    return this.#operations.one({ name: 'optim_step', members, reader: readers.optimStep }, options)
  }

  /** Saves weights and optimizer state under a name; `path` is the address to load from. A name that is taken is a conflict. */
  saveState(name: string, options: SaveOptions = {}): ApiFuture<SavedPath> {
    const { ttlSeconds, overwrite = false, userMetadata } = options
    // Servers of the time before SDK 0.20 refuse a member that they do not know.
    const extra = this.#context.profile.legacy && !overwrite ? {} : { overwrite }
    const members = { path: name, ttl_seconds: ttlSeconds, user_metadata: userMetadata, ...extra }
    const reader = readers.saveWeights
    return this.#operations.one({ name: 'save_weights', members, reader, clashes: !overwrite }, options)
  }

  /** Saves weights for sampling under a name; `path` is what {@link SamplingClient}s are created from. */
  saveWeightsForSampler(name: string, options: Omit<SaveOptions, 'overwrite'> = {}): ApiFuture<SavedPath> {
    const members = { path: name, ttl_seconds: options.ttlSeconds, user_metadata: options.userMetadata }
    const reader = readers.saveForSampler
    return this.#operations.one({ name: 'save_weights_for_sampler', members, reader, clashes: true }, options)
  }

  /**
   * A sampling client of the weights as they are at this point in the order of operations. They are kept under a name only
   * where one is given, which also serves servers that know no other way.
   */
  saveWeightsAndGetSamplingClient(options: CallOptions & { readonly name?: string } = {}): ApiFuture<SamplingClient> {
    const { name, ...call } = options
    if (name !== undefined) return this.#sampleNamed(name, call)
    const members = { sampling_session_seq_id: this.#context.session.nextSampler() }
    const reader = readers.ephemeralSampler((id) => new SamplingClient(this.#context, id))
    return this.#operations.one({ name: 'save_weights_for_sampler', members, reader }, call)
  }

  /** A sampling client of weights saved before. Rejects with a {@link TinkerError}. */
  createSamplingClient(modelPath: string, signal?: AbortSignal): Promise<SamplingClient> {
    return openSampler(this.#context, { modelPath, ...(signal === undefined ? {} : { signal }) })
  }

  /** Loads weights and starts with a fresh optimizer. Some servers allow a load only as a model's first operation. */
  loadState(path: string, options?: LoadOptions): ApiFuture<SavedPath> {
    return this.#load(path, false, options)
  }

  loadStateWithOptimizer(path: string, options?: LoadOptions): ApiFuture<SavedPath> {
    return this.#load(path, true, options)
  }

  /**
   * Gives the model's place on the server free, after all operations before. Nothing else works on this client
   * afterwards. `unsupported` where the server has no such route.
   */
  unloadModel(options?: CallOptions): ApiFuture<string> {
    return this.#operations.one(
      { name: 'unload_model', members: {}, reader: readers.unloadModel, numbered: false },
      options,
    )
  }

  /** Rejects with a {@link TinkerError}. */
  async getInfo(signal?: AbortSignal): Promise<ModelInfo> {
    const { modelInfo } = await part(import('./info.ts'))
    return modelInfo(this.#context.connection, this.modelId, signal)
  }

  #sampleNamed(name: string, options: CallOptions): ApiFuture<SamplingClient> {
    const context = this.#context
    const saved = this.saveWeightsForSampler(name)
    const work: Work<SamplingClient> = async (signal, report) => {
      const release = onAbort(signal, () => saved.cancel())
      try {
        report.accepted(await saved.submitted())
        const { path } = await saved.result()
        return ok(await openSampler(context, { modelPath: path, signal }))
      } catch (error) {
        const failure = failureOf(error)
        if (failure === undefined) throw error
        return err(failure)
      } finally {
        release()
      }
    }
    return startFuture(work, context.connection.signal, options)
  }

  #load(path: string, optimizer: boolean, options: LoadOptions = {}): ApiFuture<SavedPath> {
    const members = { path, optimizer, weights_access_token: options.weightsAccessToken }
    return this.#operations.one({ name: 'load_weights', members, reader: readers.loadWeights(path) }, options)
  }
}
