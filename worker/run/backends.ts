/** Servers and their keys: keys live here, in this worker's memory, and go nowhere but into requests to their own server. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { Result } from '#src/base/result.ts'
import { err, ok } from '#src/base/result.ts'
import { recommendedRenderer } from '#src/data/renderers/recommended.ts'
import type { BackendRef } from '#src/ir/runEvent.ts'
import type { IdbBlobStore } from '#src/persist/blobs.ts'
import { createServiceClient } from '#src/tinker/index.ts'
import type { Fetch, ServiceClient, ServiceConfig } from '#src/tinker/index.ts'
import { diagnose } from '../codes.ts'
import type { ConnectionReport, WorkerEnvironment } from '../protocol.ts'
import { findTokenizer, hub } from './tokenizers.ts'
import type { TokenizerFiles, TokenizerSource } from './tokenizers.ts'
import { upstreamOf } from './upstream.ts'
import type { Upstream } from './upstream.ts'

export type Backends = {
  /** The one that new runs and chats use. */
  selected(): BackendRef
  select(ref: BackendRef, key: string | undefined): void
  setKey(url: string, key: string | null): void
  keyOf(url: string): string | null
  /** A client of its own for one run; the caller closes it. */
  open(ref: BackendRef, config?: Partial<ServiceConfig>): Result<ServiceClient, Diagnostic>
  /** One client for whatever is short: chats and samples. */
  shared(): Result<ServiceClient, Diagnostic>
  check(ref: BackendRef): Promise<ConnectionReport>
  tokenizerFiles(ref: BackendRef, model: string): Promise<Result<TokenizerFiles, Diagnostic>>
}

export type BackendsDeps = {
  readonly environment: WorkerEnvironment
  /** Requests to the embedded backend. */
  readonly embedded: Fetch
  /** The platform's; where tokenizers of the hub come from. */
  readonly fetch: Fetch
  readonly kept: IdbBlobStore
}

export const EMBEDDED: BackendRef = { type: 'embedded', url: 'http://embedded.tunegraph' }

export function createBackends({ environment, embedded, fetch, kept }: BackendsDeps): Backends {
  const keys = new Map<string, string>()
  const tokenizers = new Map<string, Promise<Result<TokenizerFiles, Diagnostic>>>()
  let selected = EMBEDDED
  let shared: { url: string; client: ServiceClient } | null = null

  function open(ref: BackendRef, config: Partial<ServiceConfig> = {}): Result<ServiceClient, Diagnostic> {
    const upstream = upstreamOf(ref, environment, embedded)
    if (!upstream.ok) return upstream
    const apiKey = keys.get(ref.url)
    if (ref.type === 'tinker' && apiKey === undefined) {
      const message = 'Tinker wants an API key. Paste it in the settings, or open the one that is stored there.'
      return err(diagnose('WK0005', { on: 'document' }, message))
    }
    return ok(createServiceClient({ ...upstream.value, ...(apiKey === undefined ? {} : { apiKey }), ...config }))
  }

  /** Another key makes other sessions. */
  function drop(url: string): void {
    if (shared?.url !== url) return
    void shared.client.close()
    shared = null
  }

  function setKey(url: string, key: string | null): void {
    if (key === null) keys.delete(url)
    else keys.set(url, key)
    drop(url)
  }

  async function readTokenizer(ref: BackendRef, model: string): Promise<Result<TokenizerFiles, Diagnostic>> {
    const sources: TokenizerSource[] = []
    if (ref.type === 'embedded') sources.push({ url: ref.url, fetch: embedded, keep: false })
    // `tunegraph serve` has the files of its models under the hub's paths; other servers answer 404.
    if (ref.type === 'custom') {
      const upstream = upstreamOf(ref, environment, embedded)
      if (upstream.ok) {
        const { baseUrl } = upstream.value
        sources.push({ url: baseUrl, name: ref.url, fetch: asClient(ref, upstream.value), keep: false })
      }
    }
    if (ref.type !== 'embedded') sources.push(hub(fetch))
    return findTokenizer(model, sources, kept)
  }

  /** A server that wants a key wants it for its files as well. */
  function asClient(ref: BackendRef, { headers = {} }: Upstream): Fetch {
    return (request) => {
      const copy = new Request(request)
      const key = keys.get(ref.url)
      if (key !== undefined) copy.headers.set('x-api-key', key)
      for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value)
      return fetch(copy)
    }
  }

  return {
    selected: () => selected,
    select(ref, key) {
      if (shared && shared.url !== ref.url) drop(shared.url)
      selected = ref
      if (key !== undefined) setKey(ref.url, key)
    },
    setKey,
    keyOf: (url) => keys.get(url) ?? null,
    open,
    shared() {
      if (shared?.url === selected.url && !shared.client.closed) return ok(shared.client)
      const opened = open(selected)
      if (opened.ok) shared = { url: selected.url, client: opened.value }
      return opened
    },
    async check(ref) {
      const opened = open(ref)
      if (!opened.ok) return { ok: false, diagnostic: opened.error }
      try {
        const report = await opened.value.checkConnection()
        if (!report.ok) return { ok: false, diagnostic: report.diagnostic }
        const models = report.models.map(({ maxContext = null, ...model }) => ({
          ...model,
          maxContext,
          renderer: recommendedRenderer(model.name),
        }))
        return { ok: true, models, latencyMs: report.latencyMs }
      } finally {
        await opened.value.close()
      }
    },
    async tokenizerFiles(ref, model) {
      const key = JSON.stringify([ref.url, model])
      let reading = tokenizers.get(key)
      if (!reading) tokenizers.set(key, (reading = readTokenizer(ref, model)))
      const files = await reading
      if (!files.ok) tokenizers.delete(key)
      return files
    },
  }
}
