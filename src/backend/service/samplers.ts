/** Sampling sessions: a base model, a saved checkpoint, or the weights of a model at one moment. */
import { Refusal } from './refusal.ts'
import { Submissions } from './submissions.ts'
import type { SamplerResponse } from '../../tinker/wire/responses.ts'
import type { AdapterId, AdapterState, Engine } from '../engine/index.ts'
import type { BaseModel } from './baseModels.ts'
import type { ServiceContext } from './context.ts'
import type { LiveModel } from './models.ts'
import type { SamplerAdapter } from './residentAdapters.ts'

export type Sampler = {
  readonly id: string
  readonly sessionId: string | null
  readonly base: BaseModel
  readonly modelPath: string | null
  /** Null samples from the base model. */
  readonly adapter: SamplerAdapter | null
  readonly submissions: Submissions
  /** Requests so far that came without a number of their own. */
  unnumbered: number
  closed: boolean
}

/** What a named sampler is opened over. */
export type SavedWeights = { readonly path: string; readonly key: string; readonly load: () => Promise<AdapterState> }

export class Samplers {
  readonly #samplers = new Map<string, Sampler>()
  /** Several sessions over one checkpoint share its adapter. */
  readonly #shared = new Map<string, SamplerAdapter>()
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
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
    return this.#register(id, sessionId, base, weights?.path ?? null, adapter)
  }

  openEphemeral(model: LiveModel, seqId: number, engine: Engine, snapshot: AdapterId): string {
    const id = samplerId(model.sessionId, seqId)
    if (this.#samplers.has(id)) {
      engine.dropAdapter(snapshot)
      throw new Refusal(`sampling_session_seq_id ${seqId} of session ${model.sessionId} is in use`, 409)
    }
    const adapter = this.#context.adapters.adopt(engine, snapshot)
    return this.#register(id, model.sessionId, model.base, null, adapter).id
  }

  /** For requests that name a model instead of a session. */
  async anonymous(base: BaseModel, weights: SavedWeights | null): Promise<Sampler> {
    const id = `anonymous:${weights?.key ?? base.name}`
    const known = this.#samplers.get(id)
    if (known !== undefined) return known
    const adapter = weights === null ? null : await this.#sharedAdapter(base, weights)
    return this.#samplers.get(id) ?? this.#register(id, null, base, weights?.path ?? null, adapter)
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
    adapter: SamplerAdapter | null,
  ): Sampler {
    const sampler: Sampler = {
      id,
      sessionId,
      base,
      modelPath,
      adapter,
      submissions: new Submissions(),
      unnumbered: 0,
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
      throw new Refusal(`there is no sampling session ${JSON.stringify(id.slice(0, 120))} on this server`, 404)
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
      if (sampler.adapter !== null && sampler.modelPath === null) void this.#context.adapters.drop(sampler.adapter)
    }
  }
}

function samplerId(sessionId: string, seqId: number): string {
  return `${sessionId}:sample:${seqId}`
}
