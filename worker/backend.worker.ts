/** The embedded backend in a worker of its own: answers over a port, so that run control never waits for arithmetic. */
import { createEmbeddedBackend, webShardPort } from '#src/backend/index.ts'
import type { ModelFile } from '#src/backend/index.ts'
import { createBlobStore } from '#src/persist/blobs.ts'
import { createStorage } from '#src/persist/storage.ts'
import config from '../models/tunegraph-tiny-1m/config.json?url&no-inline'
import generationConfig from '../models/tunegraph-tiny-1m/generation_config.json?url&no-inline'
import weights from '../models/tunegraph-tiny-1m/model.safetensors?url&no-inline'
import tokenizer from '../models/tunegraph-tiny-1m/tokenizer.json?url&no-inline'
import tokenizerConfig from '../models/tunegraph-tiny-1m/tokenizer_config.json?url&no-inline'
import { servePortFetch } from './portFetch.ts'
import type { BackendWorkerMessage } from './protocol.ts'

/** More than two gain little for a model of this size, and leave the page no core on small machines. */
const SHARDS = Math.min(2, Math.max(1, navigator.hardwareConcurrency))

const backend = createEmbeddedBackend({
  models: [
    {
      name: 'tunegraph/tiny-1m',
      files: {
        'config.json': download(config),
        'generation_config.json': download(generationConfig),
        'model.safetensors': download(weights),
        'tokenizer.json': download(tokenizer),
        'tokenizer_config.json': download(tokenizerConfig),
      },
    },
  ],
  storage: createBlobStore(createStorage(), 'backend/'),
  engine: {
    shards: SHARDS,
    spawn: () =>
      webShardPort(
        new Worker(new URL('./engine-shard.worker.ts', import.meta.url), { type: 'module', name: 'engine-shard' }),
      ),
  },
  // A day: a laptop that slept, or a tab whose timers stood still, goes on where it was.
  sessionSilentMs: 86_400_000,
  onError: (error) => console.error(error),
})

self.addEventListener('message', (event: MessageEvent<BackendWorkerMessage>) => {
  servePortFetch(event.data.port, (request) => backend.fetch(request))
})

function download(url: string): ModelFile {
  let bytes: Promise<Uint8Array> | null = null
  return () => {
    bytes ??= read(url).catch((error: unknown) => {
      bytes = null
      throw error
    })
    return bytes
  }
}

async function read(url: string): Promise<Uint8Array> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} could not be loaded: ${response.status} ${response.statusText}`)
  return new Uint8Array(await response.arrayBuffer())
}
