import { afterEach, describe, expect, test } from 'vitest'
import type { PortFetch } from './portFetch.ts'
import { createPortFetch, servePortFetch } from './portFetch.ts'

let stop: () => void = () => undefined
afterEach(() => stop())

function connect(handle: (request: Request) => Promise<Response>): PortFetch {
  const { port1, port2 } = new MessageChannel()
  stop = servePortFetch(port2, handle)
  return createPortFetch(port1)
}

const at = (path: string, init?: RequestInit): Request => new Request(`http://embedded.tunegraph${path}`, init)

describe('fetch over a port', () => {
  test('carries method, address, headers and body there, and status, headers and body back', async () => {
    const { fetch } = connect(async (request) => {
      const text = `${request.method} ${new URL(request.url).pathname} ${request.headers.get('x-a')} ${await request.text()}`
      return new Response(text, { status: 201, statusText: 'Made', headers: { 'x-b': 'c' } })
    })
    const response = await fetch(at('/p?q=1', { method: 'POST', body: 'hello', headers: { 'x-a': '1' } }))
    expect([response.status, response.statusText, response.headers.get('x-b')]).toEqual([201, 'Made', 'c'])
    expect(await response.text()).toBe('POST /p 1 hello')
  })

  test('keeps bytes exactly, large bodies included', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000))
    const { fetch } = connect(async (request) => new Response(await request.arrayBuffer()))
    const response = await fetch(at('/', { method: 'PUT', body: bytes }))
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
  })

  test.each([204, 304])('gives back a %i, which may have no body', async (status) => {
    const { fetch } = connect(() => Promise.resolve(new Response(null, { status })))
    expect((await fetch(at('/'))).status).toBe(status)
  })

  test('answers many requests in whatever order they finish', async () => {
    const { fetch } = connect(async (request) => {
      const n = Number(new URL(request.url).searchParams.get('n'))
      await new Promise((resolve) => setTimeout(resolve, (10 - n) * 3))
      return new Response(String(n))
    })
    const all = await Promise.all(Array.from({ length: 10 }, (_, n) => fetch(at(`/?n=${n}`)).then((r) => r.text())))
    expect(all).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })

  test('rejects at once when aborted, and tells the handler', async () => {
    const controller = new AbortController()
    const told = new Promise<boolean>((resolve) => {
      const { fetch } = connect((request) => {
        request.signal.addEventListener('abort', () => resolve(true))
        controller.abort()
        return new Promise(() => undefined)
      })
      void fetch(at('/', { signal: controller.signal })).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'AbortError' })
      })
    })
    expect(await told).toBe(true)
    const { fetch } = connect(() => Promise.resolve(new Response('late')))
    await expect(fetch(at('/', { signal: controller.signal }))).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('rejects like a lost connection when the handler breaks', async () => {
    const { fetch } = connect(() => Promise.reject(new Error('out of memory')))
    const failure = await fetch(at('/')).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: 'out of memory' })
  })

  test('rejects all that waits, and all that comes later, when the connection is closed', async () => {
    const connection = connect(() => new Promise(() => undefined))
    const waiting = connection.fetch(at('/')).catch((error: unknown) => error)
    await new Promise((resolve) => setTimeout(resolve, 5))
    connection.close('the backend stopped')
    expect(await waiting).toMatchObject({ name: 'TypeError', message: 'the backend stopped' })
    await expect(connection.fetch(at('/'))).rejects.toThrow('the backend stopped')
  })
})
