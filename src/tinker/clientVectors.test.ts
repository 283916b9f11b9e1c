/** The shared vectors, for the areas in which the client acts: what it sends and how it takes what comes back. */
import { describe, expect, test } from 'vitest'
import { clientOf, datum, failureOfRejection, startPeer } from './testing/fixtures.ts'
import { defaultReason } from './session/queueState.ts'
import { vectorsOf } from './testing/vectors.ts'
import { decoding } from './wire/wireError.ts'
import { chunkLength, readChunk } from './wire/modelInput.ts'
import { clientConfigResponse } from './wire/responses.ts'
import { readShape } from './wire/shape.ts'
import type { SampleRequest } from './samplingClient.ts'
import type { Peer } from './testing/peer.ts'
import type { QueueState } from './wire/futureAnswer.ts'

type JsonRequest = { path?: string; args?: Record<string, unknown> }
const bodies = vectorsOf<JsonRequest, Record<string, unknown>>('json_request')

function bodyOf(name: string): Record<string, unknown> {
  return bodies.find((v) => v.name.startsWith(name))!.expected
}

/** Ids and numbers are this conversation's; everything else must be as in the vector. */
function renumbered(body: unknown, like: Record<string, unknown>): unknown {
  const own = body as Record<string, unknown>
  const ids = ['session_id', 'model_id', 'seq_id', 'sampling_session_id', 'sampling_session_seq_id', 'model_seq_id']
  return { ...own, ...Object.fromEntries(ids.filter((id) => id in own && id in like).map((id) => [id, like[id]])) }
}

function expectBody(peer: Peer, path: string, index: number, name: string): void {
  const expected = bodyOf(name)
  expect(renumbered(peer.requests(path).at(index)!.body, expected), name).toEqual(expected)
}

test('bodies are those of the official client', async () => {
  const peer = await startPeer()
  const service = clientOf(peer, { tuning: { heartbeatMs: 5 } })
  const training = await service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-8B' })
  expectBody(peer, 'create_model', 0, 'create model, defaults')
  const futures = [
    training.optimStep(),
    training.saveState('ck'),
    training.saveState('ck', { ttlSeconds: 3600, overwrite: true }),
    training.saveWeightsForSampler('n'),
    training.saveWeightsAndGetSamplingClient(),
    training.loadState('tinker://r/weights/1'),
  ]
  await Promise.all(futures.map((future) => future.result()))
  expectBody(peer, 'optim_step', 0, 'optimizer step, default Adam')
  expectBody(peer, 'save_weights', 0, 'save state without')
  expectBody(peer, 'save_weights', 1, 'save state with a time limit')
  expectBody(peer, 'save_weights_for_sampler', 0, 'save sampler weights under a name')
  expectBody(peer, 'save_weights_for_sampler', 1, 'ephemeral')
  expectBody(peer, 'load_weights', 0, 'load weights onto')

  const sampler = await service.createSamplingClient({ modelPath: 'tinker://r/sampler_weights/1' })
  expectBody(peer, 'create_sampling_session', 0, 'sampling session on saved weights')
  const everything: SampleRequest = {
    prompt: Int32Array.of(1),
    numSamples: 4,
    params: { maxTokens: 20, seed: 7, stop: ['\n'], temperature: 0, topK: 5, topP: 0.9 },
    includePromptLogprobs: true,
    topkPromptLogprobs: 3,
  }
  await sampler.sample({ prompt: Int32Array.of(1, 2) }).result()
  await sampler.sample(everything).result()
  expectBody(peer, 'asample', 0, 'sample with defaults')
  expectBody(peer, 'asample', 1, 'sample with everything')

  await service.rest().weightsInfo('tinker://r/weights/1')
  expectBody(peer, 'weights_info', 0, 'weights info')
  expectBody(peer, 'client/config', 0, 'client config')
  while (peer.requests('session_heartbeat').length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  expectBody(peer, 'session_heartbeat', 0, 'heartbeat')
})

test('a model created by loading is asked for by session and number, and named by them', async () => {
  const peer = await startPeer({ flags: { create_model_via_load_weights: true } })
  const training = await clientOf(peer).createTrainingClientFromState('tinker://r/weights/1', { withOptimizer: true })
  expectBody(peer, 'load_weights', 0, 'create by loading')
  expect(training.modelId).toBe('s1:train:0')
})

describe('the first poll', () => {
  const [vector] = vectorsOf<unknown, { body: object; headers: Record<string, string> }>('poll_request')

  test('asks for metadata or result, and offers both forms where two exist', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    await training.forward([datum(1)], 'ppo').result()
    await training.optimStep().result()
    const [, pass, step] = peer.requests('retrieve_future')
    expect(pass!.body).toEqual({ ...vector!.expected.body, request_id: 'forward-2' })
    expect(pass!.headers.accept).toContain(vector!.expected.headers['Accept'])
    expect(step!.headers.accept).toBe('application/json')
  })
})

const KINDS: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  402: 'billing',
  403: 'unauthorized',
  404: 'expired',
  410: 'expired',
  422: 'failed',
}

test.each(vectorsOf<{ status: number }, { kind: string }>('poll_status'))('$name', async (v) => {
  const { status } = v.input
  const peer = await startPeer({ flags: { billing_exception_max_pause_duration_sec: 0 } })
  const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
  const before = peer.requests('retrieve_future').length
  const again = v.expected.kind.startsWith('retry') && status !== 410
  peer.fault('retrieve_future', ...Array.from({ length: again ? 1 : 100 }, () => ({ status, body: '{"detail":"x"}' })))
  if (v.expected.kind === 'retry' || v.expected.kind === 'retry_with_backoff') {
    await training.optimStep().result()
    expect(peer.requests('retrieve_future')).toHaveLength(before + 2)
  } else expect((await failureOfRejection(training.optimStep().result())).kind).toBe(KINDS[status])
})

test('flags that a server does not name are the official defaults', () => {
  const [vector] = vectorsOf<unknown, Record<string, unknown>>('config')
  const read = readShape(clientConfigResponse, {})
  // Newer servers have more flags.
  expect(read.ok && read.value).toMatchObject(vector!.expected)
})

test('a queue state without a reason gets the official one', () => {
  const vector = vectorsOf<[string, QueueState][], string[]>('queue_state_log').find(
    (v) => v.name === 'default reasons',
  )!
  const said = vector.input.map(([what, state]) => defaultReason(state, what === 'sampling' ? 'asample' : 'optim_step'))
  // Ours names no product: the server may be any.
  const ours = vector.expected.map((text) =>
    text.startsWith('Tinker backend') ? 'the server is running short on capacity' : text,
  )
  expect(said).toEqual(ours)
})

test.each(vectorsOf<Record<string, unknown>, number>('chunk_length'))('length of a chunk: $name', (v) => {
  const given: Record<string, unknown> = { ...v.input }
  if (given['type'] === 'encoded_text') given['tokens'] = [1, 2, 3]
  if (given['type'] === 'image') Object.assign(given, { data: 'AQID', format: 'png', expected_tokens: 64 })
  if (given['type'] === 'dmel') given['dmel'] = Buffer.from('04020750', 'hex').toString('base64')
  const chunk = decoding(() => readChunk(given, ''))
  expect(chunk.ok && chunkLength(chunk.value)).toBe(v.expected)
})

describe('the address of an archive', () => {
  type ArchiveInput = { status: number; Location?: string; body?: { url: string; expires: string } }
  const vectors = vectorsOf<ArchiveInput, { url?: string; expires?: string; throws?: string }>('archive_url')

  test.each(vectors)('$name', async (v) => {
    const peer = await startPeer()
    const { status, Location: location, body } = v.input
    peer.fault('training_runs/r/checkpoints/weights/1/archive', {
      status,
      ...(location === undefined ? {} : { headers: { location } }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const asked = Date.now()
    const answer = clientOf(peer).rest().checkpointArchiveUrl('tinker://r/weights/1')
    if (v.expected.throws !== undefined) expect((await failureOfRejection(answer)).kind).toBe('unsupported')
    else {
      const { url, expires } = await answer
      expect(url).toBe(v.expected.url)
      if (body === undefined) expect(Date.parse(expires!) - asked).toBeGreaterThanOrEqual(15 * 60_000)
      else expect(expires).toBe(v.expected.expires)
    }
  })
})
