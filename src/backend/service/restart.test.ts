/** What is left when the same storage is opened again: by a server after its end, by a page after a reload. */
import { describe, expect, test } from 'vitest'
import { randomIds } from '../../base/ids.ts'
import { memoryBlobStore, StorageFull } from '../storage/blobStore.ts'
import { backendClient, samplePrompt, textDatum, trainBody } from './testing/backendClient.ts'
import type { BlobStore } from '../storage/blobStore.ts'
import type { BackendClient } from './testing/backendClient.ts'

const params = { max_tokens: 4, seed: 3, stop: [] }

function life(storage: BlobStore, more: Parameters<typeof backendClient>[0] = {}): BackendClient {
  return backendClient({ storage, ids: randomIds, ...more })
}

describe('after a restart', () => {
  test('results can still be fetched, in either encoding; what was not done is lost, not unknown', async () => {
    const storage = memoryBlobStore()
    const first = life(storage)
    const { model } = await first.newModel()
    const trained = await first.post('forward_backward', trainBody(model, 1, [textDatum('hello')]))
    const id = trained.body['request_id'] as string
    const result = await first.poll(id)
    const failed = (await first.post('optim_step', { model_id: model, seq_id: 2, adam_params: {} })).body
    await first.poll(failed['request_id'] as string)
    const refused = (await first.post('optim_step', { model_id: model, seq_id: 3, adam_params: {} })).body
    const refusal = await first.poll(refused['request_id'] as string)
    const long = {
      base_model: 'test/tiny',
      prompt: samplePrompt('a'),
      num_samples: 200,
      sampling_params: { max_tokens: 60 },
    }
    const waiting = (await first.post('asample', long)).body['request_id']
    await first.backend.close()

    const second = life(storage)
    expect(await second.poll(id)).toEqual(result)
    expect((await second.pollProto(id)).length).toBeGreaterThan(20)
    expect(await second.poll(refused['request_id'] as string)).toEqual(refusal)
    expect((await second.post('retrieve_future', { request_id: waiting })).status).toBe(410)
    expect((await second.post('retrieve_future', { request_id: 'req_never-1' })).status).toBe(404)
    await second.backend.close()
  })

  test('sessions live on, and sample from the base model and from what was saved under a name', async () => {
    const storage = memoryBlobStore()
    const first = life(storage)
    const { session, model } = await first.newModel()
    await first.run('forward_backward', trainBody(model, 1, [textDatum('hello')]))
    await first.run('optim_step', { model_id: model, seq_id: 2, adam_params: { learning_rate: 0.05 } })
    const { path } = await first.run('save_weights_for_sampler', { model_id: model, seq_id: 3, path: 's' })
    const open = async (seq: number, what: Record<string, unknown>): Promise<unknown> => {
      const body = { session_id: session, sampling_session_seq_id: seq, ...what }
      return (await first.post('create_sampling_session', body)).body['sampling_session_id']
    }
    const samplers = [await open(0, { base_model: 'test/tiny' }), await open(1, { model_path: path })]
    const ephemeral = await first.run('save_weights_for_sampler', {
      model_id: model,
      seq_id: 4,
      sampling_session_seq_id: 2,
    })
    const ask = async (client: BackendClient, id: unknown): Promise<unknown> => {
      const body = {
        sampling_session_id: id,
        prompt: samplePrompt('he'),
        prompt_logprobs: true,
        sampling_params: params,
      }
      const { sequences, prompt_logprobs } = await client.run('asample', body)
      return { sequences, prompt_logprobs }
    }
    const before = [await ask(first, samplers[0]), await ask(first, samplers[1])]
    expect(before[0]).not.toEqual(before[1])
    await first.backend.close()

    const second = life(storage)
    expect((await second.post('session_heartbeat', { session_id: session })).status).toBe(200)
    expect([await ask(second, samplers[0]), await ask(second, samplers[1])]).toEqual(before)
    const gone = {
      sampling_session_id: ephemeral['sampling_session_id'],
      prompt: samplePrompt('a'),
      sampling_params: params,
    }
    expect(await second.post('asample', gone)).toMatchObject({
      status: 404,
      body: { detail: expect.stringMatching(/unnamed weights end with the server/) as string },
    })
    const shown = (await second.call('GET', `sessions/${session}`)).body
    expect(shown['training_run_ids']).toEqual([model])
    expect(shown['sampler_ids']).toEqual(expect.arrayContaining(samplers))
    await second.post(`sessions/${session}/finish`, { reason: { type: 'success' } })
    await second.backend.close()

    const third = life(storage)
    expect((await third.post('session_heartbeat', { session_id: session })).status).toBe(410)
    expect((await third.call('GET', `samplers/${samplers[0] as string}`)).status).toBe(404)
    const entries = (await third.call('GET', 'audit')).body['entries'] as { event: string }[]
    expect(entries.map((entry) => entry.event)).toContain('checkpoint_created')
    await third.backend.close()
  })
})

describe('storage without room', () => {
  test('by the limit of the server: the save fails with figures, deleting makes room, the model trains on', async () => {
    const client = life(memoryBlobStore(), { quotaBytes: 100_000 })
    const { model } = await client.newModel({ rank: 16 })
    const save = (seq: number, path: string) =>
      client.run('save_weights_for_sampler', { model_id: model, seq_id: seq, path })
    let seq = 0
    let failed: Record<string, unknown> = {}
    while (!('error' in failed)) failed = await save(++seq, `s${seq}`)
    expect(seq).toBeGreaterThan(1)
    expect(failed).toEqual({
      category: 'server',
      error: expect.stringMatching(/limit of this server is 0\.1 MB/) as string,
    })
    await client.call('DELETE', `training_runs/${model}/checkpoints/sampler_weights/s1`)
    expect(await save(++seq, 'again')).toHaveProperty('path')
    expect(await client.run('forward_backward', trainBody(model, ++seq, [textDatum('ab')]))).toHaveProperty('metrics')
    await client.backend.close()
  })

  test('at all: nothing is half there, clients are served on, and saves work again once there is room', async () => {
    const blobs = memoryBlobStore()
    let full = false
    const storage: BlobStore = {
      ...blobs,
      put: (key, bytes) => (full ? Promise.reject(new StorageFull('the disk is full')) : blobs.put(key, bytes)),
    }
    const client = life(storage)
    const { model } = await client.newModel()
    full = true
    const failure = { category: 'server', error: 'the disk is full' }
    expect(await client.run('save_weights', { model_id: model, seq_id: 1, path: 'a' })).toEqual(failure)
    // Said before an hour of training, not after it.
    const { session_id } = (await client.post('create_session', {})).body
    const create = { session_id, model_seq_id: 0, base_model: 'test/tiny', lora_config: { rank: 2 } }
    expect(await client.run('create_model', create)).toEqual(failure)
    expect(await client.run('forward_backward', trainBody(model, 2, [textDatum('ab')]))).toHaveProperty('metrics')
    expect((await client.call('GET', 'checkpoints')).body['checkpoints']).toEqual([])
    full = false
    expect(await client.run('save_weights', { model_id: model, seq_id: 3, path: 'a' })).toHaveProperty('path')
    await client.backend.close()
  })
})
