/** Sampling as servers since SDK 0.38 offer it: one poll for a session, cancelling on the server, copies of a client. */
import { describe, expect, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer, until } from '../testing/fixtures.ts'
import type { ServiceConfig } from '../config.ts'
import type { SamplingClient } from '../samplingClient.ts'
import type { Peer } from '../testing/peer.ts'

const prompt = Int32Array.of(1, 2)
const SHARED = { sample_use_retrieve_futures: true }

type Asked = { prev_cursor: number; retrieved_request_ids: string[]; timeout?: number; target: unknown }

async function sampling(
  flags: Record<string, unknown>,
  config: Partial<ServiceConfig> = {},
): Promise<{ peer: Peer; sampler: SamplingClient }> {
  const peer = await startPeer({ flags })
  return { peer, sampler: await clientOf(peer, config).createSamplingClient({ baseModel: 'tiny' }) }
}

/** Serves `retrieve_futures` as a server does: what is done after the cursor, held until there is something. */
function serveCompletions(peer: Peer): { readonly asked: Asked[]; finish(id: string, bytes?: number): void } {
  const asked: Asked[] = []
  const done: { request_id: string; state: string; response_payload_uncompressed_size: number | null }[] = []
  peer.routes.set('retrieve_futures', async (body) => {
    const request = body as Asked
    asked.push(request)
    const started = Date.now()
    while (done.length <= request.prev_cursor && request.timeout !== 0 && Date.now() - started < 500)
      await new Promise((resolve) => setTimeout(resolve, 2))
    return { json: { completions: done.slice(request.prev_cursor), cursor: done.length } }
  })
  const finish = (id: string, bytes?: number): void =>
    void done.push({ request_id: id, state: 'finished', response_payload_uncompressed_size: bytes ?? null })
  return { asked, finish }
}

describe('one poll for all samples of a session', () => {
  test('asks for each result once, when it is there, and reports it as fetched', async () => {
    const { peer, sampler } = await sampling(SHARED)
    const { asked, finish } = serveCompletions(peer)
    const futures = Array.from({ length: 20 }, () => sampler.sample({ prompt, params: { maxTokens: 1 } }))
    const ids = await Promise.all(futures.map((future) => future.submitted()))
    await until(() => asked.length > 0)
    expect(peer.requests('retrieve_future')).toHaveLength(0)
    // The size of some is told: it is asked for whole at once.
    ids.forEach((id, i) => finish(id, i % 2 === 0 ? 100 : undefined))
    await Promise.all(futures.map((future) => future.result()))
    const polls = peer.requests('retrieve_future').map((r) => r.body as { allow_metadata_only: boolean })
    expect(polls).toHaveLength(20)
    expect(polls.filter((poll) => poll.allow_metadata_only)).toHaveLength(10)
    await until(() => new Set(asked.flatMap((poll) => poll.retrieved_request_ids)).size === 20)
    expect(asked[0]).toEqual({
      target: { type: 'sampling_session', sampling_session_id: sampler.samplingSessionId, cloned_sampler_id: 0 },
      prev_cursor: 0,
      retrieved_request_ids: [],
    })
    expect(asked.length).toBeLessThan(20)
  })

  test('rests when nobody waits', async () => {
    const { peer, sampler } = await sampling(SHARED)
    const { asked, finish } = serveCompletions(peer)
    const future = sampler.sample({ prompt })
    finish(await future.submitted())
    await future.result()
    await until(() => asked.some((poll) => poll.retrieved_request_ids.length > 0))
    const before = asked.length
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(asked).toHaveLength(before)
  })

  test('goes on after trouble, from the cursor where it was', async () => {
    const { peer, sampler } = await sampling(SHARED)
    const { asked, finish } = serveCompletions(peer)
    peer.fault('retrieve_futures', { status: 503 }, { drop: 'after' }, { status: 429 }, { truncate: 3 })
    const future = sampler.sample({ prompt })
    finish(await future.submitted())
    await future.result()
    expect(asked.length).toBeGreaterThan(1)
  })

  test.each([404, 405, 422])('is replaced by polls of each sample where the server answers %i', async (status) => {
    const { peer, sampler } = await sampling(SHARED)
    peer.routes.set('retrieve_futures', () => ({ status, json: { detail: 'Not Found' } }))
    const futures = [0, 1, 2].map(() => sampler.sample({ prompt }))
    await Promise.all(futures.map((future) => future.result()))
    await sampler.sample({ prompt }).result()
    expect(peer.requests('retrieve_futures')).toHaveLength(1)
  })

  test('a cancelled sample ends within a second and leaves no poll held', async () => {
    const { peer, sampler } = await sampling(SHARED)
    const { asked } = serveCompletions(peer)
    const future = sampler.sample({ prompt })
    await until(() => asked.length > 0)
    const at = Date.now()
    future.cancel()
    expect((await failureOfRejection(future.result())).kind).toBe('aborted')
    expect(Date.now() - at).toBeLessThan(1000)
    const before = asked.length
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(asked).toHaveLength(before)
  })
})

describe('a sample that is given up', () => {
  async function abandoned(enabled: boolean): Promise<{ peer: Peer; id: string }> {
    const peer = await startPeer()
    peer.routes.set('client/dynamic_config', () => ({ json: { sample_cancel_enabled: enabled } }))
    peer.routes.set('cancel_future', () => ({ json: {} }))
    peer.model.gate = new Promise(() => undefined)
    const flags: unknown[] = []
    const service = clientOf(peer)
    service.events.on('flags', (event) => flags.push(event))
    const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
    await until(() => peer.requests('client/dynamic_config').length > 0 && (!enabled || flags.length > 0))
    const future = sampler.sample({ prompt })
    const id = await future.submitted()
    future.cancel()
    expect((await failureOfRejection(future.result())).kind).toBe('aborted')
    return { peer, id }
  }

  test('is cancelled on a server that wants to know', async () => {
    const { peer, id } = await abandoned(true)
    await until(() => peer.requests('cancel_future').length > 0)
    expect(peer.requests('cancel_future').map((r) => r.body)).toEqual([{ request_id: id }])
  })

  test('is not mentioned to a server that does not', async () => {
    const { peer } = await abandoned(false)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(peer.requests('cancel_future')).toHaveLength(0)
  })
})

describe('copies of a sampling client', () => {
  const seqIds = (peer: Peer): number[] => peer.requests('asample').map((r) => (r.body as { seq_id: number }).seq_id)

  test('draw numbers of their own, below 2^53, and open no session', async () => {
    const { peer, sampler } = await sampling({})
    const handle = structuredClone(sampler.toHandle())
    expect(JSON.stringify(handle)).not.toContain('tml-test')
    const copies = await Promise.all([0, 1, 2].map(() => clientOf(peer).samplingClientFrom(handle)))
    const all = [sampler, ...copies].flatMap((client) => [client.sample({ prompt }), client.sample({ prompt })])
    await Promise.all(all.map((future) => future.result()))
    const numbers = seqIds(peer)
    expect(new Set(numbers).size).toBe(8)
    expect(numbers.every((n) => Number.isSafeInteger(n))).toBe(true)
    expect(numbers.filter((n) => n >= 1e9).every((n) => n % 1e9 < 2)).toBe(true)
    expect(peer.requests('create_session')).toHaveLength(1)
  })

  test('are given their place by a server that keeps the list', async () => {
    const { peer, sampler } = await sampling({ sample_join_sampling_session: true })
    let counter = 0
    peer.routes.set('join_sampling_session', () => ({ json: { client_counter: ++counter } }))
    const copy = await clientOf(peer).samplingClientFrom(sampler.toHandle())
    await Promise.all([copy.sample({ prompt }).result(), copy.sample({ prompt }).result()])
    expect(seqIds(peer)).toEqual([1e9, 1e9 + 1])
    expect(peer.requests('join_sampling_session').map((r) => r.body)).toEqual([
      { sampling_session_id: sampler.samplingSessionId, type: 'join_sampling_session' },
    ])
  })

  test('find a place themselves where the server has no such route', async () => {
    const { peer, sampler } = await sampling({ sample_join_sampling_session: true })
    const copy = await clientOf(peer).samplingClientFrom(sampler.toHandle())
    await copy.sample({ prompt }).result()
    expect(seqIds(peer)[0]).toBeGreaterThanOrEqual(1e9)
  })
})

test('a server that wants no repeats of lost samples is given none', async () => {
  const { peer, sampler } = await sampling({ sample_no_retries: true })
  peer.model.lost.set('asample-1', 410)
  expect((await failureOfRejection(sampler.sample({ prompt }).result())).kind).toBe('expired')
  expect(peer.model.ran).toEqual(['asample 0'])
})

test('a sample that the server took while its answer was lost is drawn again', async () => {
  const { peer, sampler } = await sampling({})
  const conflict = { status: 409, body: '{"detail":"duplicate"}' }
  peer.fault('asample', { drop: 'after' }, conflict, conflict, conflict, conflict)
  await sampler.sample({ prompt }).result()
  expect(peer.model.ran).toEqual(['asample 0', 'asample 1'])
})
