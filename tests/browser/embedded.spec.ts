import { expect, test } from '@playwright/test'
import { openBackend } from './backendPort.ts'
import type { BackendPage, Json } from './backendPort.ts'

const BASE = 'tunegraph/tiny-1m'
const text = 'banana split'
const tokens = [...new TextEncoder().encode(text)]
const datum = {
  model_input: { chunks: [{ type: 'encoded_text', tokens: tokens.slice(0, -1) }] },
  loss_fn_inputs: { target_tokens: { data: tokens.slice(1), dtype: 'int64', shape: [tokens.length - 1] } },
}

async function newModel(backend: BackendPage, rank: number): Promise<{ session: unknown; model: unknown }> {
  const { session_id } = await backend.call('POST', 'create_session', {})
  const lora_config = { rank, seed: 1 }
  const create = { session_id, model_seq_id: 0, base_model: BASE, lora_config }
  return { session: session_id, model: (await backend.run('create_model', create))['model_id'] }
}

async function step(backend: BackendPage, model: unknown, seq: number): Promise<unknown> {
  const forward_backward_input = { data: [datum], loss_fn: 'cross_entropy' }
  const out = await backend.run('forward_backward', { model_id: model, seq_id: seq, forward_backward_input })
  await backend.run('optim_step', { model_id: model, seq_id: seq + 1, adam_params: { learning_rate: 0.01 } })
  return out['loss_fn_outputs'] ?? out
}

async function checkpoints(backend: BackendPage): Promise<unknown[]> {
  const { checkpoints: listed } = await backend.call('GET', 'checkpoints')
  return (listed as Json[]).map((checkpoint) => checkpoint['tinker_path'])
}

test('what was saved is there after a reload: listed, sampled from, trained on to the same bit, and results are kept', async ({
  page,
}) => {
  const backend = await openBackend(page)
  const { session, model } = await newModel(backend, 4)
  await step(backend, model, 1)
  const submitted = await backend.call('POST', 'save_weights', { model_id: model, seq_id: 3, path: 'one' })
  const saved = await backend.poll(submitted['request_id'])
  const { path: sampler } = await backend.run('save_weights_for_sampler', { model_id: model, seq_id: 4, path: 'one' })
  const open = { session_id: session, sampling_session_seq_id: 0, model_path: sampler }
  const { sampling_session_id } = await backend.call('POST', 'create_sampling_session', open)
  const sample = (seq_id: number): Promise<Json> =>
    backend.run('asample', {
      sampling_session_id,
      seq_id,
      prompt: { chunks: [{ type: 'encoded_text', tokens }] },
      sampling_params: { max_tokens: 8, temperature: 0, stop: [] },
    })
  const said = await sample(0)
  expect((said['sequences'] as Json[])[0]!['tokens']).toHaveLength(8)
  const before = await step(backend, model, 5)
  // Results are written behind the answers, in batches.
  await page.waitForTimeout(1500)

  await backend.reload()
  expect(await checkpoints(backend)).toEqual([sampler, saved['path']])
  expect(await backend.poll(submitted['request_id'])).toEqual(saved)
  // The same sampling session goes on, over the named weights.
  expect((await sample(1))['sequences']).toEqual(said['sequences'])
  const again = await newModel(backend, 4)
  await backend.run('load_weights', { model_id: again.model, seq_id: 1, path: saved['path'], optimizer: true })
  expect(await step(backend, again.model, 2)).toEqual(before)
  // The model itself was in memory; its answer says what to do.
  expect(await backend.call('POST', 'optim_step', { model_id: model, seq_id: 9, adam_params: {} })).toMatchObject({
    status: 404,
    detail: expect.stringContaining('create one from a saved state'),
  })
})

test('storage of the browser that is full fails the save in words; nothing saved is lost, training goes on', async ({
  page,
  baseURL,
}) => {
  const devtools = await page.context().newCDPSession(page)
  const quota = (quotaSize?: number): Promise<unknown> =>
    devtools.send('Storage.overrideQuotaForOrigin', {
      origin: baseURL!,
      ...(quotaSize === undefined ? {} : { quotaSize }),
    })
  // Before anything is written: Chromium remembers for a while how much room it found.
  await quota(14_000_000)
  const backend = await openBackend(page)
  const { model } = await newModel(backend, 64)
  await step(backend, model, 1)
  const save = (seq: number, path: string): Promise<Json> =>
    backend.run('save_weights', { model_id: model, seq_id: seq, path, overwrite: true })
  // About 9 MB with the optimizer's moments.
  const kept = await save(3, 'kept')
  expect(kept).toHaveProperty('path')
  const full = { category: 'server', error: expect.stringMatching(/^the storage of this browser is full/) }
  expect(await save(4, 'lost')).toMatchObject(full)
  expect(await save(5, 'kept')).toMatchObject(full)
  expect(await checkpoints(backend)).toEqual([kept['path']])
  expect(await step(backend, model, 6)).toHaveLength(1)

  await quota()
  const later = await save(8, 'later')
  expect(later).toHaveProperty('path')
  await backend.reload()
  expect(await checkpoints(backend)).toEqual([later['path'], kept['path']])
  const again = await newModel(backend, 64)
  const loaded = await backend.run('load_weights', { model_id: again.model, seq_id: 1, path: kept['path'] })
  expect(loaded).toMatchObject({ type: 'load_weights' })
})
