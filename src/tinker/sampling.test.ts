/** Many samples at a time, and what happens when the server holds back or loses them. */
import { expect, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer, until } from './testing/fixtures.ts'
import type { SamplingClient } from './samplingClient.ts'
import type { ServiceConfig } from './config.ts'
import type { Peer, PeerOptions } from './testing/peer.ts'

async function sampling(
  options: PeerOptions = {},
  config: Partial<ServiceConfig> = {},
): Promise<{ peer: Peer; sampler: SamplingClient }> {
  const peer = await startPeer(options)
  return { peer, sampler: await clientOf(peer, config).createSamplingClient({ baseModel: 'tiny' }) }
}

const prompt = Int32Array.of(1, 2)

test('hundreds of samples at a time come back each to its own, under numbers of their own', async () => {
  const { peer, sampler } = await sampling()
  const futures = Array.from({ length: 300 }, (_, i) =>
    sampler.sample({ prompt: Int32Array.of(i), params: { maxTokens: 1 } }),
  )
  const results = await Promise.all(futures.map((future) => future.result()))
  expect(results.map((r) => r.sequences[0]!.tokens[0])).toEqual(results.map((_, i) => i + 1))
  expect(new Set(peer.model.ran).size).toBe(300)
}, 120_000)

test('no more requests are in flight than the server allows', async () => {
  const { peer, sampler } = await sampling({ flags: { sample_max_concurrent_requests: 3 } })
  let open!: () => void
  peer.model.gate = new Promise((resolve) => (open = resolve))
  const futures = Array.from({ length: 8 }, () => sampler.sample({ prompt }))
  await until(() => peer.model.ran.length === 3)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(peer.model.ran).toHaveLength(3)
  open()
  await Promise.all(futures.map((future) => future.result()))
  expect(peer.model.ran).toHaveLength(8)
})

test('a refusal for rate pauses all submissions and sends the same request again under its number', async () => {
  const events: string[] = []
  const { peer, sampler } = await sampling({}, { onQueueState: (e) => events.push(`${e.operation} ${e.reason}`) })
  peer.fault('asample', { status: 429, body: '{"detail":"full"}' }, { status: 429 })
  await sampler.sample({ prompt }).result()
  const sent = peer.requests('asample')
  expect(sent.map((r) => (r.body as { seq_id: number }).seq_id)).toEqual([0, 0, 0])
  expect(sent[1]!.at - sent[0]!.at).toBeGreaterThanOrEqual(25)
  expect(events).toEqual(['asample full', 'asample concurrent sampler weights limit hit'])
})

test('a refusal with Retry-After is waited out as long as it says', async () => {
  const { peer, sampler } = await sampling()
  peer.fault('asample', { status: 429, headers: { 'retry-after-ms': '150' } })
  await sampler.sample({ prompt }).result()
  const [first, second] = peer.requests('asample')
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(145)
})

test('a sample that the server lost is asked for anew as a new request, but not for ever', async () => {
  const { peer, sampler } = await sampling()
  peer.model.lost.set('asample-1', 410)
  await sampler.sample({ prompt }).result()
  expect(peer.model.ran).toEqual(['asample 0', 'asample 1'])
  for (let i = 3; i < 20; i++) peer.model.lost.set(`asample-${i}`, 410)
  const failure = await failureOfRejection(sampler.sample({ prompt }).result())
  expect(failure).toMatchObject({ kind: 'expired', what: 'result' })
  expect(peer.model.ran).toHaveLength(8)
})

test('a failed sample is final', async () => {
  const { peer, sampler } = await sampling()
  peer.model.results.set('asample', { error: 'prompt too long', category: 'user' })
  const failure = await failureOfRejection(sampler.sample({ prompt }).result())
  expect(failure).toMatchObject({ kind: 'failed', category: 'user', serverSays: 'prompt too long' })
  expect(peer.model.ran).toHaveLength(1)
})

test('a sample cancelled in line gives its place to the next', async () => {
  const { peer, sampler } = await sampling({ flags: { sample_max_concurrent_requests: 1 } })
  let open!: () => void
  peer.model.gate = new Promise((resolve) => (open = resolve))
  const [first, second, third] = [0, 1, 2].map(() => sampler.sample({ prompt }))
  await until(() => first!.state === 'running')
  second!.cancel()
  expect((await failureOfRejection(second!.result())).kind).toBe('aborted')
  open()
  await Promise.all([first!.result(), third!.result()])
  expect(peer.model.ran).toHaveLength(2)
})

test('logprobs that the server does not give are named as missing', async () => {
  const { peer, sampler } = await sampling()
  peer.model.results.set('asample', { sequences: [{ tokens: [1], stop_reason: 'stop' }] })
  expect((await failureOfRejection(sampler.computeLogprobs(prompt).result())).kind).toBe('unsupported')
})

test('a reason to stop that is new to us is kept as the server says it', async () => {
  const { peer, sampler } = await sampling()
  const sequences = ['stop', 'length', 'content_filter'].map((reason) => ({ tokens: [1], stop_reason: reason }))
  peer.model.results.set('asample', { sequences })
  const sampled = await sampler.sample({ prompt, numSamples: 3 }).result()
  expect(sampled.sequences.map(({ stopReason }) => stopReason)).toEqual(['stop', 'length', 'content_filter'])
})

test('where connections are scarce, polls take turns and none starves', async () => {
  const { peer, sampler } = await sampling({ holdMs: 60_000 }, { maxConcurrentPolls: 2, tuning: { pollSliceMs: 20 } })
  let open!: () => void
  peer.model.gate = new Promise((resolve) => (open = resolve))
  const stuck = [0, 1, 2].map(() => sampler.sample({ prompt }))
  await until(() => stuck.every((future) => future.progress.polls > 1))
  open()
  await Promise.all(stuck.map((future) => future.result()))
})
