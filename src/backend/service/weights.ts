/** Saving and loading: training state, sampler weights under a name, and ephemeral sampler weights. */
import { formatCheckpointPath, parseCheckpointPath } from '../../tinker/wire/checkpointPath.ts'
import { archiveFiles, tarOf } from './archive.ts'
import { decodeAdapter, encodeAdapter } from './adapterFile.ts'
import { checkOptimizer, json } from './models.ts'
import { accept, demand, Refusal } from './refusal.ts'
import { stringValues } from './sessions.ts'
import type { CheckpointType } from '../../tinker/wire/checkpointPath.ts'
import type { LoadWeightsRequest, SaveWeightsForSamplerRequest } from '../../tinker/wire/requests.ts'
import type { SaveWeightsRequest } from '../../tinker/wire/requests.ts'
import type { WeightsInfoResponse } from '../../tinker/wire/listingResponses.ts'
import type { CheckpointRecord } from '../storage/records.ts'
import type { ArchiveFile } from './archive.ts'
import type { CopyWeightsRequest, SaveWeightsExternalRequest } from './weightRequests.ts'
import type { LoraShape } from '../engine/index.ts'
import type { ServiceContext } from './context.ts'
import type { Future } from './futures.ts'
import type { LiveModel, Loaded, Models } from './models.ts'
import type { Samplers } from './samplers.ts'

const MAX_NAME = 255

export class Weights {
  readonly #context: ServiceContext
  readonly #models: Models
  readonly #samplers: Samplers

  constructor(context: ServiceContext, models: Models, samplers: Samplers) {
    this.#context = context
    this.#models = models
    this.#samplers = samplers
  }

  saveState(request: SaveWeightsRequest, digest: number): Future {
    const ttl = checkTtl(request.ttl_seconds)
    const name = request.path
    if (name !== undefined) checkName(name)
    return this.#models.submit('save_weights', request.model_id, request.seq_id, digest, async (loaded) => {
      const saved = await this.#save(loaded, 'training', name, ttl, request.overwrite, request.user_metadata)
      return json({ path: pathOf(saved), type: 'save_weights' })
    })
  }

  saveForSampler(request: SaveWeightsForSamplerRequest, digest: number): Future {
    const ttl = checkTtl(request.ttl_seconds)
    const { path: name, sampling_session_seq_id: samplerSeq } = request
    if (name !== undefined) checkName(name)
    demand(
      name !== undefined || samplerSeq !== undefined,
      'save_weights_for_sampler needs either path (a name) or sampling_session_seq_id',
    )
    const kind = 'save_weights_for_sampler'
    return this.#models.submit(kind, request.model_id, request.seq_id, digest, async (loaded) => {
      if (name !== undefined) {
        const saved = await this.#save(loaded, 'sampler', name, ttl, false, request.user_metadata)
        return json({ path: pathOf(saved), type: kind })
      }
      const { model, engine, adapter } = loaded
      const snapshot = engine.snapshotAdapter(adapter)
      const id = this.#samplers.openEphemeral(model, samplerSeq!, engine, snapshot, request.kind ?? 'snapshot')
      return json({ sampling_session_id: id, type: kind })
    })
  }

  /** The adapter as files for other programs. */
  saveExternal(request: SaveWeightsExternalRequest, digest: number): Future {
    const ttl = checkTtl(request.ttl_seconds)
    checkName(request.path)
    demand(request.age_encryption_recipients === undefined, 'this server does not encrypt what it exports')
    const kind = 'save_weights_external'
    return this.#models.submit(kind, request.model_id, request.seq_id, digest, async (loaded) => {
      const saved = await this.#save(loaded, 'external', request.path, ttl, false, undefined)
      return json({ path: pathOf(saved), size_bytes: saved.size_bytes, type: kind })
    })
  }

  /** A checkpoint of its own with the same content, in a training run of its own. */
  async copy(request: CopyWeightsRequest): Promise<string> {
    const { session_id: sessionId, model_seq_id: seqId } = request
    demand(
      (sessionId === undefined) !== (request.destination_project_id === undefined),
      'copy_weights needs destination_project_id, or session_id and model_seq_id',
    )
    demand(sessionId === undefined || seqId !== undefined, 'copy_weights with session_id needs model_seq_id')
    const source = await this.find(request.source_path)
    const { ids, clock, store } = this.#context
    const ttl = checkTtl(request.ttl_seconds)
    const id = this.#models.registerCopy(sessionId, seqId, ids('copy'), source, request.destination_project_id)
    await store.putRun(id)
    const expires_at = ttl === null ? null : clock.now() + ttl * 1000
    const copied = { ...source, run_id: id.id, public: false, expires_at }
    const saved = await store.save(copied, accept(await store.read(source), 500))
    this.note('read', source, 'copy')
    this.note('created', saved)
    return pathOf(saved)
  }

  async #save(
    { model, engine, adapter }: Loaded,
    type: CheckpointType,
    wanted: string | undefined,
    ttl: number | null,
    overwrite: boolean,
    metadata: Record<string, string> | undefined,
  ): Promise<CheckpointRecord> {
    const { store, clock } = this.#context
    const name = wanted ?? (await this.#freeName(model.id, type))
    const known = await store.get(model.id, type, name)
    if (known !== null && !overwrite)
      throw new Refusal(
        `${pathOf(known)} exists already; choose another name${type === 'training' ? ' or pass overwrite' : ''}`,
      )
    const state = await engine.exportAdapter(adapter, { optimizer: type === 'training' })
    const { base_model, rank, alpha, train_attn, train_mlp, train_unembed } = model.run
    const saved = await store.save(
      {
        run_id: model.id,
        type,
        name,
        base_model,
        rank,
        alpha,
        train_attn,
        train_mlp,
        train_unembed,
        has_optimizer: state.optimizer !== undefined,
        public: false,
        expires_at: ttl === null ? null : clock.now() + ttl * 1000,
        ...(metadata === undefined ? {} : { user_metadata: metadata }),
      },
      encodeAdapter(state),
    )
    await store.putRun(model.run)
    this.#models.count(model, 'checkpoint', 1)
    this.note('created', saved)
    return saved
  }

  note(what: 'created' | 'read' | 'deleted', checkpoint: CheckpointRecord, purpose?: string): void {
    const about = { model_id: checkpoint.run_id, tinker_path: pathOf(checkpoint) }
    this.#context.audit.note(`checkpoint_${what}`, { ...about, ...(purpose === undefined ? {} : { purpose }) })
  }

  async #freeName(runId: string, type: CheckpointType): Promise<string> {
    const names = new Set((await this.#context.store.list(runId)).filter((c) => c.type === type).map((c) => c.name))
    for (let n = names.size + 1; ; n++) {
      const name = String(n).padStart(6, '0')
      if (!names.has(name)) return name
    }
  }

  /** @throws Refusal 400 for a malformed path, 404 when there is no such checkpoint. */
  async find(path: string): Promise<CheckpointRecord> {
    const { runId, type, checkpointId } = accept(parseCheckpointPath(path))
    const name = checkpointId.slice(checkpointId.indexOf('/') + 1)
    const found = await this.#context.store.get(runId, type, name)
    if (found === null) throw new Refusal(`there is no checkpoint ${path}; it may have expired or been deleted`, 404)
    return found
  }

  async info(path: string): Promise<WeightsInfoResponse> {
    const { base_model, rank, train_attn, train_mlp, train_unembed } = await this.find(path)
    return { base_model, is_lora: true, lora_rank: rank, train_attn, train_mlp, train_unembed }
  }

  async load(request: LoadWeightsRequest, digest: number): Promise<Future> {
    const checkpoint = await this.find(request.path)
    demand(
      checkpoint.type === 'training',
      `${request.path} holds sampler weights; training goes on from training state (…/weights/…), saved by save_weights`,
    )
    demand(
      !request.optimizer || checkpoint.has_optimizer,
      `${request.path} was saved before any optimizer step and holds no optimizer state`,
    )
    checkOptimizer(request.optimizer_config)
    if (request.model_id !== undefined) return this.#loadInto(request.model_id, request, checkpoint, digest)
    const { session_id: sessionId, model_seq_id: seqId } = request
    demand(
      sessionId !== undefined && seqId !== undefined,
      'load_weights needs model_id, or session_id and model_seq_id to create a model',
    )
    demand(
      request.base_model === undefined || request.base_model === checkpoint.base_model,
      `${request.path} belongs to ${checkpoint.base_model}, not to ${request.base_model}`,
    )
    const base = await this.#context.bases.get(checkpoint.base_model)
    const metadata = stringValues(request.user_metadata)
    const spec = { sessionId, seqId, base, shape: shapeOf(checkpoint), metadata }
    return this.#models.createLoaded(spec, request.path, digest, async (engine) =>
      engine.importAdapter(await this.#read(checkpoint, request.optimizer)),
    )
  }

  #loadInto(modelId: string, request: LoadWeightsRequest, checkpoint: CheckpointRecord, digest: number): Future {
    const work = async ({ engine, adapter }: Loaded) => {
      await engine.restoreAdapter(adapter, await this.#read(checkpoint, request.optimizer))
      return json({ path: request.path, model_id: modelId, type: 'load_weights' })
    }
    const check = (model: LiveModel): void => checkFits(model, checkpoint, request)
    return this.#models.submit('load_weights', modelId, request.seq_id, digest, work, check)
  }

  async #read(checkpoint: CheckpointRecord, optimizer: boolean) {
    const data = await this.#context.store.read(checkpoint)
    this.note('read', checkpoint, optimizer ? 'load_with_optimizer' : 'load')
    const { optimizer: moments, ...weights } = decodeAdapter(accept(data, 500), pathOf(checkpoint))
    return optimizer && moments !== undefined ? { ...weights, optimizer: moments } : weights
  }

  /** The checkpoint as files for PEFT. */
  async files(checkpoint: CheckpointRecord): Promise<ArchiveFile[]> {
    const data = accept(await this.#context.store.read(checkpoint), 500)
    this.note('read', checkpoint, 'download')
    return archiveFiles(checkpoint, decodeAdapter(data, pathOf(checkpoint)))
  }

  /** All of them in one tar. */
  async archive(checkpoint: CheckpointRecord): Promise<Uint8Array<ArrayBuffer>> {
    return tarOf(await this.files(checkpoint), checkpoint.created_at)
  }

  /** What a sampling session with this path samples from. */
  async samplerState(checkpoint: CheckpointRecord) {
    return this.#read(checkpoint, false)
  }
}

function checkFits(model: LiveModel, checkpoint: CheckpointRecord, { path, seq_id }: LoadWeightsRequest): void {
  demand(
    model.operations === 0,
    `load_weights is allowed as a model's first operation only (seq_id ${seq_id ?? 'missing'}); create a new model from ${path}`,
  )
  demand(
    model.base.name === checkpoint.base_model,
    `${path} belongs to ${checkpoint.base_model}, not to ${model.base.name}`,
  )
  const { run } = model
  demand(run.rank === checkpoint.rank, `${path} has LoRA rank ${checkpoint.rank}; the model has ${run.rank}`)
  for (const key of ['train_attn', 'train_mlp', 'train_unembed'] as const)
    demand(run[key] === checkpoint[key], `${path} has ${key} ${checkpoint[key]}; the model has ${run[key]}`)
}

function shapeOf(checkpoint: CheckpointRecord): LoraShape {
  const { rank, alpha, train_attn, train_mlp, train_unembed } = checkpoint
  return { rank, alpha, seed: 0, trainAttn: train_attn, trainMlp: train_mlp, trainUnembed: train_unembed }
}

export function pathOf({ run_id, type, name }: CheckpointRecord): string {
  return formatCheckpointPath(run_id, type, name)
}

/** @throws Refusal 400 for what cannot name a checkpoint. */
export function checkName(name: string): void {
  demand(
    name.length > 0 && name.length <= MAX_NAME,
    `a checkpoint name has 1 to ${MAX_NAME} characters, not ${name.length}`,
  )
  demand(
    /^[A-Za-z0-9_.:@+=,-]+$/.test(name) && !/^\.+$/.test(name),
    `${JSON.stringify(name)} cannot name a checkpoint: use letters, digits and _ . : @ + = , -`,
  )
}

/** Seconds to live as given, null for ever. */
export function checkTtl(ttl: number | null | undefined): number | null {
  if (ttl === undefined || ttl === null) return null
  demand(ttl > 0, `ttl_seconds must be positive, not ${ttl}`)
  return ttl
}
