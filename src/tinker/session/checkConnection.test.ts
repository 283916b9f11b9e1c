/** What the connection doctor says about each way in which a connection can be wrong. */
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { clientOf, startPeer } from '../testing/fixtures.ts'
import type { ConnectionReport } from './checkConnection.ts'
import type { Fetch } from '../transport/exchange.ts'

function saidOf(report: ConnectionReport): readonly [string, string, string] {
  return report.ok ? ['ok', '', ''] : [report.problem, report.diagnostic.code, report.diagnostic.message]
}

test('a sound connection lists the models and its latency, and opens no session', async () => {
  const peer = await startPeer()
  const report = await clientOf(peer).checkConnection()
  expect(report).toMatchObject({ ok: true, models: [{ name: 'tiny', maxContext: 512 }] })
  expect(report.ok && report.latencyMs).toBeGreaterThanOrEqual(0)
  expect(peer.requests('create_session')).toHaveLength(0)
})

test('a server of an older kind is sound too', async () => {
  const peer = await startPeer({ flags: null })
  expect(await clientOf(peer).checkConnection()).toMatchObject({ ok: true, profile: { legacy: true } })
})

test('an address where nothing answers is unreachable', async () => {
  const closed = await freePort()
  const [problem, code, message] = saidOf(await clientOf({ url: `http://127.0.0.1:${closed}` }).checkConnection())
  expect([problem, code]).toEqual(['unreachable', 'TK4002'])
  expect(message).toContain('ECONNREFUSED')
})

test('an address that is none is named', async () => {
  const [problem, , message] = saidOf(await clientOf({ url: 'http://' }).checkConnection())
  expect(problem).toBe('unreachable')
  expect(message).toContain('http:')
})

test('a wrong and a missing key are told apart', async () => {
  const peer = await startPeer({ key: 'tml-right' })
  const wrong = saidOf(await clientOf(peer, { apiKey: 'tml-wrong' }).checkConnection())
  expect(wrong.slice(0, 2)).toEqual(['key', 'TK4004'])
  expect(wrong[2]).toContain('Invalid API key')
  expect(wrong[2]).not.toContain('tml-wrong')
  expect(saidOf(await clientOf(peer, { apiKey: '' }).checkConnection())[2]).toContain('none is set')
})

test('a web site is no Tinker server', async () => {
  const peer = await startPeer()
  const page = { status: 404, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Hi</title>' }
  peer.fault('client/config', page)
  peer.fault('get_server_capabilities', page)
  expect(saidOf(await clientOf(peer).checkConnection()).slice(0, 2)).toEqual(['notTinker', 'TK4021'])
  // A single-page application answers every address with its page.
  peer.fault('client/config', ...Array.from({ length: 5 }, () => ({ ...page, status: 200 })))
  expect(saidOf(await clientOf(peer).checkConnection()).slice(0, 2)).toEqual(['notTinker', 'TK4021'])
})

test('data of another shape is another version', async () => {
  const peer = await startPeer()
  peer.fault('get_server_capabilities', { status: 200, body: '{"supported_models":{"a":1}}' })
  expect(saidOf(await clientOf(peer).checkConnection()).slice(0, 2)).toEqual(['version', 'TK4007'])
})

test('a server in trouble is said to be', async () => {
  const peer = await startPeer()
  peer.fault('get_server_capabilities', { status: 503, body: '{"detail":"maintenance"}' })
  const [problem, code, message] = saidOf(await clientOf(peer).checkConnection())
  expect([problem, code]).toEqual(['serverTrouble', 'TK4009'])
  expect(message).toContain('maintenance')
})

test('an answer that the page may not read is a matter of CORS, with its cure', async () => {
  const peer = await startPeer()
  // What a browser does without CORS headers: reading fails with a bare TypeError, an opaque request succeeds.
  const browser: Fetch = (request) =>
    request.mode === 'no-cors' ? fetch(request.url) : Promise.reject(new TypeError('Failed to fetch'))
  const [problem, code, message] = saidOf(await clientOf(peer, { fetch: browser }).checkConnection())
  expect([problem, code]).toEqual(['cors', 'TK4020'])
  expect(message).toContain('npm start')
})

test('a check that is given up says so', async () => {
  const peer = await startPeer()
  peer.fault('client/config', { delayMs: 5000 })
  const stop = new AbortController()
  const check = clientOf(peer).checkConnection(stop.signal)
  stop.abort()
  expect(saidOf(await check).slice(0, 2)).toEqual(['cancelled', 'TK4001'])
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

test('through a relay the server is named, and what the relay says is told from what the server says', async () => {
  const peer = await startPeer({ key: 'tml-right' })
  const doctor = (apiKey: string): Promise<ConnectionReport> =>
    clientOf(peer, { apiKey, publicUrl: 'https://tinker.example/prod' }).checkConnection()
  const byRelay = (status: number, code: string, detail: string): void =>
    peer.fault('client/config', {
      status,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ detail, code, category: 'relay' }),
    })
  const unset = saidOf(await doctor(''))
  expect([unset[0], unset[2]]).toEqual(['key', 'https://tinker.example/prod/ wants a key and none is set.'])
  byRelay(403, 'relay_refused', 'start with --allow-upstream https://tinker.example')
  const refused = saidOf(await doctor('tml-right'))
  expect(refused.slice(0, 2)).toEqual(['relay', 'TK4005'])
  expect(refused[2]).toContain('start with --allow-upstream https://tinker.example')
  byRelay(502, 'relay_unreachable', 'https://tinker.example cannot be reached: ECONNREFUSED')
  const dead = saidOf(await doctor('tml-right'))
  expect(dead.slice(0, 2)).toEqual(['unreachable', 'TK4002'])
  expect(dead[2]).toContain('ECONNREFUSED')
})
