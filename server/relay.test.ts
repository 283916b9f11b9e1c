import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appServer } from './appServer.ts'
import { listen } from './httpServer.ts'
import { chooseUpstream, parseUpstream } from './upstreams.ts'
import type { IncomingHttpHeaders, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunningServer } from './httpServer.ts'

type Seen = { method: string; url: string; headers: IncomingHttpHeaders; body: string }
const seen: Seen[] = []
let upstream: Server
let base: string
let app: RunningServer

beforeAll(async () => {
  upstream = createServer((incoming, outgoing) => {
    let body = ''
    incoming.on('data', (chunk) => (body += String(chunk)))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      seen.push({ method, url, headers, body })
      if (url.endsWith('/archive')) outgoing.writeHead(302, { location: 'https://storage.example/signed?x=1' }).end()
      else if (url.includes('redirect'))
        outgoing.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end()
      else if (url.includes('busy'))
        outgoing.writeHead(429, { 'retry-after': '3', 'set-cookie': 'a=b' }).end('{"detail":"slow down"}')
      else if (url.includes('slow')) {
        outgoing.writeHead(200, { 'content-type': 'text/plain' })
        outgoing.write('first')
        setTimeout(() => outgoing.end('second'), 300)
      } else outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ echo: body }))
    })
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/services/x`
  const folder = await mkdtemp(join(tmpdir(), 'tunegraph-app-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>' + ' '.repeat(2000))
  await writeFile(join(folder, 'kernel.wasm'), new Uint8Array(10))
  app = await listen(appServer({ folder, upstreams: [], host: '127.0.0.1' }), '127.0.0.1', 0)
})
afterAll(async () => {
  await app.stop(100)
  upstream.close()
})

const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${app.url}${path}`, init)
const relayed = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
  ask(`/relay${path}`, { ...init, headers: { 'x-tunegraph-upstream': base, ...headers } })

describe('the relay', () => {
  test('passes path, query, body and key to the chosen server, and nothing that tells of the page', async () => {
    const headers = {
      'x-api-key': 'tml-secret',
      'content-type': 'application/json',
      cookie: 'session=1',
      'x-stainless-lang': 'js',
      referer: 'http://localhost/graph',
      'x-forwarded-for': '10.0.0.1',
    }
    const answer = await relayed('/api/v1/create_session?a=1', headers, { method: 'POST', body: '{"tags":[]}' })
    expect(await answer.json()).toEqual({ echo: '{"tags":[]}' })
    const last = seen.at(-1)!
    expect(last).toMatchObject({ method: 'POST', url: '/services/x/api/v1/create_session?a=1', body: '{"tags":[]}' })
    expect(last.headers).toMatchObject({ 'x-api-key': 'tml-secret', 'x-stainless-lang': 'js' })
    for (const name of ['cookie', 'referer', 'x-forwarded-for', 'x-tunegraph-upstream'])
      expect(last.headers[name]).toBeUndefined()
  })

  test('passes failures on as they are, with what tells when to come back, without cookies', async () => {
    const answer = await relayed('/busy')
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('set-cookie')]).toEqual([
      429,
      '3',
      null,
    ])
    expect(await answer.text()).toBe('{"detail":"slow down"}')
  })

  test('streams: the first bytes are there before the last are made', async () => {
    const reader = (await relayed('/slow')).body!.getReader()
    const from = performance.now()
    const first = await reader.read()
    const waited = performance.now() - from
    expect(new TextDecoder().decode(first.value)).toBe('first')
    expect(waited).toBeLessThan(250)
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('second')
  })

  test('does not follow redirects, and tells an archive’s address instead', async () => {
    const before = seen.length
    const away = await relayed('/redirect')
    expect([away.status, (await away.json()) as unknown]).toMatchObject([502, { code: 'relay_redirected' }])
    expect(seen.length).toBe(before + 1)
    expect(await (await relayed('/run/archive')).json()).toEqual({
      url: 'https://storage.example/signed?x=1',
      expires: null,
    })
  })

  test.each([
    ['no server named', { 'x-tunegraph-upstream': '' }, 'relay_refused'],
    ['a server not on the list', { 'x-tunegraph-upstream': 'https://evil.example/api' }, 'relay_refused'],
    ['a cloud’s metadata address', { 'x-tunegraph-upstream': 'http://169.254.169.254/' }, 'relay_refused'],
    ['another scheme', { 'x-tunegraph-upstream': 'file:///etc/passwd' }, 'relay_refused'],
    ['a password in the address', { 'x-tunegraph-upstream': 'http://a:b@localhost/' }, 'relay_refused'],
    ['a page of another origin', { 'sec-fetch-site': 'cross-site' }, 'relay_forbidden'],
  ])('refuses %s', async (_what, headers, code) => {
    const before = seen.length
    const answer = await relayed('/api/v1/healthz', headers)
    expect([answer.status, (await answer.json()) as unknown]).toMatchObject([
      403,
      { code, detail: expect.any(String) as string },
    ])
    expect(seen.length).toBe(before)
  })

  test.each(['/relay/%2e%2e/%2e%2e/admin', '/relay/../admin', '/relay/..%2fadmin', '/relay/x/..%5C..%5Cadmin'])(
    'never takes a path out of the chosen address: %s',
    async (path) => {
      const { request } = await import('node:http')
      const headers = { 'x-tunegraph-upstream': base }
      await new Promise((resolve) => {
        request({ port: app.port, path, headers }, (answer) => answer.resume().on('end', resolve)).end()
      })
      expect(seen.filter((s) => s.url.includes('admin'))).toEqual([])
    },
  )

  test('says which server cannot be reached', async () => {
    const answer = await relayed('/x', { 'x-tunegraph-upstream': 'http://127.0.0.1:1' })
    expect([answer.status, (await answer.json()) as unknown]).toMatchObject([
      502,
      { code: 'relay_unreachable', detail: expect.stringMatching(/127\.0\.0\.1:1 cannot be reached/) as string },
    ])
  })

  test('grants no other origin anything, so that their pages cannot use it', async () => {
    const answer = await ask('/relay/api/v1/healthz', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-headers': 'x-tunegraph-upstream' },
    })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.status).not.toBe(204)
  })
})

describe('the list of servers', () => {
  const list = ['https://tinker.example/services/prod', 'http://gpu.lan:8000'].map((text) => {
    const parsed = parseUpstream(text)
    if (!parsed.ok) throw new Error(parsed.error)
    return parsed.value
  })
  test.each([
    ['https://tinker.example/services/prod', true],
    ['https://tinker.example/services/prod/', true],
    ['https://tinker.example/services/production', false],
    ['https://tinker.example/', false],
    ['http://tinker.example/services/prod', false],
    ['https://tinker.example:8443/services/prod', false],
    ['https://tinker.example.evil.example/services/prod', false],
    ['http://gpu.lan:8000/any/path', true],
    ['http://localhost:1234', true],
    ['http://localhost.evil.example', false],
  ])('%s → %s', (text, allowed) => {
    expect(chooseUpstream(text, list).ok).toBe(allowed)
  })
})

describe('the page', () => {
  test('comes compressed, with its policy, and is asked for again by its tag', async () => {
    const page = await ask('/', { headers: { 'accept-encoding': 'gzip' } })
    expect(page.headers.get('content-security-policy')).toMatch(/'wasm-unsafe-eval'/)
    expect(page.headers.get('content-encoding')).toBe('gzip')
    expect(await page.text()).toMatch(/<title>page/)
    const again = await ask('/some/route', { headers: { 'if-none-match': page.headers.get('etag')! } })
    expect(again.status).toBe(304)
    expect((await ask('/kernel.wasm')).headers.get('content-type')).toBe('application/wasm')
  })

  test.each(['/missing.js', '/..%2f..%2fetc/passwd.txt', '/.git/config.json', '/%00.js', '/%'])(
    'is all there is: %s is 404',
    async (path) => {
      expect((await ask(path)).status).toBe(404)
    },
  )

  test('is not served under a foreign name', async () => {
    const { request } = await import('node:http')
    const status = await new Promise((resolve) => {
      request(app.url, { headers: { host: 'attacker.example' } }, (answer) => resolve(answer.statusCode)).end()
    })
    expect(status).toBe(421)
  })
})
