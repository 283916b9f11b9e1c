/** The embedded backend behind HTTP on loopback, whose engine can be asked how many optimizer steps a model really took. */
import { listen } from '#server/httpServer.ts'
import { createEmbeddedBackend, memoryBlobStore } from '#src/backend/index.ts'
import { tinyModel } from '#src/backend/service/testing/tinyModel.ts'

export type CountingBackend = {
  readonly url: string
  /** Faults of the backend itself; each is a bug. */
  readonly errors: unknown[]
  /**
   * Optimizer steps that the engine has taken for the model, by Adam's own counter: all that was accepted is computed
   * first, then one more step is taken past every proxy, and it says its number.
   */
  countSteps(modelId: string): Promise<number>
  stop(): Promise<void>
}

export type BackendTraits = {
  /** The server says at the handshake that it takes protobuf; otherwise clients find out. */
  readonly announcesProtobuf: boolean
  readonly holdMs: number
}

export async function startCountingBackend({ announcesProtobuf, holdMs }: BackendTraits): Promise<CountingBackend> {
  const errors: unknown[] = []
  const backend = createEmbeddedBackend({
    models: [tinyModel()],
    storage: memoryBlobStore(),
    engine: { simd: 'strict' },
    holdMs,
    onError: (error) => errors.push(error),
  })
  const fetch = async (request: Request): Promise<Response> => {
    const response = await backend.fetch(request)
    if (announcesProtobuf || !request.url.endsWith('/client/config')) return response
    const { proto_write_fwdbwd: _announced, ...flags } = (await response.json()) as Record<string, unknown>
    return Response.json(flags)
  }
  const server = await listen(fetch, '127.0.0.1', 0)
  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const request = new Request(`${server.url}/api/v1/${path}`, { method: 'POST', body: JSON.stringify(body) })
    return (await (await backend.fetch(request)).json()) as Record<string, unknown>
  }
  const run = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const { request_id } = await post(path, body)
    for (;;) {
      const answer = await post('retrieve_future', { request_id })
      if (answer['type'] !== 'try_again') return answer
    }
  }
  return {
    url: server.url,
    errors,
    async countSteps(modelId) {
      const data = [
        {
          model_input: { chunks: [{ tokens: [1] }] },
          loss_fn_inputs: { target_tokens: { data: [2], dtype: 'int64' } },
        },
      ]
      await run('forward_backward', { model_id: modelId, forward_backward_input: { data, loss_fn: 'cross_entropy' } })
      const answer = await run('optim_step', { model_id: modelId, adam_params: { learning_rate: 0 } })
      const number = (answer['metrics'] as Record<string, number> | undefined)?.['optimizer_step:max']
      if (number === undefined) throw new Error(`the backend does not say its steps: ${JSON.stringify(answer)}`)
      return number - 1
    },
    async stop() {
      await backend.close()
      await server.stop(0)
    },
  }
}
