/** The run worker: hosts runs, chats and data over comlink, with the backend's port on one side and the page's feed on the other. */
import * as Comlink from 'comlink'
import { createBlobStore } from '#src/persist/blobs.ts'
import { createRunNotices } from '#src/persist/runNotices.ts'
import { createStorage } from '#src/persist/storage.ts'
import { createPortFetch } from './portFetch.ts'
import type { RunHost, RunWorker } from './protocol.ts'
import { createBackends } from './run/backends.ts'
import { createFeed } from './run/feed.ts'
import { createRunHost, guarded } from './run/host.ts'
import { createRows } from './run/rows.ts'
import { createRunKeeper } from './run/runKeeper.ts'

/** Addresses of the built-in sets by name. */
const SETS = import.meta.glob<string>('../nodes/dataset/sets/*.jsonl', {
  query: '?url',
  import: 'default',
  eager: true,
})

let connected: (host: RunHost) => void
const host = new Promise<RunHost>((resolve) => {
  connected = resolve
})

const worker: RunWorker = {
  wire({ environment, feed, backend }) {
    const storage = createStorage()
    const rows = createRows(builtinSet)
    const backends = createBackends({
      environment,
      embedded: createPortFetch(backend).fetch,
      fetch: (request) => fetch(request),
      kept: createBlobStore(storage, 'tokenizers/'),
    })
    const runs = createRunKeeper({
      storage,
      rows,
      backends,
      feed: createFeed(feed),
      notices: createRunNotices(),
      // Absent on pages without a secure context, e.g. by the address of another computer over plain HTTP.
      locks: navigator.locks ?? null,
      now: Date.now,
    })
    connected(guarded(createRunHost({ storage, backends, rows, runs })))
    return Promise.resolve()
  },
  connect: async (settings) => (await host).connect(settings),
  rememberKey: async (url, passphrase) => (await host).rememberKey(url, passphrase),
  unlockKey: async (url, passphrase) => (await host).unlockKey(url, passphrase),
  forgetKey: async (url) => (await host).forgetKey(url),
  start: async (request) => (await host).start(request),
  resume: async (run, limits) => (await host).resume(run, limits),
  pause: async (run) => (await host).pause(run),
  continue: async (run) => (await host).continue(run),
  stop: async (run) => (await host).stop(run),
  dropCheckpoints: async (run) => (await host).dropCheckpoints(run),
  chat: async (request) => (await host).chat(request),
  cancelChat: async (id) => (await host).cancelChat(id),
  datasetFacts: async (request, text, models) => (await host).datasetFacts(request, text, models),
  previewRows: async (request, text, limit) => (await host).previewRows(request, text, limit),
  probeRewards: async (request, text) => (await host).probeRewards(request, text),
  reviewPlan: async (request) => (await host).reviewPlan(request),
}

Comlink.expose(worker)

async function builtinSet(name: string): Promise<string | null> {
  const url = SETS[`../nodes/dataset/sets/${name}.jsonl`]
  if (url === undefined) return null
  const response = await fetch(url)
  if (!response.ok) throw new Error(`the server answers ${response.status}`)
  return await response.text()
}
