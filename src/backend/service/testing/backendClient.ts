/** Talks to a backend's handler the way a client does: JSON in and out, polling until a future settles. */
import { countingIds } from '../../../base/ids.ts'
import { PROTOBUF_TYPE } from '../../../tinker/wire/contentTypes.ts'
import { createEmbeddedBackend } from '../../index.ts'
import { memoryBlobStore } from '../../storage/blobStore.ts'
import { tinyModel } from './tinyModel.ts'
import type { EmbeddedBackend, EmbeddedBackendOptions } from '../../index.ts'

export type Json = Record<string, unknown>
export type Answer = { readonly status: number; readonly body: Json }

export type BackendClient = {
  readonly backend: EmbeddedBackend
  call(method: string, path: string, body?: unknown): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
  /** Submits and polls; the settled body, which for a failure is `{ error, category }`. */
  run(path: string, body: unknown): Promise<Json>
  poll(requestId: string): Promise<Json>
  pollProto(requestId: string): Promise<Uint8Array>
  /** A session with a model in it; the model's id. */
  newModel(lora?: Json): Promise<{ session: string; model: string }>
}

export function backendClient(options: Partial<EmbeddedBackendOptions> = {}): BackendClient {
  const backend = createEmbeddedBackend({
    models: [tinyModel()],
    storage: memoryBlobStore(),
    ids: countingIds(),
    engine: { simd: 'strict' },
    holdMs: 2000,
    onError: (error) => {
      throw error
    },
    ...options,
  })
  return clientOf(backend)
}

export function clientOf(backend: EmbeddedBackend): BackendClient {
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const request = new Request(`http://backend/api/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...init,
    })
    const response = await backend.fetch(request)
    const text = await response.text()
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Json }
  }
  const post = (path: string, body: unknown): Promise<Answer> => call('POST', path, body)
  const poll = async (requestId: string): Promise<Json> => {
    for (;;) {
      const { status, body } = await post('retrieve_future', { request_id: requestId })
      if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`)
      if (body['type'] !== 'try_again') return body
    }
  }
  const run = async (path: string, body: unknown): Promise<Json> => {
    const submitted = await post(path, body)
    if (submitted.status !== 200) throw new Error(`${path} ${submitted.status}: ${JSON.stringify(submitted.body)}`)
    return poll(submitted.body['request_id'] as string)
  }
  return {
    backend,
    call,
    post,
    run,
    poll,
    async pollProto(requestId) {
      const response = await backend.fetch(
        new Request('http://backend/api/v1/retrieve_future', {
          method: 'POST',
          headers: { accept: PROTOBUF_TYPE },
          body: JSON.stringify({ request_id: requestId, allow_metadata_only: true }),
        }),
      )
      if (response.headers.get('content-type') !== PROTOBUF_TYPE) throw new Error(await response.text())
      return new Uint8Array(await response.arrayBuffer())
    },
    async newModel(lora = { rank: 4, seed: 7 }) {
      const session = (await post('create_session', { sdk_version: 'test' })).body['session_id'] as string
      const created = await run('create_model', {
        session_id: session,
        model_seq_id: 0,
        base_model: 'test/tiny',
        lora_config: lora,
      })
      return { session, model: created['model_id'] as string }
    },
  }
}

/** A JSON datum for cross_entropy that teaches `text` byte by byte. */
export function textDatum(text: string): Json {
  const bytes = [...new TextEncoder().encode(text)]
  const tokens = bytes.slice(0, -1)
  return {
    model_input: { chunks: [{ type: 'encoded_text', tokens }] },
    loss_fn_inputs: {
      target_tokens: { data: bytes.slice(1), dtype: 'int64', shape: [tokens.length] },
      weights: { data: tokens.map(() => 1), dtype: 'float32', shape: [tokens.length] },
    },
  }
}

export function trainBody(model: string, seq: number, data: readonly Json[], loss = 'cross_entropy'): Json {
  return { model_id: model, seq_id: seq, forward_backward_input: { data, loss_fn: loss } }
}

export function samplePrompt(text: string): Json {
  return { chunks: [{ type: 'encoded_text', tokens: [...new TextEncoder().encode(text)] }] }
}
