/** The embedded backend: a real, small Tinker service behind one fetch handler, for the page, a worker and Node. */
import { randomIds } from '../base/ids.ts'
import { loadEngine } from './engine/index.ts'
import { createHandler } from './http/handler.ts'
import { systemClock } from './service/clock.ts'
import { TinkerService } from './service/service.ts'
import type { IdSource } from '../base/ids.ts'
import type { EngineOptions } from './engine/index.ts'
import type { Decompress } from './http/body.ts'
import type { Origins } from './http/cors.ts'
import type { ClientFlags } from './http/trainingRoutes.ts'
import type { Behaviour } from './service/badDays.ts'
import type { ServiceLoad } from './service/service.ts'
import type { ModelFolder } from './service/baseModels.ts'
import type { AdapterImport, ImportedAdapter } from './service/imports.ts'
import type { Clock } from './service/clock.ts'
import type { BlobStore } from './storage/blobStore.ts'

export { keySegment, memoryBlobStore, StorageFull } from './storage/blobStore.ts'
export { serveShard, WEIGHT_INDEX, webShardPort, weightFiles } from './engine/index.ts'
export type { EngineOptions, ShardPort, SpawnWorker } from './engine/index.ts'
export type { ServiceLoad } from './service/service.ts'
export type { Behaviour } from './service/badDays.ts'
export type { AdapterImport, ImportedAdapter } from './service/imports.ts'
export type { Origins } from './http/cors.ts'
export { checkModelConfig } from './service/baseModels.ts'
export type { ModelFile, ModelFolder } from './service/baseModels.ts'
export type { Clock } from './service/clock.ts'
export type { BlobStore } from './storage/blobStore.ts'

export type EmbeddedBackendOptions = {
  /** At least one; each is opened when it is first used. */
  readonly models: readonly ModelFolder[]
  readonly storage: BlobStore
  /** Default: one engine on the calling thread. */
  readonly engine?: EngineOptions
  /** Trouble for practice; can be changed later by `setBehaviour`. */
  readonly behaviour?: Behaviour
  /** What `client/config` and `client/dynamic_config` answer beyond the defaults of this backend. */
  readonly clientFlags?: ClientFlags
  /** Most bytes that checkpoints may take together. Default: no limit. */
  readonly quotaBytes?: number
  /** Absent: no key is asked for. */
  readonly apiKey?: string
  /** Pages that may call from elsewhere. Default: none. */
  readonly origins?: Origins
  readonly clock?: Clock
  readonly ids?: IdSource
  /** Shown as the owner of training runs. */
  readonly owner?: string
  /** A session that is silent for longer is closed. Default 30 minutes. */
  readonly sessionSilentMs?: number
  /** How long a poll waits for its result. Default 25 s; clients give up after 45. */
  readonly holdMs?: number
  /** Largest request body in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number
  /** Further content encodings than gzip; `zstd` is what the API knows. */
  readonly decompress?: { readonly [encoding: string]: Decompress }
  /** Told of faults of the backend itself. Default: nothing is done with them but the answer 500. */
  readonly onError?: (error: unknown) => void
}

export type EmbeddedBackend = {
  /** Never rejects: what goes wrong is an HTTP answer. Any origin and path prefix before `/api/v1/` is accepted. */
  fetch(request: Request): Promise<Response>
  /** Answers what waits, stops the queue and the engines. What was saved stays. */
  close(): Promise<void>
  /** Replaces the trouble for practice; `{}` switches all of it off. */
  setBehaviour(behaviour: Behaviour): void
  /** How much is held and under way. */
  load(): ServiceLoad
  /** Opens every model now rather than when it is first used. Rejects with a sentence about one that cannot be run. */
  prepare(): Promise<void>
  /** Makes checkpoints, to train on and to sample from, of an adapter in PEFT's files. Rejects with a sentence. */
  importAdapter(adapter: AdapterImport): Promise<ImportedAdapter>
}

const MINUTE = 60_000

export function createEmbeddedBackend(options: EmbeddedBackendOptions): EmbeddedBackend {
  const clock = options.clock ?? systemClock
  const service = new TinkerService({
    models: options.models,
    storage: options.storage,
    openEngine: (model) => loadEngine(model, options.engine ?? {}),
    clock,
    ids: options.ids ?? randomIds,
    owner: options.owner ?? 'local',
    sessionSilentMs: options.sessionSilentMs ?? 30 * MINUTE,
    quotaBytes: options.quotaBytes ?? Infinity,
    behaviour: options.behaviour ?? {},
  })
  const decompress = options.decompress ?? {}
  const fetch = createHandler(service, {
    // pyqwest is a download that local users can do without; `proto_write_fwdbwd` speaks to SDKs 0.19 to 0.24.
    flags: {
      use_pyqwest_transport: false,
      proto_write_fwdbwd: true,
      create_model_via_load_weights: true,
      // Gradients are added in the order of arrival; chunks sent side by side would add up differently from run to run.
      parallel_fwdbwd_chunks: false,
      sample_join_sampling_session: true,
      sample_cancel_enabled: true,
      // Whoever is near gains nothing by packing; zstd is read all the same, and `clientFlags` may ask for it.
      proto_compress_fwdbwd: false,
      ...options.clientFlags,
    },
    holdMs: options.holdMs ?? 25_000,
    origins: options.origins ?? [],
    body: { maxBytes: options.maxBodyBytes ?? 64 * 1_048_576, decompress },
    onError: options.onError ?? (() => undefined),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
  })
  return {
    fetch,
    close: () => service.close(),
    load: () => service.load,
    prepare: () => service.prepare(),
    importAdapter: (adapter) => service.importAdapter(adapter),
    setBehaviour: (behaviour) => service.context.badDays.configure(behaviour),
  }
}
