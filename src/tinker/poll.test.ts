/** Polls through the spellings of several servers, by a real one. */
import { describe, expect, test } from 'vitest'
import { clientOf, datum, failureOfRejection, startPeer } from './testing/fixtures.ts'
import { encodeForwardBackwardOutputProto } from './wire/protoForwardBackwardOutput.ts'
import { encodeSampleResultProto } from './wire/protoSample.ts'
import { float32Tensor } from './wire/tensorData.ts'

test('a wait that comes with "not yet" is kept', async () => {
  const peer = await startPeer()
  const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
  const before = peer.requests('retrieve_future').length
  peer.fault('retrieve_future', { status: 408, headers: { 'retry-after-ms': '150' }, body: '{"detail":"pending"}' })
  await training.optimStep().result()
  const [first, second] = peer.requests('retrieve_future').slice(before)
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(145)
})

test('a checkpoint that is still being written is waited for', async () => {
  const peer = await startPeer()
  const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
  peer.fault('retrieve_future', { status: 425, body: '{"detail":"pending"}' })
  expect((await training.saveState('a').result()).path).toContain('/weights/a')
})

test.each([
  [400, '{"error_message":"Unknown request id 7"}', 'expired', 'Unknown request id 7'],
  [400, '{"error_message":"rank is too high","category":"user"}', 'failed', 'rank is too high'],
  [422, '{"detail":"loss is not finite"}', 'failed', 'loss is not finite'],
  [410, '', 'expired', undefined],
])('status %i with %s ends it at once', async (status, body, kind, words) => {
  const peer = await startPeer()
  const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
  const before = peer.requests('retrieve_future').length
  peer.fault('retrieve_future', { status, body })
  const failure = await failureOfRejection(training.optimStep().result())
  expect(failure.kind).toBe(kind)
  expect(failure.serverSays).toBe(words)
  expect(peer.requests('retrieve_future')).toHaveLength(before + 1)
})

describe('a result that stays "not yet" for ever is given up', () => {
  test.each([
    [408, '{"detail":"still waiting"}', 'still waiting'],
    [425, '{"detail":"the checkpoint is being written"}', 'the checkpoint is being written'],
    [425, '<html><title>Something in between</title></html>', 'an HTML page titled "Something in between"'],
    [200, '{"type":"try_again","queue_state":"paused_capacity","queue_state_reason":"full"}', 'paused_capacity: full'],
    [200, '{"type":"try_again","queue_state":"active"}', undefined],
  ])('status %i with %s', async (status, body, words) => {
    const peer = await startPeer()
    const service = clientOf(peer, { tuning: { pollDeadlineMs: 300 } })
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('retrieve_future', ...Array.from({ length: 400 }, () => ({ status, body })))
    const failure = await failureOfRejection(training.optimStep().result({ timeoutMs: 10_000 }))
    expect(failure).toMatchObject({ kind: 'timeout', status, requestId: expect.any(String) as string })
    expect(failure.message).toContain('0.3 s')
    expect(failure.serverSays).toBe(words)
    if (words !== undefined) expect(failure.message).toContain(words)
  })

  test('a server in trouble now and again in between ends it with the trouble or the "not yet"', async () => {
    const peer = await startPeer()
    const service = clientOf(peer, { tuning: { pollDeadlineMs: 300 } })
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    const both = [{ status: 503 }, { status: 408, body: '{"detail":"later"}' }]
    peer.fault('retrieve_future', ...Array.from({ length: 200 }, () => both).flat())
    const failure = await failureOfRejection(training.optimStep().result({ timeoutMs: 10_000 }))
    expect(['timeout', 'unavailable']).toContain(failure.kind)
    expect([408, 503]).toContain(failure.status)
  })

  test('also where all samples share one poll that never names this one', async () => {
    const peer = await startPeer({ flags: { sample_use_retrieve_futures: true, sample_enable_stuck_detection: false } })
    peer.routes.set('retrieve_futures', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { json: { completions: [], cursor: 0 } }
    })
    const sampler = await clientOf(peer, { tuning: { pollDeadlineMs: 300 } }).createSamplingClient({
      baseModel: 'tiny',
    })
    peer.fault('retrieve_future', ...Array.from({ length: 400 }, () => ({ status: 408, body: '{"detail":"later"}' })))
    const failure = await failureOfRejection(sampler.sample({ prompt: Int32Array.of(1) }).result({ timeoutMs: 10_000 }))
    expect(failure).toMatchObject({ kind: 'timeout', serverSays: 'later' })
    expect(peer.requests('retrieve_future')).toHaveLength(1)
  })
})

describe('a protobuf result of another number than was asked for', () => {
  test('of datums is asked for again', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    const whole = encodeForwardBackwardOutputProto({
      lossFnOutputType: 'X',
      lossFnOutputs: [1, 2].map((t) => ({ logprobs: float32Tensor([t]) })),
      metrics: {},
    })
    const short = encodeForwardBackwardOutputProto({ lossFnOutputType: 'X', lossFnOutputs: [], metrics: {} })
    const headers = { 'content-type': 'application/x-protobuf' }
    for (const bytes of [whole, short])
      peer.fault('retrieve_future', { status: 200, headers, body: Buffer.from(bytes) })
    const output = await training.forward([datum(1), datum(2), datum(3)], 'cross_entropy').result()
    expect(output.lossFnOutputs).toHaveLength(3)
  })

  test('of datums for good is malformed, with both numbers', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    const bytes = encodeForwardBackwardOutputProto({
      lossFnOutputType: 'X',
      lossFnOutputs: [{ logprobs: float32Tensor([1]) }],
      metrics: { 'loss:sum': 1 },
    })
    const fault = { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: Buffer.from(bytes) }
    peer.fault('retrieve_future', ...Array.from({ length: 4 }, () => fault))
    const failure = await failureOfRejection(training.forward([datum(1), datum(2)], 'cross_entropy').result())
    expect(failure).toMatchObject({ kind: 'malformed', body: 'unreadable' })
    expect(failure.message).toContain('1 of 2 datums')
  })

  test('of sequences is asked for again', async () => {
    const peer = await startPeer()
    const sampler = await clientOf(peer).createSamplingClient({ baseModel: 'tiny' })
    const bytes = encodeSampleResultProto({
      sequences: [{ tokens: Int32Array.of(7), logprobs: null, stopReason: 'stop' }],
      promptLogprobs: null,
      topkPromptLogprobs: null,
      promptCacheHitTokens: 0,
    })
    const headers = { 'content-type': 'application/x-protobuf' }
    peer.fault('retrieve_future', { status: 200, headers, body: Buffer.from(bytes) })
    const { sequences } = await sampler.sample({ prompt: Int32Array.of(1, 2), numSamples: 2 }).result()
    expect(sequences).toHaveLength(2)
  })

  test('losses without any outputs, as some servers have them, are taken with their metrics', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    const metrics = { 'loss:sum': 1 }
    const bytes = encodeForwardBackwardOutputProto({ lossFnOutputType: 'X', lossFnOutputs: [], metrics })
    const headers = { 'content-type': 'application/x-protobuf' }
    peer.fault('retrieve_future', { status: 200, headers, body: Buffer.from(bytes) })
    const output = await training.forward([datum(1)], 'cross_entropy').result()
    expect(output).toMatchObject({ lossFnOutputs: [], metrics })
  })
})
