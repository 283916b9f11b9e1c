/** Sequences that a server names as it accepts the request can be named in training. */
import { expect, test } from 'vitest'
import { clientOf, datum, startPeer } from '../testing/fixtures.ts'
import type { ForwardBackwardCall } from '../wire/forwardBackward.ts'

test('the ids of the handle are those of the sequences, and travel with the tokens to training', async () => {
  const peer = await startPeer()
  const service = clientOf(peer, { wire: 'protobuf' })
  const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
  const prompt = Int32Array.of(1, 2)
  await sampler.sample({ prompt, numSamples: 2 }).result()
  const [id] = peer.requests('retrieve_future').map(({ body }) => (body as { request_id: string }).request_id)
  peer.fault('asample', { status: 200, body: JSON.stringify({ request_id: id, sample_sequence_ids: ['q-0', 'q-1'] }) })
  const { sequences } = await sampler.sample({ prompt, numSamples: 2 }).result()
  expect(sequences.map(({ sequenceId }) => sequenceId)).toEqual(['q-0', 'q-1'])

  const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
  const spans = [{ of: 'sampled', sequenceId: sequences[0]!.sequenceId!, offset: 0, length: 2 }] as const
  const traced = { ...datum(1, 2), modelInputSpans: spans, lossFnInputSpans: spans }
  await training.forwardBackward([traced], 'cross_entropy').result()
  const sent = peer.requests('forward_backward')[0]!.body as ForwardBackwardCall
  expect(sent.data[0]!.modelInputSpans).toEqual(spans)
})

test('without names, or with a number of them that does not fit, the sequences have none', async () => {
  const peer = await startPeer()
  const sampler = await clientOf(peer).createSamplingClient({ baseModel: 'tiny' })
  const first = await sampler.sample({ prompt: Int32Array.of(1) }).result()
  expect('sequenceId' in first.sequences[0]!).toBe(false)
  const [id] = peer.requests('retrieve_future').map(({ body }) => (body as { request_id: string }).request_id)
  peer.fault('asample', { status: 200, body: JSON.stringify({ request_id: id, sample_sequence_ids: ['a', 'b'] }) })
  const second = await sampler.sample({ prompt: Int32Array.of(1) }).result()
  expect('sequenceId' in second.sequences[0]!).toBe(false)
})
