/** Polls through the spellings of several servers, by a real one. */
import { expect, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer } from './testing/fixtures.ts'

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
