/** Live models: a LoRA adapter over a base model, its queue of operations, and the record of its training run. */
import { deriveSeed } from '../../base/rng.ts'
import { stringValues } from './sessions.ts'
import { Submissions } from './submissions.ts'
import { begin } from './context.ts'
import { demand, Refusal } from './refusal.ts'
import type { CreateModelRequest, LoraConfig } from '../../tinker/wire/requests.ts'
import type { GetInfoResponse } from '../../tinker/wire/infoResponses.ts'
import type { CheckpointRecord, RunRecord } from '../storage/records.ts'
import type { AdapterId, Engine, LoraShape } from '../engine/index.ts'
import type { BaseModel } from './baseModels.ts'
import type { ServiceContext } from './context.ts'
import type { Future, OperationResult } from './futures.ts'
import type { UsageKind } from './usage.ts'

/** The hosted service scales every adapter by 32 / rank, so that learning rates carry over between ranks. */
export const ALPHA = 32
const MAX_RANK = 64

export type LiveModel = {
  readonly id: string
  readonly sessionId: string
  readonly base: BaseModel
  run: RunRecord
  engine: Engine | null
  adapter: AdapterId | null
  readonly submissions: Submissions
  /** Highest number seen; requests without one come after it. */
  highest: number
  /** Operations accepted since creation, saves included: a load must be the first. */
  operations: number
  /** forward_backward calls whose gradient waits for an optimizer step. */
  gradients: number
  unloaded: boolean
}

/** An adapter in its engine: what an operation works on. */
export type Loaded = { readonly model: LiveModel; readonly engine: Engine; readonly adapter: AdapterId }

export class Models {
  readonly #models = new Map<string, LiveModel>()
  readonly #creations = new Submissions()
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  async create(request: CreateModelRequest, digest: number): Promise<Future> {
    const session = this.#context.sessions.touch(request.session_id)
    const lora = request.lora_config ?? { rank: 32, train_attn: true, train_mlp: true, train_unembed: true }
    checkLora(lora)
    checkOptimizer(request.optimizer_config)
    const base = await this.#context.bases.get(request.base_model)
    return this.#creations.once(`${session.id}:${request.model_seq_id}`, digest, () => {
      const id = modelId(session.id, request.model_seq_id)
      const shape = shapeOf(id, lora)
      const model = this.#register(id, session.id, base, shape, stringValues(request.user_metadata))
      const answer = { model_id: id, type: 'create_model' }
      return this.#start('create_model', model, answer, async (engine) => engine.createAdapter(shape))
    })
  }

  /** Creates a model by loading a checkpoint: the future's result names it, and it is known from now on. */
  createLoaded(
    spec: { sessionId: string; seqId: number; base: BaseModel; shape: LoraShape; metadata: Record<string, string> },
    path: string,
    digest: number,
    load: (engine: Engine, model: LiveModel) => Promise<AdapterId>,
  ): Future {
    const session = this.#context.sessions.touch(spec.sessionId)
    return this.#creations.once(`${session.id}:${spec.seqId}`, digest, () => {
      const model = this.#register(modelId(session.id, spec.seqId), session.id, spec.base, spec.shape, spec.metadata)
      const answer = { path, model_id: model.id, type: 'load_weights' }
      return this.#start('load_weights', model, answer, (engine) => load(engine, model))
    })
  }

  /** The record of a training run that only holds a copied checkpoint. @throws Refusal 409 when the place is taken. */
  registerCopy(
    sessionId: string | undefined,
    seqId: number | undefined,
    freshId: string,
    source: CheckpointRecord,
    projectId: string | undefined,
  ): RunRecord {
    const { sessions, clock, owner } = this.#context
    const session = sessionId === undefined ? null : sessions.touch(sessionId)
    const id = session === null ? freshId : modelId(session.id, seqId ?? 0)
    demand(session?.models.includes(id) !== true, `model_seq_id ${seqId} of session ${sessionId} is in use`, 409)
    session?.models.push(id)
    const { base_model, rank, alpha, train_attn, train_mlp, train_unembed } = source
    const now = clock.now()
    const project = session?.projectId ?? projectId
    return {
      id,
      session_id: session?.id ?? '',
      base_model,
      rank,
      alpha,
      train_attn,
      train_mlp,
      train_unembed,
      seed: 0,
      owner,
      created_at: now,
      last_request_at: now,
      ...(project === undefined ? {} : { project_id: project }),
    }
  }

  #register(
    id: string,
    sessionId: string,
    base: BaseModel,
    shape: LoraShape,
    metadata: Record<string, string>,
  ): LiveModel {
    const session = this.#context.sessions.get(sessionId)
    const now = this.#context.clock.now()
    const run: RunRecord = {
      id,
      session_id: sessionId,
      base_model: base.name,
      rank: shape.rank,
      alpha: shape.alpha,
      train_attn: shape.trainAttn,
      train_mlp: shape.trainMlp,
      train_unembed: shape.trainUnembed,
      seed: shape.seed,
      owner: this.#context.owner,
      created_at: now,
      last_request_at: now,
      user_metadata: metadata,
      ...(session.projectId === null ? {} : { project_id: session.projectId }),
      tags: [...session.tags],
    }
    const model: LiveModel = {
      id,
      sessionId,
      base,
      run,
      engine: null,
      adapter: null,
      submissions: new Submissions(),
      highest: 0,
      operations: 0,
      gradients: 0,
      unloaded: false,
    }
    this.#models.set(id, model)
    session.models.push(id)
    return model
  }

  #start(
    kind: string,
    model: LiveModel,
    answer: Readonly<Record<string, unknown>>,
    makeAdapter: (engine: Engine) => Promise<AdapterId>,
  ): Future {
    const { futures, training, store } = this.#context
    const about = { kind, modelId: model.id, sessionId: model.sessionId }
    return futures.run(about, (task) =>
      training.add(model.id, 0, 1, async () => {
        await begin(this.#context, kind, task)
        const engine = await model.base.engine()
        model.engine = engine
        model.adapter = await makeAdapter(engine)
        await store.putRun(model.run)
        return json(answer)
      }),
    )
  }

  /** @throws Refusal 404 when the model does not exist, 410 when it is gone. */
  live(id: string): LiveModel {
    const model = this.#models.get(id)
    if (model === undefined)
      throw new Refusal(
        `there is no live model ${JSON.stringify(id.slice(0, 120))}: models do not survive a restart; create one from a saved state`,
        404,
      )
    if (model.unloaded) throw new Refusal(`model ${id} was unloaded; create one from a saved state`, 410)
    this.#context.sessions.touch(model.sessionId)
    return model
  }

  /** Queues an operation of a model behind its earlier ones. */
  submit(
    kind: string,
    id: string,
    seqId: number | undefined,
    digest: number,
    work: (loaded: Loaded) => Promise<OperationResult>,
    check?: (model: LiveModel) => void,
  ): Future {
    const model = this.live(id)
    const key = seqId === undefined || seqId === 0 ? null : String(seqId)
    demand(seqId === undefined || (Number.isSafeInteger(seqId) && seqId >= 0), `seq_id must not be negative: ${seqId}`)
    return model.submissions.once(key, digest, () => {
      check?.(model)
      model.operations++
      model.highest = Math.max(model.highest, seqId ?? 0)
      const order = key === null ? model.highest : seqId!
      model.run = { ...model.run, last_request_at: this.#context.clock.now() }
      const about = { kind, modelId: id, sessionId: model.sessionId }
      return this.#context.futures.run(about, (task) =>
        this.#context.training.add(id, order, 1, async () => {
          await begin(this.#context, kind, task)
          return work(this.#loaded(model))
        }),
      )
    })
  }

  #loaded(model: LiveModel): Loaded {
    const { engine, adapter } = model
    if (engine === null || adapter === null)
      throw new Refusal(`model ${model.id} is not loaded${model.unloaded ? ' any more' : ': its creation failed'}`)
    return { model, engine, adapter }
  }

  info(id: string): GetInfoResponse & { type: string } {
    const { base, run } = this.live(id)
    return {
      type: 'get_info',
      model_id: id,
      model_data: { arch: base.architecture, model_name: base.name, tokenizer_id: base.name },
      is_lora: true,
      lora_rank: run.rank,
      model_name: base.name,
    }
  }

  unload(id: string): Future {
    const model = this.live(id)
    const about = { kind: 'unload_model', modelId: id, sessionId: model.sessionId }
    const future = this.#context.futures.run(about, (task) =>
      // Behind everything that was accepted before.
      this.#context.training.add(id, Infinity, 1, async () => {
        await begin(this.#context, 'unload_model', task)
        await this.#release(model)
        return json({ model_id: id, type: 'unload_model' })
      }),
    )
    model.unloaded = true
    return future
  }

  /** For sessions that ended: frees the adapters once their operations are through. */
  close(ids: readonly string[]): void {
    for (const id of ids) {
      const model = this.#models.get(id)
      if (model === undefined || model.unloaded) continue
      model.unloaded = true
      void this.#context.training.add(id, Infinity, 1, () => this.#release(model))
    }
  }

  async #release(model: LiveModel): Promise<void> {
    if (model.engine !== null && model.adapter !== null) model.engine.dropAdapter(model.adapter)
    model.adapter = null
    model.submissions.clear()
    await this.#context.store.putRun(model.run)
  }

  /** For sessions that are forgotten: their models are then unknown, no longer known to be gone. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#models.delete(id)
  }

  get size(): number {
    return this.#models.size
  }

  /** The live run's record is newer than the stored one. */
  liveRun(id: string): RunRecord | null {
    return this.#models.get(id)?.run ?? null
  }

  count(model: LiveModel, kind: UsageKind, count: number): void {
    this.#context.usage.count(kind, model.sessionId, model.base.name, count)
  }
}

export function json(body: Readonly<Record<string, unknown>>): OperationResult {
  return { kind: 'json', body }
}

/** The engine has AdamW; a client that chose another optimizer must learn so before it trains. */
export function checkOptimizer(config: { readonly type: string } | undefined): void {
  demand(
    config === undefined || config.type === 'adamw',
    `this server has the optimizer adamw only, not ${JSON.stringify(config?.type.slice(0, 60))}`,
  )
}

/** Clients that create by loading build the same id themselves, so it is fixed by the protocol. */
function modelId(sessionId: string, seqId: number): string {
  return `${sessionId}:train:${seqId}`
}

function checkLora(lora: LoraConfig): void {
  const { rank } = lora
  demand(
    rank >= 1 && rank <= MAX_RANK && Number.isInteger(Math.log2(rank)),
    `the LoRA rank must be a power of two from 1 to ${MAX_RANK}, not ${rank}`,
  )
  demand(
    lora.train_attn || lora.train_mlp || lora.train_unembed,
    'nothing would be trained: set train_attn, train_mlp or train_unembed',
  )
}

function shapeOf(id: string, lora: LoraConfig): LoraShape {
  return {
    rank: lora.rank,
    alpha: ALPHA,
    seed: lora.seed === undefined ? deriveSeed(0, id) : foldSeed(lora.seed),
    trainAttn: lora.train_attn,
    trainMlp: lora.train_mlp,
    trainUnembed: lora.train_unembed,
  }
}

/** A 32-bit seed from one of up to 64 bits; small ones stay what they are. */
export function foldSeed(seed: number | bigint): number {
  const wide = BigInt.asUintN(64, BigInt(seed))
  return Number((wide ^ (wide >> 32n)) & 0xffffffffn)
}
