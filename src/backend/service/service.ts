/** The Tinker service, whole: what the HTTP routes call. */
import { checkpointStore } from '../storage/checkpointStore.ts'
import { resultJournal } from '../storage/resultJournal.ts'
import { Audit } from './audit.ts'
import { BadDays } from './badDays.ts'
import { BaseModels } from './baseModels.ts'
import { Completions } from './completions.ts'
import { Futures, payloadBytes } from './futures.ts'
import { importAdapter } from './imports.ts'
import { LaneQueue } from './laneQueue.ts'
import { Listings } from './listings.ts'
import { Models } from './models.ts'
import { demand, Refusal } from './refusal.ts'
import { requestIds } from './requestIds.ts'
import { ResidentAdapters } from './residentAdapters.ts'
import { Samplers } from './samplers.ts'
import { submitSample } from './sampling.ts'
import { Sessions } from './sessions.ts'
import { Timeline } from './timeline.ts'
import { Usage } from './usage.ts'
import { pathOf, Weights } from './weights.ts'
import type { IdSource } from '../../base/ids.ts'
import type { CreateSamplingSessionRequest } from '../../tinker/wire/requests.ts'
import type { SampleCall } from '../../tinker/wire/sample.ts'
import type { BlobStore } from '../storage/blobStore.ts'
import type { CheckpointRecord, SessionRecord } from '../storage/records.ts'
import type { ResultJournal } from '../storage/resultJournal.ts'
import type { Behaviour } from './badDays.ts'
import type { BaseModel, ModelFolder, OpenEngine } from './baseModels.ts'
import type { Clock } from './clock.ts'
import type { ServiceContext } from './context.ts'
import type { Future, Outcome, Settled } from './futures.ts'
import type { AdapterImport, ImportedAdapter } from './imports.ts'
import type { RequestIds } from './requestIds.ts'
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
  /** Most bytes that checkpoints may take; more are refused. */
  readonly quotaBytes: number
  readonly behaviour: Behaviour
}

export type ServiceLoad = {
  /** Operations that are not done, results that are kept. */
  readonly pending: number
  readonly results: number
  /** Jobs that wait or run. */
  readonly queued: number
  readonly sessions: number
  /** Models that are live or remembered as gone. */
  readonly models: number
}

/** How long an operation may take to end when the server is stopped. */
const CLOSING_MS = 3000
/** Models that train at once: the engine gives their batches turns, so that a long operation keeps no other model waiting. */
const TRAINING_AT_ONCE = 2
/** Sequences that sample at once: enough to fill the engine's batches, few enough to keep turns short. */
const SAMPLING_BUDGET = 128
/** Of these, what one sampler may take: the rest is open to the others, however long its jobs are. */
const SAMPLING_PER_LANE = 96

export class TinkerService {
  readonly context: ServiceContext
  readonly models: Models
  readonly samplers: Samplers
  readonly weights: Weights
  readonly listings: Listings
  readonly timeline = new Timeline()
  readonly completions: Completions
  readonly #silentMs: number
  readonly #journal: ResultJournal<Outcome>
  readonly #requestIds: RequestIds
  #ready: Promise<void> | null = null
  #closed = false

  constructor(options: ServiceOptions) {
    const { clock, ids, owner, storage } = options
    const now = (): number => clock.now()
    this.#journal = resultJournal(storage, clock)
    this.#requestIds = requestIds(storage, now, ids)
    const futures = new Futures({
      clock,
      newId: () => this.#requestIds.next(),
      earlier: { find: (id) => this.#journal.find(id), issued: (id) => this.#requestIds.issuedEarlier(id) },
      onSettled: (settled) => this.#note(settled),
    })
    const badDays = new BadDays(clock, () => futures.wakeAll())
    badDays.configure(options.behaviour)
    this.context = {
      clock,
      ids,
      owner,
      bases: new BaseModels(options.models, options.openEngine),
      store: checkpointStore(storage, now, ids, options.quotaBytes),
      sessions: new Sessions(clock, ids, storage),
      futures,
      training: new LaneQueue({ budget: TRAINING_AT_ONCE, perLane: 1 }),
      sampling: new LaneQueue({ budget: SAMPLING_BUDGET, perLane: SAMPLING_PER_LANE }),
      adapters: new ResidentAdapters(),
      usage: new Usage(clock, storage),
      audit: new Audit(clock, storage),
      badDays,
    }
    this.completions = new Completions(clock)
    this.models = new Models(this.context)
    this.samplers = new Samplers(this.context, storage)
    this.weights = new Weights(this.context, this.models, this.samplers)
    this.listings = new Listings(this.context, this.models, this.weights)
    this.#silentMs = options.sessionSilentMs
  }

  #note(settled: Settled): void {
    const { requestId, about, outcome } = settled
    this.timeline.add(settled)
    this.#journal.add(requestId, outcome)
    if (about.stream === undefined) return
    const bytes = outcome.ok ? payloadBytes(outcome.value) : 0
    this.completions.announce(about.stream, { requestId, failed: !outcome.ok, bytes })
  }

  /** Resolves once what earlier lives have left is known. Storage that cannot be read then is found empty. */
  ready(): Promise<void> {
    this.#ready ??= this.#start()
    return this.#ready
  }

  async #start(): Promise<void> {
    const { sessions, store } = this.context
    const parts = [this.#requestIds.start(), this.#journal.start(), sessions.start().then(() => this.#reopen())]
    await Promise.allSettled(parts)
    // What a kill left behind takes space only; if it cannot be swept now, then next time.
    void store.sweep().catch(() => undefined)
  }

  /** The runs and sampling sessions of the sessions that were brought back. */
  async #reopen(): Promise<void> {
    const { sessions, store } = this.context
    for (const run of (await store.listRuns()).reverse()) sessions.find(run.session_id)?.models.push(run.id)
    for (const record of await this.samplers.stored()) {
      try {
        const { base, weights } = await this.#source(record.base_model, record.model_path ?? undefined)
        this.samplers.reopen(record, base, weights)
      } catch {
        // Its checkpoint or base model is gone; asking for it will say that there is no such session.
      }
    }
  }

  /** Opens every base model. @throws Refusal about the first that cannot be run */
  async prepare(): Promise<void> {
    const { bases } = this.context
    await Promise.all([this.ready(), ...bases.names.map(async (name) => (await bases.get(name)).engine())])
  }

  /** Checkpoints from an adapter in PEFT's files. @throws Refusal about what cannot be taken over */
  async importAdapter(request: AdapterImport): Promise<ImportedAdapter> {
    await this.ready()
    return importAdapter(this.context, request)
  }

  /** Called with every request: sessions end here, so that no timer keeps a process alive. */
  tick(): void {
    if (this.#closed) throw new Refusal('the server is shutting down', 503)
    for (const session of this.context.sessions.expire(this.#silentMs)) {
      this.#release(session.models, session.samplers)
    }
  }

  async finishSession(id: string, finish: SessionRecord['finish']): Promise<void> {
    const { models, samplers } = this.context.sessions.get(id)
    if (await this.context.sessions.close(id, finish)) this.#release(models, samplers)
  }

  #forget(): void {
    for (const { id, models } of this.context.sessions.forget()) {
      this.timeline.drop(id)
      this.models.forget(models)
    }
  }

  /** How much is held and under way. */
  get load(): ServiceLoad {
    const { futures, sessions, training, sampling } = this.context
    return {
      pending: futures.pending,
      results: futures.kept,
      queued: training.total + sampling.total,
      sessions: sessions.count,
      models: this.models.size,
    }
  }

  #release(models: readonly string[], samplers: readonly string[]): void {
    this.models.close(models)
    this.samplers.close(samplers)
    this.samplers.forgetModels(models)
    for (const id of samplers) this.completions.drop(`${id}#`)
    this.#forget()
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
    return submitSample(this.context, this.samplers, await this.#samplerOf(call), call, digest)
  }

  async #samplerOf(call: SampleCall): Promise<Sampler> {
    if (call.samplingSessionId !== undefined) return this.samplers.get(call.samplingSessionId)
    const { base, weights } = await this.#source(call.baseModel, call.modelPath)
    return this.samplers.anonymous(base, weights)
  }

  /** Answers waiting polls, starts nothing new, writes down what is still to be written and closes the engines. */
  async close(): Promise<void> {
    this.#closed = true
    const { clock, training, sampling, futures, badDays, usage, audit, bases } = this.context
    badDays.close()
    futures.close()
    this.completions.close()
    void sampling.close()
    // A save under way is finished; sampling can be asked for again.
    const patience = new AbortController()
    await Promise.race([training.close(), clock.sleep(CLOSING_MS, patience.signal)])
    patience.abort()
    await Promise.all([this.#journal.flush(), usage.flush(), audit.flush()])
    await bases.close()
  }
}
