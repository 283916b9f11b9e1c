/** The embedded backend in a worker of its own: answers over a port, so that run control never waits for arithmetic. */
import { createEmbeddedBackend, webShardPort } from '#src/backend/index.ts'
import type { ModelFile, ModelFolder } from '#src/backend/index.ts'
import { createStorage } from '#src/persist/storage.ts'
import { backendStorage } from './backendStorage.ts'
import { dropAdapter, takeAdapter } from './takeAdapter.ts'
import { servePortFetch } from './portFetch.ts'
import type { BackendWorkerMessage } from './protocol.ts'

/** More than two gain little for a model of this size, and leave the page no core on small machines. */
const SHARDS = Math.min(2, Math.max(1, navigator.hardwareConcurrency))

/** Addresses of the files of `models/`; nothing is loaded before a model is used. */
const FILES = import.meta.glob<string>('../models/tunegraph-*/*.{json,safetensors}', {
  query: '?url&no-inline',
  import: 'default',
  eager: true,
})

const backend = createEmbeddedBackend({
  models: modelFolders(FILES),
  storage: backendStorage(createStorage()),
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

self.addEventListener('message', ({ data }: MessageEvent<BackendWorkerMessage>) => {
  if (data.type === 'serve') servePortFetch(data.port, (request) => backend.fetch(request))
  else if (data.type === 'trouble') backend.setBehaviour(data.trouble)
  else if (data.type === 'drop') void dropAdapter(backend, data.paths)
  else void takeAdapter(backend, data.adapter).then((report) => data.port.postMessage(report))
})

/** In the order of their names: the smallest is the first. */
function modelFolders(urls: Readonly<Record<string, string>>): ModelFolder[] {
  const folders = new Map<string, Record<string, ModelFile>>()
  for (const [path, url] of Object.entries(urls)) {
    const [folder, file] = path.split('/').slice(-2) as [string, string]
    const files = folders.get(folder) ?? {}
    files[file] = download(url, file)
    folders.set(folder, files)
  }
  return [...folders]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([folder, files]) => ({
      name: folder.replace('-', '/'),
      files,
    }))
}

/** Weights are read once, by the engine, and not kept a second time. */
function download(url: string, file: string): ModelFile {
  if (file.endsWith('.safetensors')) return () => read(url)
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
