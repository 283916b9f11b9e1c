/** Where a headless run trains: the embedded backend in this process, or a server named on the command line. */
import { recommendedRenderer } from '#src/data/renderers/recommended.ts'
import { tokenizerRepository } from '#src/tokenizers/tokenizerRepository.ts'
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

export type TokenizerFiles = { readonly tokenizer: string; readonly config: string }

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
const HUB = 'https://huggingface.co'

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
  const origins = url === null ? [baseUrl] : [baseUrl.replace(/\/+$/, ''), HUB]
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
      if (!reading) tokenizers.set(model, (reading = readTokenizer(model, origins, withKey)))
      return reading
    },
    close: async () => embedded?.close(),
  }
}

/** A backend that serves its models' files answers under the hub's paths, so both are asked alike. */
async function readTokenizer(model: string, origins: readonly string[], send: Fetch): Promise<TokenizerFiles> {
  const reasons: string[] = []
  for (const origin of origins) {
    const repository = origin === HUB ? tokenizerRepository(model) : model
    try {
      const [tokenizer, config] = await Promise.all(
        ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
          textAt(`${origin}/${repository}/resolve/main/${file}`, origin === HUB ? fetch : send),
        ),
      )
      return { tokenizer: tokenizer!, config: config! }
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new Error(`The tokenizer of ${model} could not be loaded: ${reasons.join('; ')}.`)
}

async function textAt(url: string, send: Fetch): Promise<string> {
  const response = await send(new Request(url))
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return response.text()
}
