/** Sampling sessions: a base model, a saved checkpoint, or the weights of a model at one moment (or the latest ones). */
import { Refusal } from './refusal.ts'
import { recordStore } from '../storage/recordStore.ts'
import { samplerRecord } from '../storage/records.ts'
import { Submissions } from './submissions.ts'
import type { SamplerResponse } from '../../tinker/wire/infoResponses.ts'
import type { AdapterId, AdapterState, Engine } from '../engine/index.ts'
import type { BlobStore } from '../storage/blobStore.ts'
import type { SamplerRecord } from '../storage/records.ts'
import type { RecordStore } from '../storage/recordStore.ts'
import type { BaseModel } from './baseModels.ts'
import type { ServiceContext } from './context.ts'
import type { LiveModel } from './models.ts'
import type { SamplerAdapter } from './residentAdapters.ts'

export type Sampler = {
  readonly id: string
  readonly sessionId: string | null
  readonly base: BaseModel
  readonly modelPath: string | null
  /** Null samples from the base model. Sessions over a model's latest weights share one target, which later saves change. */
  readonly target: { adapter: SamplerAdapter | null }
  readonly submissions: Submissions
  /** Requests so far that came without a number of their own. */
  unnumbered: number
  /** Clients that joined; the one that opened the session is number 0. */
  joined: number
  closed: boolean
  /** Weights that are still to be found, after a restart. */
  unloaded?: SavedWeights
}

/** What a named sampler is opened over. */
export type SavedWeights = { readonly path: string; readonly key: string; readonly load: () => Promise<AdapterState> }

export class Samplers {
  readonly #samplers = new Map<string, Sampler>()
  /** Several sessions over one checkpoint share its adapter. */
  readonly #shared = new Map<string, SamplerAdapter>()
  /** The latest weights that a model has published, by model. */
  readonly #inflight = new Map<string, { adapter: SamplerAdapter | null }>()
  readonly #context: ServiceContext
  readonly #records: RecordStore<SamplerRecord>

  constructor(context: ServiceContext, storage: BlobStore) {
    this.#context = context
    this.#records = recordStore(storage, 'samplers', samplerRecord)
  }

  /** What is known of the sampling sessions of earlier lives that are still open. */
  async stored(): Promise<SamplerRecord[]> {
    const records = await this.#records.all()
    const live = records.filter((r) => this.#context.sessions.find(r.session_id)?.closed === false)
    const gone = records.filter((r) => !live.includes(r))
    await Promise.all(gone.map((r) => this.#records.remove(r.id)))
    return live
  }

  /** Repeating the call gives the same session; another request under the same number is refused. */
  async open(sessionId: string, seqId: number, base: BaseModel, weights: SavedWeights | null): Promise<Sampler> {
    const id = samplerId(sessionId, seqId)
    const adapter = weights === null ? null : await this.#sharedAdapter(base, weights)
    const known = this.#samplers.get(id)
    if (known !== undefined) {
      if (known.base === base && known.modelPath === (weights?.path ?? null)) return known
      throw new Refusal(`sampling_session_seq_id ${seqId} of session ${sessionId} is in use`, 409)
    }
    const sampler = this.#register(id, sessionId, base, weights?.path ?? null, { adapter })
    // One that cannot be written down works all the same; it does not survive a restart.
    const record = { id, session_id: sessionId, base_model: base.name, model_path: sampler.modelPath }
    await this.#records.put(id, record).catch(() => undefined)
    return sampler
  }

  /** Brings one back that an earlier life has opened; `id` is its own. */
  reopen({ id, session_id: sessionId }: SamplerRecord, base: BaseModel, weights: SavedWeights | null): void {
    if (this.#samplers.has(id)) return
    // Loaded when it first samples: a restart must not wait for an engine.
    const target: Sampler['target'] = { adapter: null }
    const sampler = this.#register(id, sessionId, base, weights?.path ?? null, target)
    if (weights !== null) sampler.unloaded = weights
  }

  /** @param kind `inflight` gives the session the model's latest weights, now and after every later such save */
  openEphemeral(model: LiveModel, seqId: number, engine: Engine, snapshot: AdapterId, kind: string): string {
    const id = samplerId(model.sessionId, seqId)
    if (this.#samplers.has(id)) {
      engine.dropAdapter(snapshot)
      throw new Refusal(`sampling_session_seq_id ${seqId} of session ${model.sessionId} is in use`, 409)
    }
    const adapter = this.#context.adapters.adopt(engine, snapshot)
    if (kind !== 'inflight') return this.#register(id, model.sessionId, model.base, null, { adapter }).id
    const target = this.#inflight.get(model.id) ?? { adapter: null }
    this.#inflight.set(model.id, target)
    const before = target.adapter
    target.adapter = adapter
    if (before !== null) void this.#context.adapters.drop(before)
    return this.#register(id, model.sessionId, model.base, null, target).id
  }

  /** The adapter to sample with; null for the base model. */
  async adapterOf(sampler: Sampler): Promise<SamplerAdapter | null> {
    if (sampler.unloaded !== undefined) {
      const weights = sampler.unloaded
      sampler.target.adapter = await this.#sharedAdapter(sampler.base, weights)
      delete sampler.unloaded
    }
    return sampler.target.adapter
  }

  /** Number of a further client of the session: unique among its clients. */
  join(id: string): number {
    return ++this.get(id).joined
  }

  /** For requests that name a model instead of a session. */
  async anonymous(base: BaseModel, weights: SavedWeights | null): Promise<Sampler> {
    const id = `anonymous:${weights?.key ?? base.name}`
    const known = this.#samplers.get(id)
    if (known !== undefined) return known
    const adapter = weights === null ? null : await this.#sharedAdapter(base, weights)
    return this.#samplers.get(id) ?? this.#register(id, null, base, weights?.path ?? null, { adapter })
  }

  async #sharedAdapter(base: BaseModel, { key, load }: SavedWeights): Promise<SamplerAdapter> {
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const adapter = this.#context.adapters.stored(await base.engine(), load)
    const raced = this.#shared.get(key)
    if (raced !== undefined) return raced
    this.#shared.set(key, adapter)
    return adapter
  }

  #register(
    id: string,
    sessionId: string | null,
    base: BaseModel,
    modelPath: string | null,
    target: Sampler['target'],
  ): Sampler {
    const sampler: Sampler = {
      id,
      sessionId,
      base,
      modelPath,
      target,
      submissions: new Submissions(),
      unnumbered: 0,
      joined: 0,
      closed: false,
    }
    this.#samplers.set(id, sampler)
    if (sessionId !== null) this.#context.sessions.get(sessionId).samplers.push(id)
    return sampler
  }

  /** @throws Refusal 404 or 410. */
  get(id: string): Sampler {
    const sampler = this.#samplers.get(id)
    if (sampler === undefined)
      throw new Refusal(
        `there is no sampling session ${JSON.stringify(id.slice(0, 120))} on this server; those over unnamed weights end with the server`,
        404,
      )
    if (sampler.sessionId !== null) this.#context.sessions.touch(sampler.sessionId)
    return sampler
  }

  info(id: string): SamplerResponse {
    const { base, modelPath } = this.get(id)
    return { sampler_id: id, base_model: base.name, ...(modelPath === null ? {} : { model_path: modelPath }) }
  }

  /** For sessions that ended: ephemeral weights are freed, saved ones stay shared. */
  close(ids: readonly string[]): void {
    for (const id of ids) {
      const sampler = this.#samplers.get(id)
      if (sampler === undefined || sampler.closed) continue
      sampler.closed = true
      this.#samplers.delete(id)
      void this.#records.remove(id).catch(() => undefined)
      const { target } = sampler
      if (target.adapter !== null && sampler.modelPath === null) void this.#context.adapters.drop(target.adapter)
    }
  }

  /** For models that ended: their latest weights are not published any more. */
  forgetModels(ids: readonly string[]): void {
    for (const id of ids) this.#inflight.delete(id)
  }
}

function samplerId(sessionId: string, seqId: number): string {
  return `${sessionId}:sample:${seqId}`
}
