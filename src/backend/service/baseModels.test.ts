/** Two base models side by side: each is opened by whoever uses it, and what is saved of one stays with it. */
import { describe, expect, test } from 'vitest'
import { backendClient, textDatum, trainBody } from './testing/backendClient.ts'
import { tinyModel } from './testing/tinyModel.ts'
import type { ModelFolder } from './baseModels.ts'
import type { BackendClient } from './testing/backendClient.ts'

const WEIGHTS = 'model.safetensors'

/** A folder that counts how often its weights are read. */
function counted(name: string, seed: number): { folder: ModelFolder; reads: () => number } {
  const folder = tinyModel(name, seed)
  const weights = folder.files[WEIGHTS] as () => Promise<Uint8Array>
  let reads = 0
  const read = (): Promise<Uint8Array> => {
    reads++
    return weights()
  }
  return { folder: { name, files: { ...folder.files, [WEIGHTS]: read } }, reads: () => reads }
}

function pair(): { client: BackendClient; reads: () => number[] } {
  const [first, second] = [counted('test/first', 1), counted('test/second', 2)]
  const client = backendClient({ models: [first.folder, second.folder] })
  return { client, reads: () => [first.reads(), second.reads()] }
}

async function newModel(
  client: BackendClient,
  base_model: string,
  session_id: unknown,
  model_seq_id = 0,
): Promise<unknown> {
  const lora_config = { rank: 4, seed: 1 }
  const { model_id } = await client.run('create_model', { session_id, model_seq_id, base_model, lora_config })
  return model_id
}

describe('two base models', () => {
  test('are both listed with their sizes, the first one first, and no weights are read for it', async () => {
    const { client, reads } = pair()
    const { body } = await client.call('GET', 'get_server_capabilities')
    const listed = body['supported_models'] as { model_name: string; parameters: number }[]
    expect(listed.map((model) => model.model_name)).toEqual(['test/first', 'test/second'])
    expect(listed.every((model) => model.parameters > 10_000)).toBe(true)
    expect(reads()).toEqual([0, 0])
  })

  test('are opened when they are used, once each', async () => {
    const { client, reads } = pair()
    const { session_id } = (await client.post('create_session', {})).body
    const model = await newModel(client, 'test/first', session_id)
    await client.run('forward_backward', trainBody(model as string, 1, [textDatum('abcab')]))
    expect(reads()).toEqual([1, 0])
    await client.post('create_sampling_session', { session_id, sampling_session_seq_id: 0, base_model: 'test/second' })
    expect(reads()).toEqual([1, 0])
    await Promise.all([1, 2].map((n) => newModel(client, 'test/second', session_id, n)))
    expect(reads()).toEqual([1, 1])
  })

  test('keep their checkpoints apart', async () => {
    const { client } = pair()
    const { session_id } = (await client.post('create_session', {})).body
    const [model, other] = [
      await newModel(client, 'test/first', session_id),
      await newModel(client, 'test/second', session_id, 1),
    ]
    const { path } = await client.run('save_weights', { model_id: model, seq_id: 1, path: 'a' })
    const refused = await client.post('load_weights', { model_id: other, seq_id: 1, path })
    expect(refused).toMatchObject({ status: 400, body: { category: 'user' } })
    expect(String(refused.body['detail'])).toContain('belongs to test/first, not to test/second')
    const saved = await client.run('save_weights_for_sampler', { model_id: model, seq_id: 2, path: 'b' })
    const open = { session_id, sampling_session_seq_id: 1, model_path: saved['path'] }
    const wrong = await client.post('create_sampling_session', { ...open, base_model: 'test/second' })
    expect(wrong.status).toBe(400)
    expect(JSON.stringify(wrong.body)).toContain('belongs to the base model test/first, not to test/second')
    expect((await client.post('create_sampling_session', open)).status).toBe(200)
  })
})
