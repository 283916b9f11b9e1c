import { createServer } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { Carrier } from './carrier.ts'
import { textOf } from './exchange.ts'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Exchange, HttpRequest } from './exchange.ts'

type Answered = Extract<Exchange, { outcome: 'answered' }>

const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
})

async function listening(server: Server): Promise<string> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serve = (listener: RequestListener): Promise<string> => listening(createServer(listener))

/** What arrives is read, then these bytes are sent and the connection is ended. */
const raw = (bytes: string): Promise<string> =>
  listening(createSocketServer((socket) => socket.once('data', () => socket.end(bytes))))

function carrier(): Carrier {
  const made = new Carrier(undefined)
  onTestFinished(() => made.close())
  return made
}

function get(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, headers: {}, timeoutMs: 5000, signals: [], ...more }
}

async function answered(sent: Promise<Exchange>): Promise<Answered> {
  const ended = await sent
  if (ended.outcome !== 'answered') throw new Error(`${ended.outcome}: ${ended.message}`)
  return ended
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

const echo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const said = { method: request.method, url: request.url, headers: request.headers, body: await bodyOf(request) }
  response.setHeader('x-two', ['a', 'b'])
  response.end(JSON.stringify(said))
}

describe('an exchange over the client of Node', () => {
  test('carries method, path, headers and body, and brings the answer as plain bytes', async () => {
    const url = await serve((request, response) => void echo(request, response))
    const http = get(`${url}/a%20b?c=d`, { method: 'POST', headers: { 'X-Own': 'ü' }, body: '{"é":1}' })
    const { status, headers, bytes } = await answered(carrier().send(http))
    expect(status).toBe(200)
    expect(bytes.constructor).toBe(Uint8Array)
    expect(headers.get('X-Two')).toBe('a, b')
    expect(headers.get('absent')).toBeNull()
    const all: string[] = []
    headers.forEach((value, name) => all.push(`${name}=${value}`))
    expect(all).toContain('x-two=a, b')
    expect(JSON.parse(textOf(bytes))).toMatchObject({
      method: 'POST',
      url: '/a%20b?c=d',
      body: '{"é":1}',
      headers: { 'x-own': 'ü', 'content-length': '8' },
    })
  })

  test('after another goes over the same connection, which ends with the carrier', async () => {
    let connections = 0
    const server = createServer((_request, response) => void response.end('ok'))
    server.on('connection', () => connections++)
    const url = await listening(server)
    const one = carrier()
    for (let i = 0; i < 3; i++) await answered(one.send(get(url)))
    expect([connections, sockets.size]).toEqual([1, 1])
    one.close()
    await expect.poll(() => sockets.size).toBe(0)
    // The last word of a client comes after its close, and leaves nothing open.
    await answered(one.send(get(url)))
    await expect.poll(() => sockets.size).toBe(0)
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('unpacks %s', async (coding, pack) => {
    const url = await serve((_request, response) => {
      response.setHeader('content-encoding', coding)
      response.end(pack('plain words'))
    })
    expect(textOf((await answered(carrier().send(get(url)))).bytes)).toBe('plain words')
  })

  test('with a packed body that is cut short is a lost connection', async () => {
    const url = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync('plain words').subarray(0, 20))
    })
    expect(await carrier().send(get(url))).toMatchObject({ outcome: 'offline' })
  })

  test.each([
    [302, 'GET', '', undefined],
    [303, 'GET', '', undefined],
    [307, 'POST', 'body', 'text/plain'],
    [308, 'POST', 'body', 'text/plain'],
  ])('follows a %i as fetch does', async (status, method, body, type) => {
    const url = await serve((request, response) => {
      if (request.url === '/end') return void echo(request, response)
      response.writeHead(status, { location: '/end' }).end()
    })
    const headers = { 'content-type': 'text/plain', 'x-own': '1' }
    const ended = await answered(carrier().send(get(url, { method: 'POST', body: 'body', headers })))
    const seen = JSON.parse(textOf(ended.bytes)) as { method: string; body: string; headers: Record<string, string> }
    expect(seen).toMatchObject({ method, body, headers: { 'x-own': '1' } })
    expect(seen.headers['content-type']).toBe(type)
  })

  test('shows a redirect where it is to be shown, and does not carry a password to another server', async () => {
    const other = await serve((request, response) => void echo(request, response))
    const url = await serve((_request, response) => void response.writeHead(307, { location: other }).end())
    const shown = await answered(carrier().send(get(url, { redirect: 'manual' })))
    expect([shown.status, shown.headers.get('location')]).toEqual([307, other])
    const ended = await answered(carrier().send(get(url, { headers: { Authorization: 'Bearer x' } })))
    expect(textOf(ended.bytes)).not.toContain('Bearer')
  })

  test('ends within a second of an abort or its time, and its connection with it', async () => {
    let begun = 0
    const url = await serve(() => void begun++)
    const abort = new AbortController()
    const waiting = carrier().send(get(url, { signals: [undefined, abort.signal] }))
    await expect.poll(() => begun).toBe(1)
    abort.abort()
    expect(await waiting).toMatchObject({ outcome: 'aborted' })
    await expect.poll(() => sockets.size).toBe(0)
    expect(await carrier().send(get(url, { timeoutMs: 50 }))).toMatchObject({ outcome: 'timeout' })
    await expect.poll(() => sockets.size).toBe(0)
    const asked = begun
    expect(await carrier().send(get(url, { signals: [abort.signal] }))).toMatchObject({ outcome: 'aborted' })
    expect(begun).toBe(asked)
  })

  test.each([
    ['nothing at all', ''],
    ['no HTTP', 'garbage\r\n\r\n'],
    ['half of its headers', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['less than announced', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew'],
    ['chunks without an end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
  ])('answered by %s is a lost connection', async (_what, bytes) => {
    const ended = await carrier().send(get(await raw(bytes)))
    expect(ended).toMatchObject({ outcome: 'offline' })
    expect((ended as { message: string }).message).not.toBe('')
  })

  test('that cannot begin is a lost connection, with its reason', async () => {
    const send = (url: string, headers = {}): Promise<Exchange> => carrier().send(get(url, { headers }))
    expect(await send('http://127.0.0.1:1')).toMatchObject({
      outcome: 'offline',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    expect(await send('/relative')).toMatchObject({ outcome: 'offline' })
    expect(await send('http://me:secret@127.0.0.1:1')).toMatchObject({ outcome: 'offline' })
    expect(await send('http://127.0.0.1:1', { a: 'b\nc' })).toMatchObject({ outcome: 'offline' })
  })
})

describe('a thousand requests at once', () => {
  test('open few connections where answers are quick', async () => {
    let connections = 0
    const server = createServer((_request, response) => void response.end('ok'))
    server.on('connection', () => connections++)
    const url = await listening(server)
    const one = carrier()
    const all = await Promise.all(Array.from({ length: 1000 }, () => one.send(get(url))))
    expect(all.filter(({ outcome }) => outcome === 'answered')).toHaveLength(1000)
    // Of those begun first, some may take long on a busy machine and then count as held.
    expect(connections).toBeLessThan(500)
  })

  test('all get through to a server that holds them', async () => {
    const held: ServerResponse[] = []
    const url = await serve((_request, response) => {
      held.push(response)
      if (held.length === 300) for (const waiting of held) waiting.end('ok')
    })
    const one = carrier()
    const all = await Promise.all(Array.from({ length: 300 }, () => one.send(get(url, { timeoutMs: 20_000 }))))
    expect(all.filter(({ outcome }) => outcome === 'answered')).toHaveLength(300)
  })

  test('are given up together, also those that have not begun', async () => {
    let begun = 0
    const url = await serve(() => void begun++)
    const abort = new AbortController()
    const one = carrier()
    const all = Array.from({ length: 300 }, () => one.send(get(url, { signals: [abort.signal] })))
    await expect.poll(() => begun).toBeGreaterThan(0)
    abort.abort()
    expect(new Set((await Promise.all(all)).map(({ outcome }) => outcome))).toEqual(new Set(['aborted']))
    await expect.poll(() => sockets.size).toBe(0)
    expect(begun).toBeLessThan(300)
  })
})

describe('fetch carries', () => {
  test('where somebody put another in its place', async () => {
    const platform = globalThis.fetch
    onTestFinished(() => void (globalThis.fetch = platform))
    globalThis.fetch = () => Promise.resolve(new Response('replaced'))
    expect(textOf((await answered(carrier().send(get('http://nowhere.invalid')))).bytes)).toBe('replaced')
  })

  test('where it was told to take another way', async () => {
    const name = Symbol.for('undici.globalDispatcher.1')
    const global = globalThis as Record<symbol, unknown>
    await fetch('http://127.0.0.1:1').catch(() => {})
    const usual = global[name]
    expect((usual as object).constructor.name).toBe('Agent')
    onTestFinished(() => void (global[name] = usual))
    class ProxyAgent {
      dispatch(): never {
        throw new Error('through the proxy')
      }
    }
    global[name] = new ProxyAgent()
    expect(await carrier().send(get('http://nowhere.invalid'))).toMatchObject({
      outcome: 'offline',
      message: expect.stringContaining('through the proxy'),
    })
  })
})
