/** Session, heartbeats, credential and handshake. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { Credential } from '../transport/auth.ts'
import { jwtClaims, secondsLeft } from '../transport/tokens.ts'
import { ok } from '../../base/result.ts'
import { baseOf } from '../config.ts'
import { clientOf, failureOfRejection, startPeer, until } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import type { Notice } from '../config.ts'

describe('a session', () => {
  test('is opened once, when the first client that needs it is made, and lives by heartbeats until the close', async () => {
    const peer = await startPeer()
    const service = clientOf(peer, { tuning: { heartbeatMs: 10 } })
    expect(peer.seen).toHaveLength(0)
    await Promise.all([
      service.createLoraTrainingClient({ baseModel: 'tiny' }),
      service.createLoraTrainingClient({ baseModel: 'tiny' }),
      service.createSamplingClient({ baseModel: 'tiny' }),
    ])
    expect(peer.requests('client/config')).toHaveLength(1)
    expect(peer.requests('create_session')).toHaveLength(1)
    const numbers = peer.requests('create_model').map((r) => (r.body as { model_seq_id: number }).model_seq_id)
    expect(numbers.sort()).toEqual([0, 1])
    await until(() => peer.requests('session_heartbeat').length >= 3)
    expect(peer.requests('session_heartbeat')[0]!.body).toEqual({ session_id: 's1', type: 'session_heartbeat' })
    await service.close()
    const beats = peer.requests('session_heartbeat').length
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(peer.requests('session_heartbeat').length).toBeLessThanOrEqual(beats + 1)
  })

  test('outlives missed heartbeats, and a new one is opened after the server forgot it', async () => {
    const notices: Notice[] = []
    const peer = await startPeer()
    const service = clientOf(peer, { tuning: { heartbeatMs: 10 }, onNotice: (notice) => notices.push(notice) })
    await service.createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('session_heartbeat', { status: 500 }, { drop: 'before' }, { status: 429 })
    await until(() => peer.requests('session_heartbeat').length >= 5)
    expect(notices).toEqual([])
    peer.fault('session_heartbeat', { status: 404, body: '{"detail":"unknown session"}' })
    await until(() => notices.length > 0)
    expect(notices[0]).toMatchObject({ level: 'error', text: expect.stringContaining('unknown session') as string })
    const again = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    expect(again.modelId).toBe('s2:train:1')
  })

  test('that vanished between two heartbeats is replaced when it is needed, and only then', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    await service.createSamplingClient({ baseModel: 'tiny' })
    const gone = { status: 404, body: '{"detail":"no such session"}' }
    peer.fault('create_model', gone)
    peer.fault('session_heartbeat', gone)
    expect((await service.createLoraTrainingClient({ baseModel: 'tiny' })).modelId).toBe('s2:train:1')
    peer.fault('create_sampling_session', { status: 404, body: '{"detail":"no such checkpoint"}' })
    const missing = service.createSamplingClient({ modelPath: 'tinker://r/sampler_weights/none' })
    expect(await failureOfRejection(missing)).toMatchObject({ kind: 'notFound', serverSays: 'no such checkpoint' })
    expect(peer.requests('create_session')).toHaveLength(2)
  })

  test('whose heartbeats do not go through is said to be in danger, once, and then to be well again', async () => {
    const notices: Notice[] = []
    const changes: string[] = []
    const peer = await startPeer()
    const service = clientOf(peer, {
      tuning: { heartbeatMs: 10, unhealthyAfterMs: 40 },
      onNotice: (notice) => notices.push(notice),
      onEvent: (event) => event.type === 'session' && changes.push(event.change),
    })
    peer.fault('session_heartbeat', ...Array.from({ length: 12 }, () => ({ status: 503, body: '{"detail":"busy"}' })))
    await service.createSamplingClient({ baseModel: 'tiny' })
    await until(() => changes.includes('recovered'))
    expect(changes).toEqual(['opened', 'unhealthy', 'recovered'])
    expect(notices.map(({ level }) => level)).toEqual(['warning', 'info'])
    expect(notices[0]!.text).toContain('busy')
  })

  test('follows the flags that the server may change, and asks no more where there are none', async () => {
    const peer = await startPeer()
    const flags: unknown[] = []
    const answer = (sample_cancel_enabled: boolean): { status: number; body: string } => ({
      status: 200,
      body: JSON.stringify({ refresh_interval_sec: 0, sample_cancel_enabled, something_new: 1 }),
    })
    peer.fault('client/dynamic_config', answer(true), { status: 503 }, answer(false), { status: 404 })
    const service = clientOf(peer, { tuning: { flagsFloorMs: 5 } })
    service.events.on('flags', (event) => flags.push(event.flags['sample_cancel_enabled']))
    await service.createSamplingClient({ baseModel: 'tiny' })
    await until(() => peer.requests('client/dynamic_config').length >= 4)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(peer.requests('client/dynamic_config')).toHaveLength(4)
    expect(flags).toEqual([true, false])
  })

  test('asks for no flags while nobody looks at the tab, and again when somebody does', async () => {
    const tab = { visibilityState: 'visible' }
    const page = globalThis as { document?: unknown }
    page.document = tab
    onTestFinished(() => void delete page.document)
    const peer = await startPeer()
    peer.routes.set('client/dynamic_config', () => ({ json: { refresh_interval_sec: 0 } }))
    await clientOf(peer, { tuning: { flagsFloorMs: 5 } }).createSamplingClient({ baseModel: 'tiny' })
    const asked = (): number => peer.requests('client/dynamic_config').length
    await until(() => asked() >= 2)
    tab.visibilityState = 'hidden'
    await new Promise((resolve) => setTimeout(resolve, 40))
    const before = asked()
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(asked()).toBe(before)
    tab.visibilityState = 'visible'
    await until(() => asked() > before)
  })

  test('passes on what the server has to say at its start', async () => {
    const notices: Notice[] = []
    const peer = await startPeer()
    peer.fault('create_session', {
      status: 201,
      body: '{"session_id":"x","warning_message":"old","info_message":"hi"}',
    })
    const service = clientOf(peer, { onNotice: (notice) => notices.push(notice) })
    await service.createSamplingClient({ baseModel: 'tiny' })
    expect(notices).toEqual([
      { level: 'info', text: 'hi' },
      { level: 'warning', text: 'old' },
    ])
  })
})

describe('the handshake', () => {
  test('that failed is made again by the next call', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    peer.fault('client/config', { status: 400, body: '{"detail":"no"}' })
    expect(await failureOfRejection(service.getServerCapabilities())).toMatchObject({ kind: 'rejected' })
    expect((await service.getServerCapabilities()).models).toHaveLength(1)
  })

  test('with a null flag or an unknown one takes the default', async () => {
    const peer = await startPeer({ flags: { fwdbwd_max_chunk_len: null, something_new: 1 } })
    expect((await clientOf(peer).getServerProfile()).flags.fwdbwd_max_chunk_len).toBe(1024)
  })

  test('with a server that wants a request id is repeated in the manner of its time', async () => {
    const peer = await startPeer()
    peer.fault('client/config', { status: 400, body: '{"detail":"Missing x-request-id header"}' })
    expect((await clientOf(peer).getServerProfile()).legacy).toBe(true)
  })

  test.each([
    ['http://h:1', 'http://h:1/'],
    ['http://h:1/', 'http://h:1/'],
    ['https://h/services/x', 'https://h/services/x/'],
    ['https://h/services/x/api/v1/', 'https://h/services/x/'],
    ['/relay', '/relay/'],
  ])('reads the address %s as %s', (given, base) => {
    expect(baseOf(given)).toBe(base)
  })
})

function jwt(expiresS: number, name = 'u'): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ exp: expiresS, sub: name })}.x`
}

describe('a short-lived token', () => {
  const nowS = (): number => Math.floor(Date.now() / 1000)

  test('is fetched for the key and carried from then on', async () => {
    const peer = await startPeer({ flags: { pjwt_auth_enabled: true } })
    const token = jwt(nowS() + 3600)
    peer.fault('auth/token', { status: 200, body: JSON.stringify({ jwt: token }) })
    await clientOf(peer).getServerCapabilities()
    expect(peer.requests('auth/token')[0]).toMatchObject({ body: {}, headers: { 'x-api-key': 'tml-test' } })
    expect(peer.requests('get_server_capabilities')[0]!.headers['x-api-key']).toBe(token)
  })

  test('that the server refuses is renewed once', async () => {
    const peer = await startPeer({ flags: { pjwt_auth_enabled: true } })
    const [old, fresh] = [jwt(nowS() + 3600, 'old'), jwt(nowS() + 3600, 'fresh')]
    peer.fault('auth/token', ...[old, fresh].map((t) => ({ status: 200, body: JSON.stringify({ jwt: t }) })))
    peer.fault('get_server_capabilities', { status: 401 })
    await clientOf(peer).getServerCapabilities()
    expect(peer.requests('get_server_capabilities').map((r) => r.headers['x-api-key'])).toEqual([old, fresh])
  })

  test('near its end is renewed by one exchange for all who ask, and kept when that fails', async () => {
    let exchanges = 0
    const credential = new Credential({ from: 'key', key: 'key' })
    const tokens = [jwt(30), jwt(5000)]
    await credential.useTokens(async () => {
      const token = tokens[exchanges++]
      return token === undefined ? { ok: false, error: { kind: 'offline', message: 'down' } } : ok(token)
    })
    const asked = await Promise.all([1, 2, 3, 4, 5].map(() => credential.current(0)))
    expect(asked).toEqual(asked.map(() => ok(jwt(5000))))
    expect(exchanges).toBe(2)
    expect(await credential.current(4_990_000)).toEqual(ok(jwt(5000)))
  })

  test('tells its time left as the shared vectors say', () => {
    const left = vectorsOf<{ jwt: string; now: number }[], number[]>('jwt').find((v) =>
      v.name.startsWith('seconds left'),
    )!
    expect(left.input.map(({ jwt: token, now }) => secondsLeft(token, now * 1000))).toEqual(left.expected)
    expect(jwtClaims('nope')).toBeUndefined()
    expect(jwtClaims('a.!!.c')).toBeUndefined()
  })
})
