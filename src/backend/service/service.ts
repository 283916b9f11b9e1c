/** The Tinker service, whole: what the HTTP routes call. */
import { checkpointStore } from '../storage/checkpointStore.ts'
import { BaseModels } from './baseModels.ts'
import { Futures } from './futures.ts'
import { LaneQueue } from './laneQueue.ts'
import { Listings } from './listings.ts'
import { Models } from './models.ts'
import { demand, Refusal } from './refusal.ts'
import { ResidentAdapters } from './residentAdapters.ts'
import { Samplers } from './samplers.ts'
import { submitSample } from './sampling.ts'
import { Sessions } from './sessions.ts'
import { pathOf, Weights } from './weights.ts'
import type { IdSource } from '../../base/ids.ts'
import type { CreateSamplingSessionRequest } from '../../tinker/wire/requests.ts'
import type { SampleCall } from '../../tinker/wire/sample.ts'
import type { BlobStore } from '../storage/blobStore.ts'
import type { CheckpointRecord } from '../storage/records.ts'
import type { BaseModel, ModelFolder, OpenEngine } from './baseModels.ts'
import type { Clock } from './clock.ts'
import type { ServiceContext } from './context.ts'
import type { Future } from './futures.ts'
import type { Sampler, SavedWeights } from './samplers.ts'

export type ServiceOptions = {
  readonly models: readonly ModelFolder[]
  readonly storage: BlobStore
  readonly openEngine: OpenEngine
  readonly clock: Clock
  readonly ids: IdSource
  readonly owner: string
  /** A session that is silent for longer is closed and its models are freed. */
  readonly sessionSilentMs: number
}

/** Sequences that sample at once: enough to fill the engine's batches, few enough to keep turns short. */
const SAMPLING_BUDGET = 128

export class TinkerService {
  readonly context: ServiceContext
  readonly models: Models
  readonly samplers: Samplers
  readonly weights: Weights
  readonly listings: Listings
  readonly #silentMs: number
  #closed = false

  constructor(options: ServiceOptions) {
    const { clock, ids, owner } = options
    this.context = {
      clock,
      ids,
      owner,
      bases: new BaseModels(options.models, options.openEngine),
      store: checkpointStore(options.storage, () => clock.now(), ids),
      sessions: new Sessions(clock, ids),
      futures: new Futures(clock, ids),
      training: new LaneQueue({ budget: 1, perLane: 1 }),
      sampling: new LaneQueue({ budget: SAMPLING_BUDGET, perLane: SAMPLING_BUDGET }),
      adapters: new ResidentAdapters(),
    }
    this.models = new Models(this.context)
    this.samplers = new Samplers(this.context)
    this.weights = new Weights(this.context, this.models, this.samplers)
    this.listings = new Listings(this.context, this.models)
    this.#silentMs = options.sessionSilentMs
    // What a kill left behind takes space only; if it cannot be swept now, then next time.
    this.context.store.sweep().catch(() => undefined)
  }

  /** Called with every request: sessions end here, so that no timer keeps a process alive. */
  tick(): void {
    if (this.#closed) throw new Refusal('the server is shutting down', 503)
    for (const session of this.context.sessions.expire(this.#silentMs)) this.#release(session.models, session.samplers)
  }

  finishSession(id: string): void {
    const session = this.context.sessions.get(id)
    if (session.closed) return
    session.closed = true
    this.#release(session.models, session.samplers)
  }

  #release(models: readonly string[], samplers: readonly string[]): void {
    this.models.close(models)
    this.samplers.close(samplers)
  }

  async openSampler(request: CreateSamplingSessionRequest): Promise<Sampler> {
    const { session_id: sessionId, sampling_session_seq_id: seqId, base_model: name, model_path: path } = request
    this.context.sessions.touch(sessionId)
    const { base, weights } = await this.#source(name, path)
    return this.samplers.open(sessionId, seqId, base, weights)
  }

  async #source(
    name: string | undefined,
    path: string | undefined,
  ): Promise<{ base: BaseModel; weights: SavedWeights | null }> {
    if (path === undefined) {
      if (name === undefined) throw new Refusal('sampling needs base_model or model_path')
      return { base: await this.context.bases.get(name), weights: null }
    }
    const checkpoint = await this.weights.find(path)
    demand(
      checkpoint.type === 'sampler',
      `${path} holds training state; sampling needs sampler weights (…/sampler_weights/…), saved by save_weights_for_sampler`,
    )
    demand(
      name === undefined || name === checkpoint.base_model,
      `${path} belongs to the base model ${checkpoint.base_model}, not to ${name}`,
    )
    return { base: await this.context.bases.get(checkpoint.base_model), weights: this.#saved(checkpoint) }
  }

  #saved(checkpoint: CheckpointRecord): SavedWeights {
    const load = (): ReturnType<Weights['samplerState']> => this.weights.samplerState(checkpoint)
    return { path: pathOf(checkpoint), key: checkpoint.data_key, load }
  }

  async sample(call: SampleCall, digest: number): Promise<Future> {
    return submitSample(this.context, await this.#samplerOf(call), call, digest)
  }

  async #samplerOf(call: SampleCall): Promise<Sampler> {
    if (call.samplingSessionId !== undefined) return this.samplers.get(call.samplingSessionId)
    const { base, weights } = await this.#source(call.baseModel, call.modelPath)
    return this.samplers.anonymous(base, weights)
  }

  /** Answers waiting polls, starts nothing new and closes the engines. */
  async close(): Promise<void> {
    this.#closed = true
    this.context.training.close()
    this.context.sampling.close()
    this.context.futures.close()
    await this.context.bases.close()
  }
}
