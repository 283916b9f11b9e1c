/** The client and the embedded backend, which has the routes of the newest SDK: nothing in between but the wire. */
import { expect, onTestFinished, test } from 'vitest'
import { countingIds } from '../base/ids.ts'
import { createEmbeddedBackend } from '../backend/index.ts'
import { memoryBlobStore } from '../backend/storage/blobStore.ts'
import { tinyModel } from '../backend/service/testing/tinyModel.ts'
import { awaitAll } from './combine.ts'
import { createServiceClient } from './serviceClient.ts'
import { failureOfRejection, until } from './testing/fixtures.ts'
import type { ServiceClient } from './serviceClient.ts'

type Seen = { readonly path: string; readonly body: Record<string, unknown> | undefined }

function started(clientFlags: Record<string, boolean> = {}): { service: () => ServiceClient; seen: Seen[] } {
  const seen: Seen[] = []
  const backend = createEmbeddedBackend({
    models: [tinyModel()],
    storage: memoryBlobStore(),
    ids: countingIds(),
    engine: { simd: 'strict' },
    holdMs: 2000,
    clientFlags,
  })
  onTestFinished(() => backend.close())
  const service = (): ServiceClient => {
    const client = createServiceClient({
      baseUrl: 'http://backend',
      fetch: async (request) => {
        const path = request.url.split('/api/v1/')[1]!
        const text = request.headers.get('content-type')?.includes('json') ? await request.clone().text() : ''
        seen.push({ path, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) })
        return backend.fetch(request)
      },
    })
    onTestFinished(() => client.close())
    return client
  }
  return { service, seen }
}

const sample = { prompt: Int32Array.of(10, 20, 30), params: { maxTokens: 8, seed: 5 } }

test('one poll for a whole session gives the samples that polls of each give', async () => {
  const results: number[][][] = []
  for (const shared of [true, false]) {
    const { service, seen } = started({ sample_use_retrieve_futures: shared })
    const sampler = await service().createSamplingClient({ baseModel: 'test/tiny' })
    const futures = [1, 2, 3, 4, 5, 6].map((seed) => sampler.sample({ ...sample, params: { maxTokens: 8, seed } }))
    const answers = await awaitAll(futures)
    results.push(answers.map(({ sequences }) => Array.from(sequences[0]!.tokens)))
    expect(seen.some(({ path }) => path === 'retrieve_futures')).toBe(shared)
    if (shared) expect(seen.filter(({ path }) => path === 'retrieve_future')).toHaveLength(6)
  }
  expect(results[0]).toEqual(results[1])
})

test('copies of a sampler are told their places apart by the backend', async () => {
  const { service, seen } = started()
  const sampler = await service().createSamplingClient({ baseModel: 'test/tiny' })
  const copies = [
    await service().samplingClientFrom(sampler.toHandle()),
    await service().samplingClientFrom(sampler.toHandle()),
  ]
  const answers = await awaitAll([sampler, ...copies].map((client) => client.sample(sample)))
  const drawn = answers.map(({ sequences: [sequence] }) => [sequence!.tokens, sequence!.logprobs])
  expect(drawn).toEqual([drawn[0], drawn[0], drawn[0]])
  const numbers = seen.filter(({ path }) => path === 'asample').map(({ body }) => Number(body!['seq_id']))
  expect(numbers.sort((a, b) => a - b)).toEqual([0, 1e9, 2e9])
})

test('a sample that is given up is cancelled on the backend', async () => {
  const { service, seen } = started()
  const client = service()
  const flags: unknown[] = []
  client.events.on('flags', (event) => flags.push(event))
  const sampler = await client.createSamplingClient({ baseModel: 'test/tiny' })
  await until(() => flags.length > 0)
  const future = sampler.sample({ ...sample, params: { maxTokens: 60 }, numSamples: 64 })
  const id = await future.submitted()
  future.cancel()
  expect((await failureOfRejection(future.result())).kind).toBe('aborted')
  await until(() => seen.some(({ path }) => path === 'cancel_future'))
  expect(seen.find(({ path }) => path === 'cancel_future')!.body).toEqual({ request_id: id })
})

test('a session that was finished is over: no model can be made in it, and it says how it ended', async () => {
  const { service } = started()
  const first = service()
  await first.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4 })
  await first.finish('errored', 'out of data')
  const { sessions } = await (await service().rest()).searchSessions()
  expect(sessions).toMatchObject([{ status: 'client_finished' }])
})

test('a model that was unloaded is gone', async () => {
  const { service } = started()
  const training = await service().createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4 })
  expect(await training.unloadModel().result()).toBe(training.modelId)
  expect(await failureOfRejection(training.optimStep().result())).toMatchObject({ kind: 'expired', what: 'model' })
})
