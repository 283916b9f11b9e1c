/** Where a headless run trains: the embedded backend in this process, or a server named on the command line. */
import { recommendedRenderer } from '#src/data/renderers/recommended.ts'
import { HUGGING_FACE } from '#src/tokenizers/hubFile.ts'
import type { Hub } from '#src/tokenizers/hubFile.ts'
import type { TokenizerFiles } from '#src/tokenizers/loadTokenizer.ts'
import { hubFromEnvironment } from '#src/tokenizers/node.ts'
import { fetchTokenizerFiles } from '#src/tokenizers/tokenizerFiles.ts'
import { tokenizerRef } from '#src/tokenizers/tokenizerRepository.ts'
import type { ModelFacts } from '#src/ir/dataset.ts'
import type { BackendRef } from '#src/ir/runEvent.ts'
import { createServiceClient } from '#src/tinker/index.ts'
import type { Fetch, QueueEvent, ServiceClient } from '#src/tinker/index.ts'
import { openNodeBackend } from '#server/nodeBackend.ts'

export type BackendChoice = {
  /** Address of a server; null hosts the embedded backend. */
  readonly url: string | null
  /** Name of the environment variable that holds the key. */
  readonly keyEnv: string
  /** Folder for checkpoints of the embedded backend; null keeps them in memory. */
  readonly dataDir: string | null
}

export type OpenedBackend = {
  readonly ref: BackendRef
  client(options: {
    readonly signal: AbortSignal
    readonly userMetadata?: Readonly<Record<string, string>>
    onQueueState?(event: QueueEvent): void
  }): ServiceClient
  models(service: ServiceClient): Promise<readonly ModelFacts[]>
  /** Rejects with a sentence when nobody has the files. */
  tokenizerFiles(model: string): Promise<TokenizerFiles>
  close(): Promise<void>
}

const EMBEDDED_URL = 'http://embedded.tunegraph'

export async function openBackend({ url, keyEnv, dataDir }: BackendChoice): Promise<OpenedBackend> {
  const embedded = url === null ? await openNodeBackend(dataDir === null ? {} : { dataDir }) : null
  const send: Fetch = embedded ? (request) => embedded.fetch(request) : (request) => fetch(request)
  const baseUrl = url ?? EMBEDDED_URL
  const apiKey = url === null ? undefined : process.env[keyEnv]
  /** A server that wants a key wants it for its files as well. */
  const withKey: Fetch = (request) => {
    if (apiKey) request.headers.set('x-api-key', apiKey)
    return send(request)
  }
  const server: Hub = { endpoint: baseUrl.replace(/\/+$/, ''), fetch: withKey }
  const hub: Hub | null = url === null ? null : { endpoint: HUGGING_FACE, ...hubFromEnvironment(process.env) }
  const tokenizers = new Map<string, Promise<TokenizerFiles>>()
  return {
    ref: { type: url === null ? 'embedded' : 'custom', url: baseUrl },
    client: (options) => createServiceClient({ baseUrl, fetch: send, ...(apiKey ? { apiKey } : {}), ...options }),
    async models(service) {
      const { models } = await service.getServerCapabilities()
      return models.map(({ name, maxContext = null }) => ({ name, maxContext, renderer: recommendedRenderer(name) }))
    },
    tokenizerFiles(model) {
      let reading = tokenizers.get(model)
      if (!reading) tokenizers.set(model, (reading = readTokenizer(model, server, hub)))
      return reading
    },
    close: async () => embedded?.close(),
  }
}

/** A backend that serves its models' files answers under the hub's paths, so both are asked alike. */
async function readTokenizer(model: string, server: Hub, hub: Hub | null): Promise<TokenizerFiles> {
  const ref = tokenizerRef(model)
  const own = await fetchTokenizerFiles({ ...ref, id: model, revision: 'main' }, server)
  if (own.ok) return own.value
  const found = hub && (await fetchTokenizerFiles(ref, hub))
  if (found?.ok) return found.value
  const reasons = [own.error.message, ...(found ? [found.error.message] : [])]
  throw new Error(`The tokenizer of ${model} could not be loaded: ${reasons.join(' ')}`)
}
