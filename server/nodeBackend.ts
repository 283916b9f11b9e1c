/** The embedded backend in Node: model from disk, checkpoints in a folder, arithmetic in worker threads. */
import { dirname, join } from 'node:path'
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { enableRelaxedSimd, nodeSpawner } from '#src/backend/engine/nodeShards.ts'
import { createEmbeddedBackend, memoryBlobStore } from '#src/backend/index.ts'
import { folderStore } from './folderStore.ts'
import { readModelFolder, ownModelFolders } from './modelFolder.ts'
import { zstdDecompress } from './zstd.ts'
import type { Behaviour, EmbeddedBackend, EmbeddedBackendOptions, EngineOptions } from '#src/backend/index.ts'

export type NodeBackendOptions = {
  /** Checkpoints and training runs are kept here; in memory when absent. */
  readonly dataDir?: string
  /** Folder in Hugging Face layout, or `OWNER/NAME=FOLDER`. Default: the tiny models that come with Tunegraph. */
  readonly modelDir?: string | readonly string[]
  /** Worker threads. Results depend on their number in the last bits, so it is fixed by default: 2. 0 uses none. */
  readonly shards?: number
  readonly apiKey?: string
  readonly behaviour?: Behaviour
  /** What clients are told by `client/config`, beyond the defaults. */
  readonly clientFlags?: EmbeddedBackendOptions['clientFlags']
  /** Most bytes that checkpoints may take. */
  readonly quotaBytes?: number
  readonly origins?: EmbeddedBackendOptions['origins']
  /** A session that is silent for longer is closed. Default a day: a laptop that slept goes on where it was. */
  readonly sessionSilentMs?: number
  readonly onError?: (error: unknown) => void
}

const DAY_MS = 86_400_000

/** @throws Error with a sentence when a model folder cannot be read. */
export async function openNodeBackend(options: NodeBackendOptions = {}): Promise<EmbeddedBackend> {
  const dirs = [options.modelDir ?? (await ownModelFolders())].flat()
  const models = await Promise.all(dirs.map(readModelFolder))
  return createEmbeddedBackend({
    models,
    storage: options.dataDir === undefined ? memoryBlobStore() : folderStore(options.dataDir),
    engine: engineOptions(options.shards ?? 2),
    decompress: { zstd: zstdDecompress() },
    sessionSilentMs: options.sessionSilentMs ?? DAY_MS,
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
    ...(options.behaviour === undefined ? {} : { behaviour: options.behaviour }),
    ...(options.clientFlags === undefined ? {} : { clientFlags: options.clientFlags }),
    ...(options.quotaBytes === undefined ? {} : { quotaBytes: options.quotaBytes }),
    ...(options.origins === undefined ? {} : { origins: options.origins }),
    ...(options.onError === undefined ? {} : { onError: options.onError }),
  })
}

function engineOptions(shards: number): EngineOptions {
  enableRelaxedSimd()
  const script = workerScript()
  return shards > 0 && script !== null ? { shards, spawn: nodeSpawner(script) } : {}
}

/** The bundled worker beside this module or above its chunk; null when run from source, where the caller's thread computes. */
function workerScript(): URL | null {
  const here = dirname(fileURLToPath(import.meta.url))
  const found = [here, dirname(here)].map((folder) => join(folder, 'engineWorker.js')).find(existsSync)
  return found === undefined ? null : pathToFileURL(found)
}
