/** What the listing clients ask and how they read the answers; none of it opens a session. */
import { describe, expect, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import type { ServiceClient } from '../serviceClient.ts'
import type { Peer } from '../testing/peer.ts'

async function peerWith(
  routes: Readonly<Record<string, (body: unknown, path: string) => unknown>>,
): Promise<{ peer: Peer; service: ServiceClient }> {
  const peer = await startPeer()
  for (const [route, answer] of Object.entries(routes))
    peer.routes.set(route, (body, path) => ({ json: answer(body, path) }))
  return { peer, service: clientOf(peer) }
}

const asked = (peer: Peer): string[] => peer.seen.slice(1).map((r) => `${r.method} ${r.path}`)

const run = (n: number): object => ({
  training_run_id: `run-${n}`,
  base_model: 'tiny',
  model_owner: 'me',
  is_lora: true,
  last_request_time: '2026-01-01T00:00:00Z',
})

describe('training runs', () => {
  test('are listed page by page, to the end and no further', async () => {
    const { peer, service } = await peerWith({
      training_runs: (_body, path) => {
        const query = new URLSearchParams(path.split('?')[1])
        const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))]
        const items = [0, 1, 2, 3, 4].map(run).slice(offset, offset + limit)
        return { training_runs: items, cursor: { offset, limit, total_count: 5 } }
      },
    })
    const found: string[] = []
    const options = { limit: 2, accessScope: 'accessible', projectId: 'p' } as const
    for await (const { runId } of (await service.rest()).iterateTrainingRuns(options)) found.push(runId)
    expect(found).toEqual(['run-0', 'run-1', 'run-2', 'run-3', 'run-4'])
    const query = 'access_scope=accessible&project_id=p'
    expect(asked(peer)).toEqual([0, 2, 4].map((at) => `GET training_runs?limit=2&offset=${at}&${query}`))
    expect(peer.requests('create_session')).toHaveLength(0)
  })

  test('are found by id or by the address of a checkpoint, in the scope asked for', async () => {
    const { peer, service } = await peerWith({ 'training_runs/run-1': () => run(1) })
    const rest = await service.rest()
    expect((await rest.getTrainingRun('run-1')).runId).toBe('run-1')
    expect(
      (await rest.getTrainingRun('tinker://run-1/weights/a', undefined, { accessScope: 'accessible' })).runId,
    ).toBe('run-1')
    expect(asked(peer)).toEqual([
      'GET training_runs/run-1?access_scope=owned',
      'GET training_runs/run-1?access_scope=accessible',
    ])
  })
})

describe('sessions', () => {
  test('are listed and read in the scope asked for, and moved to a project', async () => {
    const { peer, service } = await peerWith({
      sessions: () => ({ sessions: ['s1'] }),
      'sessions/s1': () => ({ training_run_ids: ['r'], sampler_ids: [] }),
      'sessions/s1/project': () => ({}),
    })
    const rest = await service.rest()
    await rest.listSessions({ limit: 5, accessScope: 'accessible' })
    await rest.getSession('s1', undefined, { accessScope: 'accessible' })
    await rest.assignSessionProject('s1', 'p2')
    expect(asked(peer)).toEqual([
      'GET sessions?limit=5&offset=0&access_scope=accessible',
      'GET sessions/s1?access_scope=accessible',
      'PUT sessions/s1/project',
    ])
    expect(peer.seen.at(-1)!.body).toEqual({ project_id: 'p2' })
  })

  test('are searched page after page', async () => {
    const cursor = { last_created_at: '2026-01-01T00:00:00Z', last_session_id: 's1' }
    const { peer, service } = await peerWith({
      'sessions/search': (body) => {
        const first = (body as { cursor?: unknown }).cursor === undefined
        const session = { session_id: first ? 's1' : 's2', created_at: 't', owner: 'me', status: { type: 'active' } }
        return { sessions: [session], next_cursor: first ? cursor : null }
      },
    })
    const rest = await service.rest()
    const page = await rest.searchSessions({ displayName: 'nightly', accessScope: 'accessible', limit: 1 })
    expect(page.sessions).toMatchObject([{ sessionId: 's1', status: 'active', checkpoints: 0 }])
    const last = await rest.searchSessions({ cursor: page.next! })
    expect(last).toMatchObject({ sessions: [{ sessionId: 's2' }], next: undefined })
    expect(peer.requests('sessions/search').map((r) => r.body)).toEqual([
      { user_metadata: {}, display_name: 'nightly', owner: { type: 'accessible' }, limit: 1 },
      { user_metadata: {}, owner: { type: 'own' }, limit: 50, cursor },
    ])
  })

  test('export their trace as soon as it is written, or say why not', async () => {
    const states = [{ status: 'pending' }, { status: 'pending' }, { status: 'ready', url: 'https://t/1' }]
    const { service } = await peerWith({
      'sessions/s1/trace_export': () => states.shift(),
      'sessions/s2/trace_export': () => ({ status: 'failed', error: 'too large' }),
      'sessions/s3/trace_export': () => ({ status: 'pending' }),
    })
    const rest = await service.rest()
    expect(await rest.exportSessionTrace('s1', { pollMs: 2 })).toBe('https://t/1')
    const failure = await failureOfRejection(rest.exportSessionTrace('s2'))
    expect(failure).toMatchObject({ kind: 'failed', message: expect.stringContaining('too large') as string })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    const waiting = rest.exportSessionTrace('s3', { pollMs: 60_000 }, stop.signal)
    expect((await failureOfRejection(waiting)).kind).toBe('aborted')
  })
})

test('health, copies and exported files', async () => {
  const { peer, service } = await peerWith({
    healthz: () => ({ status: 'ok' }),
    copy_weights: () => ({ tinker_path: 'tinker://copy/weights/a' }),
    'training_runs/r/checkpoints/weights/a/external_weights_urls': () => ({
      urls: { 'adapter.safetensors': 'https://f/1' },
      expires: '2026-01-02T00:00:00Z',
    }),
  })
  const rest = await service.rest()
  expect(await rest.health()).toBe(true)
  const options = { projectId: 'p', ttlSeconds: 3600, weightsAccessToken: 't' }
  expect(await rest.copyWeights('tinker://r/weights/a', options)).toBe('tinker://copy/weights/a')
  expect(peer.seen.at(-1)!.body).toEqual({
    source_path: 'tinker://r/weights/a',
    destination_project_id: 'p',
    ttl_seconds: 3600,
  })
  expect(peer.seen.at(-1)!.headers['x-tinker-weights-access-token']).toBe('t')
  expect((await rest.externalWeightsUrls('tinker://r/weights/a')).urls).toEqual({
    'adapter.safetensors': 'https://f/1',
  })
})

test('a checkpoint that was deleted is not found a second time', async () => {
  const peer = await startPeer()
  const gone = { status: 404, body: '{"detail":"checkpoint weights/1 was not found"}' }
  peer.fault('training_runs/r/checkpoints/weights/1', gone)
  const deleted = (await clientOf(peer).rest()).deleteCheckpoint('tinker://r/weights/1')
  expect((await failureOfRejection(deleted)).kind).toBe('notFound')
})

describe('an organisation', () => {
  test('has its audit log by kind and day', async () => {
    const { peer, service } = await peerWith({
      audit: () => ({
        entries: [
          {
            timestamp: '2026-01-01T00:00:00Z',
            event: 'checkpoint_read',
            tinker_path: 'tinker://r/weights/a',
            purpose: 'x',
          },
          { timestamp: '2026-01-01T00:00:01Z', event: 'project_grant_set', event_details: { by: 'me' } },
          { timestamp: '2026-01-01T00:00:02Z', event: 'checkpoint_publish' },
        ],
      }),
    })
    const entries = await (await service.admin()).auditLog({ eventType: 'checkpoints', day: '2026-01-01' })
    expect(entries.map(({ event }) => event)).toEqual(['checkpoint_read', 'project_grant_set', 'checkpoint_publish'])
    expect(entries[0]!.path).toBe('tinker://r/weights/a')
    expect(entries[1]!.details).toEqual({ by: 'me' })
    await (await service.admin()).auditLog()
    expect(asked(peer)).toEqual(['GET audit?event_type=checkpoints&day=2026-01-01', 'GET audit?event_type=all'])
    expect(peer.requests('create_session')).toHaveLength(0)
  })

  test('has its usage by the hour, of every kind', async () => {
    const bucket = { bucket_start: '2026-07-13T00:00:00Z', bucket_end: '2026-07-13T01:00:00Z' }
    const infos = [
      { type: 'training', token_count: 5 },
      { type: 'sampling_prefill', cached: true, token_count: 6 },
      { type: 'sampling_sample', token_count: 7 },
      { type: 'checkpoint', count: 8 },
      { type: 'storage', gigabyte_hours: 0.5 },
    ]
    const { peer, service } = await peerWith({
      'billing/usage/events': () => ({
        data: infos.map((event_info) => ({ ...bucket, session_id: 's1', event_info })),
        sessions: { s1: { user_metadata: { who: 'me' } }, s2: {} },
      }),
    })
    const day = { startingOn: new Date('2026-07-13T00:00:00Z'), endingBefore: '2026-07-14T00:00:00Z' }
    const usage = await (await service.admin()).billingUsage(day)
    expect(usage.events.map(({ kind, amount, cached }) => [kind, amount, cached])).toEqual([
      ['training', 5, false],
      ['sampling_prefill', 6, true],
      ['sampling_sample', 7, false],
      ['checkpoint', 8, false],
      ['storage', 0.5, false],
    ])
    expect(usage.sessions).toEqual({ s1: { who: 'me' }, s2: {} })
    const vector = vectorsOf<unknown, string>('query_string').find(({ name }) => name === 'billing window')!
    expect(asked(peer)).toEqual([`GET billing/usage/events?${vector.expected}`])
  })

  test('has what its checkpoints take', async () => {
    const { peer, service } = await peerWith({
      'billing/usage/checkpoints/current': () => ({
        effective_rate_usd_per_gigabyte_month: 0.1,
        data: [{ project_id: 'p', user_email: 'a@b', checkpoint_count: 2, size_bytes: 3e9, size_gigabytes: 3 }],
      }),
    })
    expect(await (await service.admin()).checkpointStorage({ projectId: 'p' })).toEqual({
      usdPerGigabyteMonth: 0.1,
      items: [{ projectId: 'p', userName: 'a@b', checkpoints: 2, bytes: 3e9, estimatedMonthlyUsd: undefined }],
    })
    await (await service.admin()).checkpointStorage()
    const path = 'GET billing/usage/checkpoints/current'
    expect(asked(peer)).toEqual([`${path}?project_id=p`, path])
  })

  test('is `unsupported` by a server without these routes', async () => {
    const service = clientOf(await startPeer())
    const calls = [
      async () => (await service.admin()).auditLog(),
      async () => (await service.rest()).searchSessions(),
      async () => (await service.rest()).health(),
    ]
    for (const call of calls) expect((await failureOfRejection(call())).kind).toBe('unsupported')
  })
})
