/** The client's features and reports against the embedded backend, with nothing in between but the wire. */
import { expect, onTestFinished, test } from 'vitest'
import { createEmbeddedBackend } from '../../backend/index.ts'
import { memoryBlobStore } from '../../backend/storage/blobStore.ts'
import { tinyModel } from '../../backend/service/testing/tinyModel.ts'
import { createServiceClient } from '../serviceClient.ts'
import { Zstd } from '@hpcc-js/wasm-zstd'
import { datum } from '../testing/fixtures.ts'
import { FEATURE_NAMES } from './features.ts'
import type { ServiceConfig } from '../config.ts'
import type { ServiceClient } from '../serviceClient.ts'

function started(
  config: Partial<ServiceConfig> = {},
  clientFlags: Record<string, boolean> = { proto_compress_fwdbwd: true },
): {
  service: ServiceClient
  seen: string[]
  encodings: Set<string | null>
} {
  const seen: string[] = []
  const encodings = new Set<string | null>()
  const backend = createEmbeddedBackend({
    models: [tinyModel()],
    storage: memoryBlobStore(),
    engine: { simd: 'strict' },
    apiKey: 'tml-own',
    clientFlags,
    decompress: { zstd: async (bytes) => new Uint8Array((await Zstd.load()).decompress(bytes)) },
  })
  onTestFinished(() => backend.close())
  const service = createServiceClient({
    baseUrl: 'http://backend',
    apiKey: 'tml-own',
    fetch: (request) => {
      seen.push(`${request.method} ${request.url.split('/api/v1/')[1]}`)
      if (request.url.endsWith('/forward_backward')) encodings.add(request.headers.get('content-encoding'))
      return backend.fetch(request)
    },
    ...config,
  })
  onTestFinished(() => service.close())
  return { service, seen, encodings }
}

test('our own server has every feature that can be seen from outside, and the asking changes nothing', async () => {
  const { service, seen } = started()
  const report = await service.getFeatures()
  const unknown = FEATURE_NAMES.filter((feature) => report[feature].has === 'unknown')
  expect(unknown).toEqual(['jsonBodies', 'promptLogprobs', 'topkPromptLogprobs'])
  expect(FEATURE_NAMES.filter((feature) => report[feature].has === 'no')).toEqual([])
  expect(seen.filter((line) => !line.startsWith('GET '))).toEqual(['POST client/config'])
})

test('a step with compressed data is the step with plain data', async () => {
  const data = [1, 2, 3, 4].map((n) => datum(...Array.from({ length: 60 }, (_, i) => (n * i) % 50)))
  const losses: unknown[] = []
  const sent: (string | null)[][] = []
  for (const loadCompressor of [undefined, () => Promise.resolve(undefined)]) {
    const { service, encodings } = started(loadCompressor === undefined ? {} : { loadCompressor })
    const training = await service.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 2, seed: 1 })
    losses.push((await training.forwardBackward(data, 'cross_entropy').result()).metrics)
    sent.push([...encodings])
  }
  expect(sent).toEqual([['zstd'], [null]])
  expect(losses[0]).toEqual(losses[1])
})

test('a report is taken', async () => {
  const { service, seen } = started({ telemetry: true })
  await service.createSamplingClient({ baseModel: 'test/tiny' })
  const reporter = (await service.telemetry())!
  reporter.log('hello')
  expect([await reporter.flush(), reporter.dropped]).toEqual([true, 0])
  await service.close()
  expect(seen.filter((line) => line === 'POST telemetry').length).toBeGreaterThanOrEqual(2)
})

test('with short-lived tokens one exchange serves a whole session', async () => {
  const changes: string[] = []
  const { service } = started({}, { pjwt_auth_enabled: true })
  const stop = service.events.on('token', ({ change }) => changes.push(change))
  const sampler = await service.createSamplingClient({ baseModel: 'test/tiny' })
  expect(
    (await sampler.sample({ prompt: Int32Array.of(1), params: { maxTokens: 2 } }).result()).sequences,
  ).toHaveLength(1)
  expect(await service.whoami()).toMatchObject({ userUrn: expect.stringMatching(/^tml:/) as string })
  stop()
  expect(changes).toEqual(['renewed'])
})
