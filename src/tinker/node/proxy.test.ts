/** The client through a proxy that writes down what it is asked to carry, with and without a password, plain and by tunnel. */
import { createServer, request as forward } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clientOf, datum, failureOfRejection, startPeer } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import { proxyFetch, proxyFromEnvironment } from './proxy.ts'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** For 127.0.0.1, signed by itself, good for a hundred years, and used nowhere else. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghpOF7a5A6d+bkNGl
lJ5n3CSn/HpcyhQ6jbLJ2hncUoChRANCAAQsjX3IZup98ZybFziKEDeloYRMQEPE
Jog0o3q2vaJQMO6UKQYiioITVr8T5589PDrJXfJiDD1/lNNRQOuleUe5
-----END PRIVATE KEY-----`
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBpTCCAUugAwIBAgIUPKQykc9wFYN+xvi654N6Y1ncoeIwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOdHVuZWdyYXBoIHRlc3QwIBcNMjYxMTIyMTYxMjEzWhgPMjEy
NjEwMjkxNjEyMTNaMBkxFzAVBgNVBAMMDnR1bmVncmFwaCB0ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAELI19yGbqffGcmxc4ihA3paGETEBDxCaINKN6tr2i
UDDulCkGIoqCE1a/E+efPTw6yV3yYgw9f5TTUUDrpXlHuaNvMG0wHQYDVR0OBBYE
FACFK/BhIbu3zV418f4KFDf2hLI5MB8GA1UdIwQYMBaAFACFK/BhIbu3zV418f4K
FDf2hLI5MA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYcEfwAAAYIJbG9jYWxo
b3N0MAoGCCqGSM49BAMCA0gAMEUCIAplfyS9e6tZ9DcJLq4e07RlTH0onXoUpXGa
+7aXu8N7AiEA13t8LStPgiPnYtpvGh02Umlu6Ppk2h4+JQw7q4v/pRU=
-----END CERTIFICATE-----`

type Carried = { readonly what: string; readonly authorization: string | undefined }

async function listening(server: Server, scheme = 'http'): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Passes a request on as it came. */
function passOn(request: IncomingMessage, address: string, answer: Parameters<RequestListener>[1]): void {
  const { method, headers } = request
  const onward = forward(address, { method: method!, headers }, (got) => {
    // How long a connection is kept is each neighbour's own affair.
    const { 'keep-alive': _, connection: __, ...kept } = got.headers
    answer.writeHead(got.statusCode!, kept)
    got.pipe(answer)
  })
  onward.on('error', () => answer.destroy())
  request.pipe(onward)
}

async function startProxy(password?: string): Promise<{ url: string; carried: Carried[] }> {
  const carried: Carried[] = []
  const wanted = password === undefined ? undefined : `Basic ${Buffer.from(password).toString('base64')}`
  const admits = (request: IncomingMessage): boolean => {
    const authorization = request.headers['proxy-authorization']
    carried.push({ what: `${request.method} ${request.url}`, authorization })
    delete request.headers['proxy-authorization']
    return authorization === wanted
  }
  const proxy = createServer((request, answer) =>
    admits(request) ? passOn(request, request.url!, answer) : void answer.writeHead(407).end(),
  )
  proxy.on('connect', (request, socket) => {
    if (!admits(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const [host, port] = request.url!.split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [onward, socket]) end.on('error', () => [onward, socket].forEach((one) => one.destroy()))
  })
  return { url: await listening(proxy), carried }
}

describe.each([undefined, 'ada:p@ss'])('through a proxy, by the password %s', (password) => {
  const named = (url: string): string =>
    password === undefined ? url : url.replace('://', `://${password.split(':').map(encodeURIComponent).join(':')}@`)

  test('a plain server is trained on', async () => {
    const [peer, proxy] = [await startPeer(), await startProxy(password)]
    const service = clientOf(peer, { fetch: proxyFetch(named(proxy.url)) })
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    await training.forwardBackward([datum(1, 2)], 'cross_entropy').result()
    await training.optimStep().result()
    expect(peer.model.ran).toEqual(['forward_backward 1', 'optim_step 2'])
    expect(proxy.carried.map(({ what }) => what)).toContain(`POST ${peer.url}/api/v1/optim_step`)
    expect(proxy.carried).toHaveLength(peer.seen.length)
  })

  test('a server behind TLS is reached by a tunnel, and the proxy sees nothing of what is said', async () => {
    const [peer, proxy] = [await startPeer(), await startProxy(password)]
    const secure = createSecureServer({ key: KEY, cert: CERTIFICATE }, (request, answer) =>
      passOn(request, peer.url + request.url, answer),
    )
    const url = await listening(secure, 'https')
    const service = clientOf({ url }, { fetch: proxyFetch(named(proxy.url), { ca: CERTIFICATE }) })
    const { models } = await service.getServerCapabilities()
    await service.getServerCapabilities()
    expect(models[0]!.name).toBe('tiny')
    const tunnel = `CONNECT ${url.slice('https://'.length)}`
    expect(new Set(proxy.carried.map(({ what }) => what))).toEqual(new Set([tunnel]))
    expect(proxy.carried.length, 'tunnels are used again').toBeLessThan(peer.seen.length)
    expect(peer.seen.every(({ headers }) => headers['proxy-authorization'] === undefined)).toBe(true)
    const stranger = clientOf({ url }, { fetch: proxyFetch(named(proxy.url)), tuning: { connectWindowMs: 0 } })
    expect(await failureOfRejection(stranger.getServerProfile())).toMatchObject({
      kind: 'offline',
      message: expect.stringMatching(/self.signed/) as string,
    })
  })
})

test('a proxy that refuses, or is not there, is said to', async () => {
  const proxy = await startProxy('ada:secret')
  const messages = ['http://127.0.0.1:1', proxy.url].map(async (address) => {
    const service = clientOf(
      { url: 'https://server.test' },
      { fetch: proxyFetch(address), tuning: { connectWindowMs: 0 } },
    )
    return (await failureOfRejection(service.getServerProfile())).message
  })
  expect(await Promise.all(messages)).toEqual([
    expect.stringContaining('ECONNREFUSED'),
    expect.stringContaining('the proxy answered 407'),
  ])
})

test('answers are unpacked, redirects followed without the key, and a request that is given up ends', async () => {
  const proxy = await startProxy()
  const other = createServer((request, answer) => answer.end(String(request.headers['x-api-key'])))
  const elsewhere = await listening(other)
  const server = createServer((request, answer) => {
    if (request.url === '/packed')
      return answer.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked'))
    if (request.url === '/moved') return answer.writeHead(302, { location: `${elsewhere}/` }).end()
    return undefined
  })
  const url = await listening(server)
  const fetch = proxyFetch(proxy.url)
  expect(await (await fetch(new Request(`${url}/packed`))).text()).toBe('unpacked')
  const headers = { 'x-api-key': 'tml-secret' }
  expect(await (await fetch(new Request(`${url}/moved`, { headers }))).text()).toBe('undefined')
  const shown = await fetch(new Request(`${url}/moved`, { headers, redirect: 'manual' }))
  expect([shown.status, shown.headers.get('location')]).toEqual([302, `${elsewhere}/`])
  const giving = new AbortController()
  const held = fetch(new Request(`${url}/held`, { signal: giving.signal }))
  setTimeout(() => giving.abort(new Error('enough')), 50)
  await expect(held).rejects.toThrow('enough')
})

test('the environment names it, as other programs read it', () => {
  const env = {
    HTTPS_PROXY: 'http://a:1',
    http_proxy: 'http://b:2',
    NO_PROXY: 'localhost, .inner.example,*.more.example',
  }
  const of = (server: string): string | undefined => proxyFromEnvironment(server, env)
  expect([of('https://api.example/x'), of('http://api.example')]).toEqual(['http://a:1', 'http://b:2'])
  const spared = ['http://localhost:8000', 'https://a.inner.example', 'https://inner.example', 'https://b.more.example']
  expect(spared.map(of)).toEqual([undefined, undefined, undefined, undefined])
  expect(of('https://notinner.example')).toBe('http://a:1')
  expect(proxyFromEnvironment('https://x', { all_proxy: 'http://c:3' })).toBe('http://c:3')
  expect(proxyFromEnvironment('https://x', { https_proxy: 'http://c:3', no_proxy: '*' })).toBeUndefined()
  const { input, expected } = vectorsOf<string[], object[]>('config').find(({ name }) => name.startsWith('proxy URL'))!
  expect(() => proxyFetch(input[2]!)).toThrow(TypeError)
  expect(JSON.stringify(expected[0])).toContain(`Basic ${Buffer.from('user:pass').toString('base64')}`)
})
