/** The embedded backend over IndexedDB whose disk is full: as in Node, the save fails in words and nothing else does. */
import { afterEach, describe, expect, test } from 'vitest'
import { StorageFull } from '#src/backend/index.ts'
import { backendClient, textDatum, trainBody } from '#src/backend/service/testing/backendClient.ts'
import type { BackendClient, Json } from '#src/backend/service/testing/backendClient.ts'
import type { Storage } from '#src/persist/storage.ts'
import { mishap } from '#src/persist/testing/diskFull.ts'
import type { Mishap } from '#src/persist/testing/diskFull.ts'
import { freshStorage } from '#src/persist/testing/freshStorage.ts'
import { backendStorage } from './backendStorage.ts'

let undo: () => void = () => undefined
afterEach(() => undo())

const FULL = { name: 'QuotaExceededError', after: 0, times: Infinity, store: 'blobs' } as const
const failure = { category: 'server', error: expect.stringMatching(/^the storage of this browser is full/) as string }

function life(storage: Storage): BackendClient {
  return backendClient({ storage: backendStorage(storage) })
}

const paths = async (client: BackendClient): Promise<unknown[]> => {
  const { body } = await client.call('GET', 'checkpoints')
  return (body['checkpoints'] as Json[]).map((checkpoint) => checkpoint['tinker_path'])
}

describe.each<Mishap['how']>(['throw', 'abort'])('storage of the browser that is full (%s)', (how) => {
  test('fails the save in words; what was saved stays, training goes on, and there is room again', async () => {
    const storage = freshStorage()
    const client = life(storage)
    const { model } = await client.newModel({ rank: 4 })
    const { path: before } = await client.run('save_weights', { model_id: model, seq_id: 1, path: 'a' })
    undo = mishap({ ...FULL, how })
    expect(await client.run('save_weights', { model_id: model, seq_id: 2, path: 'b' })).toEqual(failure)
    // The same name once more: the old one must not be lost to the new one.
    expect(await client.run('save_weights', { model_id: model, seq_id: 3, path: 'a', overwrite: true })).toEqual(
      failure,
    )
    expect(await client.run('save_weights_for_sampler', { model_id: model, seq_id: 4, path: 'c' })).toEqual(failure)
    const trained = await client.run('forward_backward', trainBody(model, 5, [textDatum('ab')]))
    expect(trained).toHaveProperty('metrics')
    expect(await paths(client)).toEqual([before])
    const changed = await client.call('POST', `training_runs/${model}/checkpoints/weights/a/publish`)
    expect(changed).toMatchObject({ status: 507, body: { category: 'server', detail: failure.error } })
    undo()
    const again = await client.run('save_weights', { model_id: model, seq_id: 6, path: 'b' })
    await client.backend.close()

    // The next visit finds both, whole.
    const later = life(storage)
    expect(await paths(later)).toEqual([again['path'], before])
    const { session_id } = (await later.post('create_session', {})).body
    const create = { session_id, model_seq_id: 0, base_model: 'test/tiny', lora_config: { rank: 4 } }
    const { model_id } = await later.run('create_model', create)
    expect(await later.run('load_weights', { model_id, seq_id: 1, path: before })).toMatchObject({
      type: 'load_weights',
    })
    await later.backend.close()
  })
})

test('another failure of the storage is no lack of room', async () => {
  const store = backendStorage(freshStorage())
  undo = mishap({ name: 'UnknownError', after: 0, times: Infinity, how: 'throw', store: 'blobs' })
  const error = await store.put('k', Uint8Array.of(1)).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Error)
  expect(error).not.toBeInstanceOf(StorageFull)
})
