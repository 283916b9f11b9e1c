import { afterAll, describe, expect, test } from 'vitest'
import { readSafetensors } from '../engine/index.ts'
import { backendClient, samplePrompt, textDatum, trainBody } from '../service/testing/backendClient.ts'
import type { Answer, Json } from '../service/testing/backendClient.ts'

const client = backendClient({ owner: 'ada' })
afterAll(() => client.backend.close())

const get = (path: string): Promise<Answer> => client.call('GET', path)
const ask = { prompt: samplePrompt('ab'), sampling_params: { max_tokens: 3, seed: 1, stop: [] } }

async function sampler(): Promise<{ session: string; id: string }> {
  const session = (await client.post('create_session', {})).body['session_id'] as string
  const body = { session_id: session, sampling_session_seq_id: 0, base_model: 'test/tiny' }
  return { session, id: (await client.post('create_sampling_session', body)).body['sampling_session_id'] as string }
}

describe('sampling clients that wait with one call', () => {
  test('learn of every finished request once, in order, and may hand results back', async () => {
    const { id } = await sampler()
    const target = { type: 'sampling_session', sampling_session_id: id }
    const submitted: unknown[] = []
    for (const seq_id of [0, 1, 2])
      submitted.push((await client.post('asample', { ...ask, sampling_session_id: id, seq_id })).body['request_id'])
    const seen: Json[] = []
    let cursor = 0
    while (seen.length < 3) {
      const { body } = await client.post('retrieve_futures', { target, prev_cursor: cursor })
      seen.push(...(body['completions'] as Json[]))
      cursor = body['cursor'] as number
    }
    expect(seen.map((event) => event['request_id']).sort()).toEqual(submitted.sort())
    expect(seen[0]).toMatchObject({ state: 'finished', response_payload_uncompressed_size: expect.any(Number) })
    const last = { target, prev_cursor: cursor, timeout: 0, retrieved_request_ids: [submitted[0]] }
    expect((await client.post('retrieve_futures', last)).body).toEqual({ completions: [], cursor })
    expect((await client.post('retrieve_future', { request_id: submitted[0] })).status).toBe(410)
    expect((await client.post('retrieve_future', { request_id: submitted[1] })).body).toHaveProperty('sequences')
  })

  test('that joined a session have numbers and completions of their own', async () => {
    const { id } = await sampler()
    const join = async (): Promise<unknown> =>
      (await client.post('join_sampling_session', { sampling_session_id: id })).body['client_counter']
    expect([await join(), await join()]).toEqual([1, 2])
    await client.run('asample', { ...ask, sampling_session_id: id, seq_id: 2_000_000_000 })
    const events = async (clone: number): Promise<unknown[]> => {
      const target = { sampling_session_id: id, cloned_sampler_id: clone }
      return (await client.post('retrieve_futures', { target, timeout: 0 })).body['completions'] as unknown[]
    }
    expect([await events(0), await events(1), await events(2)].map((e) => e.length)).toEqual([0, 0, 1])
    expect((await client.post('retrieve_futures', { target: { sampling_session_id: 'x' } })).status).toBe(404)
  })

  test('may take a request back: it ends as cancelled, others run on; training cannot be cancelled', async () => {
    const { id } = await sampler()
    const body = { ...ask, sampling_session_id: id, num_samples: 128, sampling_params: { max_tokens: 60, stop: [] } }
    const ids: string[] = []
    for (let seq_id = 0; seq_id < 4; seq_id++)
      ids.push((await client.post('asample', { ...body, seq_id })).body['request_id'] as string)
    expect((await client.post('cancel_future', { request_id: ids[2] })).status).toBe(200)
    expect(await client.poll(ids[2]!)).toEqual({
      error: expect.stringMatching(/cancelled/) as string,
      category: 'user',
    })
    expect(await client.poll(ids[3]!)).toHaveProperty('sequences')
    expect((await client.post('cancel_future', { request_id: ids[3] })).status).toBe(200)
    expect((await client.post('cancel_future', { request_id: 'none' })).status).toBe(404)
    const { model } = await client.newModel()
    const training = await client.post('forward_backward', trainBody(model, 1, [textDatum('ab')]))
    expect((await client.post('cancel_future', training.body)).status).toBe(400)
  })
})

describe('sessions', () => {
  test('are found by name, metadata, project and status, page by page', async () => {
    for (const [i, name] of ['Red fox', 'red panda', 'blue whale'].entries()) {
      const body = { display_name: name, user_metadata: { lab: 'zoo', n: i }, project_id: 'animals' }
      const { session_id } = (await client.post('create_session', body)).body
      if (i === 0) {
        const done = { reason: { type: 'errored' }, detail: 'out of food' }
        expect((await client.post(`sessions/${session_id as string}/finish`, done)).status).toBe(200)
      }
    }
    const names = async (search: Json): Promise<unknown[]> => {
      const { body } = await client.post('sessions/search', search)
      return (body['sessions'] as Json[]).map((s) => s['display_name'])
    }
    const lab = { user_metadata: { lab: 'zoo' } }
    expect(await names({ ...lab, display_name: 'RED' })).toEqual(['red panda', 'Red fox'])
    expect(await names({ ...lab, statuses: [{ type: 'client_finished', reasons: ['errored'] }] })).toEqual(['Red fox'])
    expect(await names({ user_metadata: { n: '1' } })).toEqual(['red panda'])
    expect(await names({ project_ids: ['plants'] })).toEqual([])
    const first = (await client.post('sessions/search', { ...lab, limit: 2 })).body
    expect(await names({ ...lab, limit: 2, cursor: first['next_cursor'] })).toEqual(['Red fox'])
    expect((first['sessions'] as Json[])[0]).toMatchObject({
      owner: 'ada',
      project_id: 'animals',
      status: { type: 'active' },
    })
  })

  test('leave a timeline that opens in a trace viewer', async () => {
    const { session, model } = await client.newModel()
    await client.run('forward_backward', trainBody(model, 1, [textDatum('ab')]))
    const { body } = await get(`sessions/${session}/trace_export`)
    expect(body['status']).toBe('ready')
    const file = await client.backend.fetch(new Request(body['url'] as string))
    const { traceEvents } = (await file.json()) as { traceEvents: Json[] }
    const runs = traceEvents.filter((event) => event['ph'] === 'X' && event['name'] !== 'queued')
    expect(runs.map((event) => event['name'])).toEqual(['create_model', 'forward_backward'])
    expect((await get('sessions/none/trace_export')).status).toBe(404)
  })
})

describe('a checkpoint', () => {
  test('downloads as a tar that holds the adapter for PEFT and the optimizer, without a key, for a while', async () => {
    const { model } = await client.newModel()
    await client.run('forward_backward', trainBody(model, 1, [textDatum('abc')]))
    await client.run('optim_step', { model_id: model, seq_id: 2, adam_params: {} })
    await client.run('save_weights', { model_id: model, seq_id: 3, path: 'one', user_metadata: { step: '1' } })
    const route = `training_runs/${model}/checkpoints/weights/one/archive`
    const asked = await client.backend.fetch(
      new Request(`http://backend/api/v1/${route}`, { headers: { accept: 'application/gzip' }, redirect: 'manual' }),
    )
    expect(asked.status).toBe(302)
    expect(Date.parse(asked.headers.get('expires')!)).toBeGreaterThan(Date.now())
    const { body } = await get(route)
    for (const url of [asked.headers.get('location')!, body['url'] as string]) {
      const answer = await client.backend.fetch(new Request(url))
      const tar = new Uint8Array(await answer.arrayBuffer())
      const files = untar(tar)
      expect([...files.keys()]).toEqual([
        'adapter_config.json',
        'adapter_model.safetensors',
        'optimizer_state.json',
        'optimizer_m.safetensors',
        'optimizer_v.safetensors',
      ])
      const config = JSON.parse(new TextDecoder().decode(files.get('adapter_config.json'))) as Json
      expect(config).toMatchObject({ peft_type: 'LORA', r: 4, lora_alpha: 32, base_model_name_or_path: 'test/tiny' })
      expect(config['target_modules']).toContain('q_proj')
      const tensors = readSafetensors(files.get('adapter_model.safetensors')!)
      const a = tensors.get('base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight')!
      expect(a.shape).toEqual([4, 32])
      expect(tensors.size).toBe(readSafetensors(files.get('optimizer_v.safetensors')!).size)
    }
    expect((await get('downloads/0123/one.tar')).status).toBe(404)
    const listed = (await get(`training_runs/${model}/checkpoints`)).body['checkpoints'] as Json[]
    expect(listed[0]).toMatchObject({ user_metadata: { step: '1' } })
  })

  test('stands in the audit from its making to its end', async () => {
    const { model } = await client.newModel()
    await client.run('save_weights_for_sampler', { model_id: model, seq_id: 1, path: 's' })
    await client.call('DELETE', `training_runs/${model}/checkpoints/sampler_weights/s`)
    const today = new Date().toISOString().slice(0, 10)
    const { body } = await get(`audit?event_type=checkpoints&day=${today}`)
    const mine = (body['entries'] as Json[]).filter((entry) => entry['model_id'] === model)
    expect(mine.map((entry) => entry['event'])).toEqual(['checkpoint_created', 'checkpoint_deleted'])
    expect(mine[0]!['tinker_path']).toBe(`tinker://${model}/sampler_weights/s`)
    expect((await get('audit?day=2020-01-01')).body['entries']).toEqual([])
    expect((await get('audit?day=yesterday')).status).toBe(400)
  })
})

describe('usage', () => {
  test('counts tokens by hour, session and kind, and what is stored', async () => {
    const { session, model } = await client.newModel()
    await client.run('forward_backward', trainBody(model, 1, [textDatum('abcdef')]))
    await client.run('save_weights_for_sampler', { model_id: model, seq_id: 2, path: 's' })
    const sampling = {
      model_path: `tinker://${model}/sampler_weights/s`,
      session_id: session,
      sampling_session_seq_id: 3,
    }
    const { sampling_session_id } = (await client.post('create_sampling_session', sampling)).body
    await client.run('asample', { ...ask, sampling_session_id, seq_id: 0, num_samples: 3 })
    const hour = 3_600_000
    const from = Math.floor(Date.now() / hour) * hour
    const window = (a: number, b: number): string =>
      `billing/usage/events?starting_on=${new Date(a).toISOString()}&ending_before=${new Date(b).toISOString()}`
    const { body } = await get(window(from, from + hour))
    const mine = (body['data'] as Json[]).filter((event) => event['session_id'] === session)
    const info = mine.map((event) => event['event_info'] as Json)
    expect(info).toContainEqual({ type: 'training', token_count: 5 })
    expect(info).toContainEqual({ type: 'sampling_prefill', cached: false, token_count: 2 })
    expect(info).toContainEqual({ type: 'sampling_prefill', cached: true, token_count: 4 })
    expect(info).toContainEqual({ type: 'sampling_sample', token_count: 9 })
    expect(info).toContainEqual({ type: 'checkpoint', count: 1 })
    expect(info.some((i) => i['type'] === 'storage' && (i['gigabyte_hours'] as number) > 0)).toBe(true)
    expect(body['sessions']).toHaveProperty([session])
    expect((await get(window(from + 1, from + hour))).status).toBe(400)
    expect((await get(window(from - 400 * hour, from))).status).toBe(400)
    const current = (await get('billing/usage/checkpoints/current')).body['data'] as Json[]
    expect(current[0]!['checkpoint_count']).toBeGreaterThan(0)
  })
})

describe('credentials', () => {
  test('are exchanged for a token that opens the same doors and names its owner', async () => {
    const locked = backendClient({ apiKey: 'tml-secret', owner: 'ada' })
    const send = (path: string, key: string, method = 'GET'): Promise<Response> =>
      locked.backend.fetch(new Request(`http://backend/api/v1/${path}`, { method, headers: { 'x-api-key': key } }))
    const { jwt } = (await (await send('auth/token', 'tml-secret', 'POST')).json()) as { jwt: string }
    const claims = JSON.parse(atob(jwt.split('.')[1]!)) as Json
    expect(claims).toMatchObject({ sub: 'tml:user:ada', org_id: 'ada', exp: expect.any(Number) })
    expect((await send('sessions', jwt)).status).toBe(200)
    const [head, body, signature] = jwt.split('.')
    const forged = btoa(JSON.stringify({ ...claims, exp: 9e12 })).replaceAll('=', '')
    expect((await send('sessions', `${head}.${forged}.${signature}`)).status).toBe(401)
    expect((await send('sessions', `${head}.${body}.x`)).status).toBe(401)
    expect((await send('sessions', 'a.b.c')).status).toBe(401)
    expect(await (await send('auth/apikey/me', 'tml-secret')).json()).toMatchObject({ name: 'local' })
    expect((await send('auth/apikey/me', 'tml-secret', 'DELETE')).status).toBe(403)
    await locked.backend.close()
  })
})

/** Names and contents of a plain tar. */
function untar(tar: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const text = (at: number, length: number): string =>
    new TextDecoder().decode(tar.subarray(at, at + length)).replace(/\0.*$/s, '')
  for (let at = 0; tar[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, 12), 8)
    files.set(text(at, 100), tar.slice(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}
