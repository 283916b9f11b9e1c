import { describe, expect, test } from 'vitest'
import { Futures } from './futures.ts'
import { systemClock } from './clock.ts'
import { backendClient, samplePrompt, textDatum, trainBody } from './testing/backendClient.ts'
import { memoryBlobStore } from '../storage/blobStore.ts'
import { tinyModel } from './testing/tinyModel.ts'
import type { BlobStore } from '../storage/blobStore.ts'
import type { Clock } from './clock.ts'

/** Time stands still but for what a test adds; sleeping waits only for the signal. */
function handClock(): Clock & { add(ms: number): void } {
  let now = 1_700_000_000_000
  return {
    now: () => now,
    add: (ms) => void (now += ms),
    sleep: (_ms, signal) => systemClock.sleep(2000, signal),
  }
}

describe('sessions', () => {
  test('end when their client falls silent, with their models, and others go on', async () => {
    const clock = handClock()
    const client = backendClient({ clock, sessionSilentMs: 60_000 })
    const silent = await client.newModel()
    const alive = await client.newModel()
    clock.add(50_000)
    expect((await client.post('session_heartbeat', { session_id: alive.session })).status).toBe(200)
    clock.add(20_000)
    const gone = await client.post('forward_backward', trainBody(silent.model, 1, [textDatum('ab')]))
    expect(gone).toMatchObject({ status: 410, body: { detail: expect.stringMatching(/unloaded/) as string } })
    expect((await client.post('session_heartbeat', { session_id: silent.session })).status).toBe(410)
    expect((await client.post('session_heartbeat', { session_id: 'other' })).status).toBe(404)
    const still = await client.run('forward_backward', trainBody(alive.model, 1, [textDatum('ab')]))
    expect(still['loss_fn_outputs']).toHaveLength(1)
    await client.backend.close()
  })

  test('can be finished, and an unloaded model says so after what it had accepted', async () => {
    const client = backendClient()
    const { session, model } = await client.newModel()
    const pending = await client.post('forward_backward', trainBody(model, 1, [textDatum('ab')]))
    const unloaded = await client.run('unload_model', { model_id: model })
    expect(unloaded).toMatchObject({ model_id: model })
    expect(await client.poll(pending.body['request_id'] as string)).toHaveProperty('metrics')
    expect((await client.post('get_info', { model_id: model })).status).toBe(410)
    expect((await client.post(`sessions/${session}/finish`, {})).status).toBe(200)
    expect((await client.post('session_heartbeat', { session_id: session })).status).toBe(410)
    await client.backend.close()
  })
})

describe('ephemeral sampler weights', () => {
  test('stay usable and unchanged however many later ones push them out of the engine', async () => {
    const client = backendClient()
    const { model } = await client.newModel()
    const ask = async (sampler: unknown): Promise<unknown> => {
      const params = { max_tokens: 8, seed: 3, stop: [] }
      const body = { sampling_session_id: sampler, prompt: samplePrompt('ab'), sampling_params: params }
      return (await client.run('asample', body))['sequences']
    }
    const samplers: unknown[] = []
    const first: unknown[] = []
    for (let i = 0; i < 20; i++) {
      await client.run('forward_backward', trainBody(model, 3 * i + 1, [textDatum('abcabc')]))
      await client.run('optim_step', { model_id: model, seq_id: 3 * i + 2, adam_params: { learning_rate: 0.01 } })
      const saved = await client.run('save_weights_for_sampler', {
        model_id: model,
        seq_id: 3 * i + 3,
        sampling_session_seq_id: i,
      })
      samplers.push(saved['sampling_session_id'])
      first.push(await ask(samplers[i]))
    }
    const again = await Promise.all(samplers.map(ask))
    expect(again).toEqual(first)
    expect(new Set(first.map((f) => JSON.stringify(f))).size).toBeGreaterThan(5)
    await client.backend.close()
  })
})

describe('faults around the service', () => {
  test('a full disk fails the save with the system’s words, and the model trains on', async () => {
    let full = true
    const blobs = memoryBlobStore()
    const storage: BlobStore = {
      ...blobs,
      put: (key, bytes) =>
        full && key.startsWith('data/') ? Promise.reject(new Error('ENOSPC: no space left')) : blobs.put(key, bytes),
    }
    const client = backendClient({ storage })
    const { model } = await client.newModel()
    const failed = await client.run('save_weights', { model_id: model, seq_id: 1, path: 'a' })
    expect(failed).toEqual({ category: 'server', error: expect.stringMatching(/ENOSPC/) as string })
    expect((await client.call('GET', 'checkpoints')).body['checkpoints']).toEqual([])
    full = false
    expect(await client.run('save_weights', { model_id: model, seq_id: 2, path: 'a' })).toHaveProperty('path')
    await client.backend.close()
  })

  test('a model folder that cannot be run fails what needs it, with its words', async () => {
    const { files } = tinyModel()
    const cut = new Uint8Array(100)
    const client = backendClient({ models: [{ name: 'test/tiny', files: { ...files, 'model.safetensors': cut } }] })
    const { session_id } = (await client.post('create_session', {})).body
    const create = { session_id, model_seq_id: 0, base_model: 'test/tiny', lora_config: { rank: 2 } }
    expect(await client.run('create_model', create)).toEqual({
      category: 'server',
      error: expect.stringMatching(/test\/tiny cannot be opened/) as string,
    })
    const other = backendClient({ models: [{ name: 'a/b', files: {} }] })
    const listed = await other.call('GET', 'get_server_capabilities')
    expect(listed).toMatchObject({ status: 500, body: { detail: 'the model a/b has no config.json' } })
    await Promise.all([client.backend.close(), other.backend.close()])
  })
})

describe('results', () => {
  test('are kept until space or time runs out; then they are gone, not unknown', async () => {
    const clock = handClock()
    let issued = 0
    const ids = (): string => `r${++issued}`
    const about = { kind: 'sample', modelId: null, sessionId: null }
    const futures = new Futures({ clock, newId: ids, limits: { keepMs: 1000, keepBytes: 700 } })
    const done = async (): Promise<string> => {
      const { requestId } = futures.run(about, () => Promise.resolve({ kind: 'json', body: {} }))
      await futures.poll(requestId, 10)
      return requestId
    }
    const [a, b, c] = [await done(), await done(), await done()]
    await expect(futures.poll(a, 0)).rejects.toMatchObject({ status: 410 })
    expect(await futures.poll(b, 0)).toMatchObject({ ok: true })
    clock.add(1000)
    await expect(futures.poll(c, 0)).rejects.toMatchObject({ status: 410 })
    await expect(futures.poll('never', 0)).rejects.toMatchObject({ status: 404 })
  })
})
