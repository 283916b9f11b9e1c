/** What goes over the line besides bodies: compression, headers, queries, lanes, events; and what never does. */
import { createServer } from 'node:http'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Zstd } from '@hpcc-js/wasm-zstd'
import { clientOf, datum, failureOfRejection, startPeer, until } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import { AwakeClock } from './awake.ts'
import { cloudflareHeaders } from './headers.ts'
import { routingHeaders } from './olderServer.ts'
import { forbiddenInPages } from '../session/doubts.ts'
import { DEFAULT_RETRY } from './retry.ts'
import { dataWithoutSecrets, withoutSecrets } from './redact.ts'
import { loadZstd, wasmZstd } from './zstd.ts'
import type { AddressInfo } from 'node:net'
import type { ClientEvent } from './events.ts'

describe('compression', () => {
  test('by Node and by WebAssembly gives frames that are read back', async () => {
    const bytes = new Uint8Array(100_000).map((_, i) => i % 7)
    for (const load of [loadZstd, wasmZstd]) {
      const packed = await (await load())!(bytes)
      expect(packed.length).toBeLessThan(1000)
      expect((await Zstd.load()).decompress(packed)).toEqual(bytes)
    }
  })

  test('is used when the server asks for it, and the body is the same one', async () => {
    const peer = await startPeer({ flags: { proto_compress_fwdbwd: true } })
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    const data = [datum(...Array.from({ length: 500 }, (_, i) => i))]
    await training.forwardBackward(data, 'cross_entropy').result()
    const [sent] = peer.requests('forward_backward')
    expect(sent!.headers['content-encoding']).toBe('zstd')
    expect(Number(sent!.headers['content-length'])).toBeLessThan(4000)
    expect(sent!.body).toMatchObject({ lossFn: 'cross_entropy', seqId: 1 })
  })

  test('is given up for good when the server refuses what it asked for', async () => {
    const peer = await startPeer({ flags: { proto_compress_fwdbwd: true } })
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('forward_backward', { status: 415, body: '{"detail":"no zstd"}' })
    const data = [datum(...Array.from({ length: 500 }, (_, i) => i))]
    for (let step = 0; step < 2; step++) await training.forwardBackward(data, 'cross_entropy').result()
    const encodings = peer.requests('forward_backward').map((r) => r.headers['content-encoding'])
    expect(encodings).toEqual(['zstd', undefined, undefined])
    expect(peer.requests('forward_backward').every((r) => r.headers['content-type'] === 'application/x-protobuf')).toBe(
      true,
    )
  })

  test('that cannot be had leaves bodies as they are', async () => {
    const peer = await startPeer({ flags: { proto_compress_fwdbwd: true } })
    const service = clientOf(peer, { loadCompressor: () => Promise.reject(new Error('no WebAssembly')) })
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    await training.forwardBackward([datum(...Array.from({ length: 500 }, (_, i) => i))], 'cross_entropy').result()
    expect(peer.requests('forward_backward')[0]!.headers['content-encoding']).toBeUndefined()
  })
})

describe('headers', () => {
  const vector = (name: string): { input: Record<string, string>; expected: object } =>
    vectorsOf<Record<string, string>, object>('headers').find((v) => v.name.startsWith(name))!

  test('for servers that route by them are those of their own client', () => {
    const { input, expected } = vector('Twinkle')
    expect(routingHeaders(input['request_id']!, input['api_key'])).toEqual(expected)
  })

  test('for an access gate are the pair', () => {
    const { input, expected } = vector('Cloudflare')
    const { CLOUDFLARE_ACCESS_CLIENT_ID: clientId, CLOUDFLARE_ACCESS_CLIENT_SECRET: clientSecret } = input
    expect(cloudflareHeaders({ clientId, clientSecret })).toEqual(expected)
  })

  test('of an older server name one client by one id, as long as it lives', async () => {
    const peer = await startPeer()
    peer.fault('client/config', { status: 400, body: '{"detail":"Missing x-request-id header"}' })
    const service = clientOf(peer)
    expect((await service.getServerProfile()).kind).toBe('twinkle')
    await service.getServerCapabilities()
    await service.getServerCapabilities()
    const [, first, second] = peer.seen
    expect(first!.headers).toMatchObject({
      authorization: 'Bearer tml-test',
      'twinkle-authorization': 'Bearer tml-test',
    })
    expect(second!.headers['x-request-id']).toBe(first!.headers['x-request-id'])
    expect(first!.headers['serve_multiplexed_model_id']).toBe(first!.headers['x-request-id'])
  })

  test('and query of the configuration go with every request, those of a trace differ', async () => {
    const peer = await startPeer()
    let spans = 0
    const service = clientOf(peer, {
      headers: { 'x-team': 'blue' },
      query: { region: 'eu', empty: '' },
      traceHeaders: () => ({ traceparent: `00-${++spans}` }),
    })
    await (await service.rest()).listTrainingRuns({ limit: 3 })
    expect(peer.seen.map((r) => r.headers['x-team'])).toEqual(['blue', 'blue'])
    expect(peer.seen.map((r) => r.headers['traceparent'])).toEqual(['00-1', '00-2'])
    expect(peer.seen[0]!.path).toBe('client/config?region=eu')
    expect(peer.seen[1]!.path).toMatch(/^training_runs\?.*limit=3.*&region=eu$/)
  })

  test('of one call carry one idempotency key, those of the next another', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    peer.fault('create_session', { status: 503 }, { drop: 'before' })
    await service.createSamplingClient({ baseModel: 'tiny' })
    const keys = peer.requests('create_session').map((r) => r.headers['x-idempotency-key'])
    expect(new Set(keys).size).toBe(1)
    expect(keys).toHaveLength(3)
    const pattern = vectorsOf<unknown, { pattern: string }>('idempotency')[0]!.expected.pattern
    expect(keys[0]).toMatch(new RegExp(pattern.replace('stainless-python', 'tunegraph')))
    expect(peer.requests('create_sampling_session')[0]!.headers['x-idempotency-key']).not.toBe(keys[0])
  })
})

test('a 400 without a word is a lost connection, so many times', async () => {
  const peer = await startPeer()
  peer.fault('create_session', { status: 400 }, { status: 400 })
  await clientOf(peer).createSamplingClient({ baseModel: 'tiny' })
  expect(peer.requests('create_session')).toHaveLength(3)
  const other = await startPeer()
  other.fault('create_session', ...Array.from({ length: 40 }, () => ({ status: 400 })))
  const failure = await failureOfRejection(clientOf(other).createSamplingClient({ baseModel: 'tiny' }))
  expect([failure.kind, failure.status]).toEqual(['rejected', 400])
  expect(other.requests('create_session')).toHaveLength(17)
})

test('a lane for submissions leaves connections to what must not wait', async () => {
  const peer = await startPeer()
  const service = clientOf(peer, { maxConcurrentSubmissions: 2, tuning: { heartbeatMs: 20 } })
  const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
  peer.fault('asample', ...Array.from({ length: 6 }, () => ({ delayMs: 100 })))
  const samples = Array.from({ length: 6 }, () => sampler.sample({ prompt: Int32Array.of(1) }).result())
  await until(() => peer.requests('asample').length === 2)
  await until(() => peer.requests('session_heartbeat').length >= 2)
  expect(peer.requests('asample').length).toBeLessThanOrEqual(4)
  await Promise.all(samples)
  expect(peer.requests('asample')).toHaveLength(6)
})

describe('events', () => {
  test('tell a transient failure from a final one, with the server’s words and what is left of the time', async () => {
    const peer = await startPeer()
    const seen: ClientEvent[] = []
    const service = clientOf(peer, { onEvent: (event) => seen.push(event) })
    peer.fault(
      'get_server_capabilities',
      { status: 503, body: '{"detail":"restarting"}' },
      { status: 422, body: '{"detail":"no"}' },
    )
    await failureOfRejection(service.getServerCapabilities())
    const told = seen.filter((e) => e.type === 'retry' || e.type === 'failed')
    expect(told).toMatchObject([
      { type: 'retry', attempts: 1, failure: { kind: 'unavailable', serverSays: 'restarting' } },
      { type: 'failed', failure: { kind: 'rejected', serverSays: 'no', attempts: 2 } },
    ])
    const stops = seen.filter((e) => e.type === 'http:stop').map(({ path, status, attempt }) => [path, status, attempt])
    expect(stops).toEqual([
      ['client/config', 200, 1],
      ['get_server_capabilities', 503, 1],
      ['get_server_capabilities', 422, 2],
    ])
    await service.close()
    const { length } = seen
    await failureOfRejection(service.getServerCapabilities())
    expect(seen).toHaveLength(length)
  })

  test('hold no key, nor does the client when it is printed', async () => {
    const apiKey = 'tml-very-secret-key'
    const peer = await startPeer({ key: apiKey })
    const seen: ClientEvent[] = []
    const service = clientOf(peer, { apiKey })
    const stop = service.events.on('*', (event) => seen.push(event))
    await service.getServerCapabilities()
    expect(seen.find((e) => e.type === 'http:start')?.headers).toMatchObject({
      'X-API-Key': '…',
      Accept: 'application/json',
    })
    expect(JSON.stringify(seen) + inspect(service, { depth: 9, showHidden: true })).not.toContain('very-secret')
    stop()
    const { length } = seen
    await service.getServerCapabilities()
    expect(seen).toHaveLength(length)
  })
})

test('secrets are found by their looks, by their names and by what they are', () => {
  expect(withoutSecrets('key tml-abcdefg, Bearer xyz.123 and hunter2!', ['hunter2'])).toBe('key …, Bearer … and …!')
  const data = {
    headers: { 'X-API-Key': 'a', Accept: 'json' },
    list: ['eyJhbGci.eyJzdWIi.sig', 1],
    api_key: 'b',
    jwt: 3,
  }
  expect(dataWithoutSecrets(data)).toEqual({
    headers: { 'X-API-Key': '…', Accept: 'json' },
    list: ['…', 1],
    api_key: '…',
    jwt: '…',
  })
})

test('a machine that slept has not used up its patience', async () => {
  let now = 0
  const clock = new AwakeClock(() => now)
  const wait = clock.during(5000, new Promise<void>((resolve) => setTimeout(resolve, 1)))
  now += 8 * 3_600_000
  await wait
  expect(clock.elapsedMs).toBe(5000)
  const slow = clock.during(5000, new Promise<void>((resolve) => setTimeout(resolve, 1)))
  now += 9000
  await slow
  expect(clock.elapsedMs).toBe(14_000)
})

describe('any route', () => {
  test('can be asked for, and its answer had as it came', async () => {
    const peer = await startPeer()
    const answer = await clientOf(peer).send({ method: 'GET', path: 'get_server_capabilities' })
    expect([answer.status, answer.json]).toEqual([200, { supported_models: expect.any(Array) as unknown }])
    expect(answer.headers.get('content-type')).toContain('json')
    expect(answer.elapsedMs).toBeGreaterThan(0)
  })

  test('can be read while it is still being sent, and left', async () => {
    const peer = await startPeer()
    const slow = new TextEncoder()
    let cancelled = false
    const fetch = (request: Request): Promise<Response> => {
      if (!request.url.endsWith('stream')) return globalThis.fetch(request)
      const body = new ReadableStream<Uint8Array>({
        start: (c) => c.enqueue(slow.encode('first')),
        cancel: () => void (cancelled = true),
      })
      return Promise.resolve(new Response(body))
    }
    const { chunks } = await clientOf(peer, { fetch }).open({ method: 'GET', path: 'stream' })
    for await (const chunk of chunks) {
      expect(new TextDecoder().decode(chunk)).toBe('first')
      break
    }
    expect(cancelled).toBe(true)
    const failure = await failureOfRejection(clientOf(peer).open({ method: 'GET', path: 'samplers/none' }))
    expect(failure.status).toBe(404)
  })
})

test('settings that cannot be meant are refused at once', async () => {
  const peer = await startPeer()
  for (const tuning of [
    { heartbeatMs: 0 },
    { requestTimeoutMs: NaN },
    { pollFloorMs: -1 },
    { backpressureMs: [1, -1] as const },
  ])
    expect(() => clientOf(peer, { tuning }), JSON.stringify(tuning)).toThrow(RangeError)
  expect(() => clientOf(peer, { maxConcurrentPolls: 0 })).toThrow(RangeError)
})

test('retries can be switched off: one try, and the failure as it is', async () => {
  const peer = await startPeer()
  const service = clientOf(peer, { tuning: { retry: { ...DEFAULT_RETRY, enabled: false } } })
  await service.getServerProfile()
  peer.fault('get_server_capabilities', { status: 503, body: '{"detail":"busy"}' })
  expect(await failureOfRejection(service.getServerCapabilities())).toMatchObject({ kind: 'unavailable', attempts: 1 })
  expect(peer.requests('get_server_capabilities')).toHaveLength(1)
})

test('headers that a browser would drop are known by name', () => {
  const given = {
    'User-Agent': 'x',
    Cookie: 'y',
    'Sec-Fetch-Mode': 'z',
    'X-Team': 'blue',
    Authorization: 'b',
    Host: 'h',
  }
  expect(forbiddenInPages(given)).toEqual(['User-Agent', 'Cookie', 'Sec-Fetch-Mode', 'Host'])
})

test.each([
  ['Not Found', 'unsupported'],
  ['there is no POST /api/v1/x here', 'unsupported'],
  ['no such checkpoint', 'notFound'],
])('a 404 that says "%s" is %s', async (detail, kind) => {
  const peer = await startPeer()
  peer.fault('get_server_capabilities', { status: 404, body: JSON.stringify({ detail }) })
  expect((await failureOfRejection(clientOf(peer).getServerCapabilities())).kind).toBe(kind)
})

test('answers may be compressed', async () => {
  const body = gzipSync('{"supported_models":[{"model_name":"packed"}]}')
  const server = createServer((request, response) => {
    const packed = request.url!.endsWith('get_server_capabilities')
    response.writeHead(200, packed ? { 'content-encoding': 'gzip' } : {})
    response.end(packed ? body : '{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const { models } = await clientOf({ url: `http://127.0.0.1:${port}` }).getServerCapabilities()
  expect(models.map(({ name }) => name)).toEqual(['packed'])
})
