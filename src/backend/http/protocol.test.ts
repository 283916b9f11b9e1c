import { afterAll, describe, expect, test } from 'vitest'
import { backendClient, samplePrompt, textDatum, trainBody } from '../service/testing/backendClient.ts'
import { tinyModel } from '../service/testing/tinyModel.ts'
import type { BackendClient, Json } from '../service/testing/backendClient.ts'

const client = backendClient({ origins: ['https://page.example'] })
afterAll(() => client.backend.close())
const adam = { learning_rate: 0.01 }

describe('requests that are repeated', () => {
  test('get the first one’s future, and other bodies under the same number are refused', async () => {
    const { model } = await client.newModel()
    const body = trainBody(model, 1, [textDatum('abc')])
    const [a, b] = [await client.post('forward_backward', body), await client.post('forward_backward', body)]
    expect(a.body).toEqual(b.body)
    const other = await client.post('forward_backward', trainBody(model, 1, [textDatum('abd')]))
    expect(other).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/number 1 was already used/) as string },
    })
    const gradient = await client.run('optim_step', { model_id: model, seq_id: 2, adam_params: adam })
    expect(gradient['metrics']).toMatchObject({ 'optimizer_step:max': 1 })
  })

  test('create one model, one sampling session and one sample', async () => {
    const { session } = await client.newModel()
    const create = { session_id: session, model_seq_id: 1, base_model: 'test/tiny', lora_config: { rank: 2 } }
    const [a, b] = [await client.post('create_model', create), await client.post('create_model', create)]
    expect(a.body['request_id']).toBe(b.body['request_id'])
    const open = { session_id: session, sampling_session_seq_id: 3, base_model: 'test/tiny' }
    const sampler = (await client.post('create_sampling_session', open)).body['sampling_session_id']
    expect((await client.post('create_sampling_session', open)).body['sampling_session_id']).toBe(sampler)
    const ask = {
      sampling_session_id: sampler,
      seq_id: 0,
      prompt: samplePrompt('a'),
      sampling_params: { max_tokens: 2 },
    }
    const [first, again] = [await client.post('asample', ask), await client.post('asample', ask)]
    expect(first.body).toEqual(again.body)
    expect(first.body['sample_sequence_ids']).toHaveLength(1)
  })
})

/** A backend whose model does not load before `open` is called, and a model that waits for it. */
async function gatedModel(): Promise<{ client: BackendClient; model: string; created: string; open(): void }> {
  const folder = tinyModel()
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const weights = folder.files['model.safetensors'] as () => Promise<Uint8Array>
  const files = { ...folder.files, 'model.safetensors': () => gate.then(weights) }
  const gated = backendClient({ models: [{ ...folder, files }], holdMs: 20 })
  const session = (await gated.post('create_session', {})).body['session_id']
  const create = { session_id: session, model_seq_id: 0, base_model: 'test/tiny', lora_config: { rank: 2 } }
  const created = (await gated.post('create_model', create)).body['request_id'] as string
  return { client: gated, model: `${String(session)}:train:0`, created, open }
}

describe('operations of one model', () => {
  test('run by number when several wait, and gaps are not waited for', async () => {
    const { client: gated, model, open } = await gatedModel()
    const order: number[] = []
    const waiting: Promise<void>[] = []
    // Chunks of one call arrive with the first of them last.
    for (const seq of [4, 3, 1]) {
      const { request_id } = (await gated.post('forward_backward', trainBody(model, seq, [textDatum('abc')]))).body
      waiting.push(gated.poll(request_id as string).then(() => void order.push(seq)))
    }
    const { request_id } = (await gated.post('optim_step', { model_id: model, seq_id: 9, adam_params: adam })).body
    waiting.push(gated.poll(request_id as string).then(() => void order.push(9)))
    open()
    await Promise.all(waiting)
    expect(order).toEqual([1, 3, 4, 9])
    await gated.backend.close()
  })
})

describe('seeds', () => {
  const ask = async (seed: unknown, seq: number): Promise<unknown> => {
    const { session } = await client.newModel()
    const open = { session_id: session, sampling_session_seq_id: 0, base_model: 'test/tiny' }
    const { sampling_session_id: id } = (await client.post('create_sampling_session', open)).body
    const params = { max_tokens: 12, stop: [], ...(seed === null ? {} : { seed }) }
    const body = {
      sampling_session_id: id,
      seq_id: seq,
      num_samples: 2,
      prompt: samplePrompt('a'),
      sampling_params: params,
    }
    return (await client.run('asample', body))['sequences']
  }

  test('give the same tokens again, in any session', async () => {
    const first = await ask(5, 0)
    expect(await ask(5, 1)).toEqual(first)
    expect(await ask(6, 0)).not.toEqual(first)
  })

  test('differ when none is given', async () => {
    expect(await ask(null, 0)).not.toEqual(await ask(null, 0))
  })

  test('are read losslessly beyond 2^53', async () => {
    const { session } = await client.newModel()
    const open = { session_id: session, sampling_session_seq_id: 0, base_model: 'test/tiny' }
    const { sampling_session_id: id } = (await client.post('create_sampling_session', open)).body
    const text = (seed: string, seq: string): string =>
      `{"sampling_session_id":"${String(id)}","seq_id":${seq},"prompt":{"chunks":[{"tokens":[97]}]},"sampling_params":{"max_tokens":12,"seed":${seed}}}`
    const run = async (seed: string, seq: string): Promise<unknown> => {
      const submitted = await client.call('POST', 'asample', text(seed, seq))
      return (await client.poll(submitted.body['request_id'] as string))['sequences']
    }
    const big = await run('9007199254740993', '1000000000000000001')
    expect(await run('9007199254740992', '1000000000000000002')).not.toEqual(big)
    expect(await run('9007199254740993', '1000000000000000003')).toEqual(big)
  })
})

describe('answers', () => {
  test('to a poll that ran out say try again, with a state, as often as asked', async () => {
    const { client: gated, created, open } = await gatedModel()
    for (let i = 0; i < 2; i++) {
      const { status, body } = await gated.post('retrieve_future', { request_id: created })
      expect([status, body]).toEqual([200, { type: 'try_again', request_id: created, queue_state: 'active' }])
    }
    open()
    expect(await gated.poll(created)).toMatchObject({ type: 'create_model' })
    expect(await gated.poll(created)).toMatchObject({ type: 'create_model' })
    await gated.backend.close()
  })

  test('carry their length, and CORS headers for allowed origins only', async () => {
    const ask = (origin: string, method = 'POST'): Promise<Response> =>
      client.backend.fetch(
        new Request('http://backend/api/v1/asample', {
          method,
          headers: { origin, 'access-control-request-headers': 'x-api-key' },
        }),
      )
    const refused = await ask('https://page.example')
    expect(refused.status).toBe(400)
    expect(Number(refused.headers.get('content-length'))).toBe((await refused.arrayBuffer()).byteLength)
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://page.example')
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await ask('https://page.example', 'OPTIONS')
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'x-api-key'])
    expect((await ask('https://evil.example', 'OPTIONS')).status).toBe(403)
  })

  test('of a server with a key are given to those who have it', async () => {
    const guarded = backendClient({ apiKey: 'tml-secret' })
    const ask = (path: string, headers: Record<string, string>): Promise<number> =>
      guarded.backend.fetch(new Request(`http://backend/api/v1/${path}`, { headers })).then((r) => r.status)
    expect(await ask('get_server_capabilities', {})).toBe(401)
    expect(await ask('get_server_capabilities', { 'x-api-key': 'tml-wrong!' })).toBe(401)
    expect(await ask('get_server_capabilities', { 'x-api-key': 'tml-secret' })).toBe(200)
    expect(await ask('get_server_capabilities', { authorization: 'Bearer tml-secret' })).toBe(200)
    expect(await ask('healthz', {})).toBe(200)
    await guarded.backend.close()
  })

  test('hand out the tokenizer under the hub’s addresses', async () => {
    const get = (path: string, method = 'GET'): Promise<Response> =>
      client.backend.fetch(new Request(`http://backend/${path}`, { method }))
    const file = await get('test/tiny/resolve/main/tokenizer.json')
    expect(await file.json()).toMatchObject({ model: { type: 'BPE' } })
    const head = await get('test/tiny/resolve/main/config.json', 'HEAD')
    expect([head.status, head.headers.get('x-repo-commit')?.length]).toEqual([200, 40])
    expect((await get('test/tiny/resolve/main/../../secret')).status).toBe(404)
    expect((await get('test/other/resolve/main/config.json')).headers.get('x-error-code')).toBe('EntryNotFound')
  })

  test('are unpacked from gzip, and refused when they are too large or of an unknown packing', async () => {
    const small = backendClient({ maxBodyBytes: 1000 })
    const send = async (body: Uint8Array<ArrayBuffer>, encoding: string): Promise<[number, unknown]> => {
      const headers = { 'content-encoding': encoding }
      const answer = await small.backend.fetch(
        new Request('http://backend/api/v1/create_session', { method: 'POST', body, headers }),
      )
      return [answer.status, ((await answer.json()) as Json)['session_id']]
    }
    const gzip = async (text: string): Promise<Uint8Array<ArrayBuffer>> =>
      new Uint8Array(
        await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer(),
      )
    expect(await send(await gzip('{"tags":["a"]}'), 'gzip')).toEqual([200, expect.stringMatching(/^session_/)])
    expect(await send(await gzip(`{"tags":["${'a'.repeat(5000)}"]}`), 'gzip')).toEqual([413, undefined])
    expect(await send(new Uint8Array(2000), 'identity')).toEqual([413, undefined])
    expect(await send(new Uint8Array(10), 'gzip')).toEqual([400, undefined])
    expect(await send(new Uint8Array(10), 'zstd')).toEqual([415, undefined])
    await small.backend.close()
  })
})
