import { describe, expect, test } from 'vitest'
import type { BackendRef } from '#src/ir/runEvent.ts'
import { upstreamOf } from './upstream.ts'

const embedded = (): Promise<Response> => Promise.resolve(new Response('embedded'))
const tinker: BackendRef = { type: 'tinker', url: 'https://tinker.example/services/prod' }
const at = { origin: 'http://127.0.0.1:4173', relay: '/relay' }

describe('requests to a backend', () => {
  test('go to the embedded one without leaving the browser', async () => {
    const upstream = upstreamOf({ type: 'embedded', url: 'http://embedded.tunegraph' }, at, embedded)
    const fetch = upstream.ok ? upstream.value.fetch : undefined
    expect(await (await fetch!(new Request('http://embedded.tunegraph/'))).text()).toBe('embedded')
  })

  test('go through the relay of the page with the upstream in a header, where there is one', () => {
    expect(upstreamOf(tinker, at, embedded)).toEqual({
      ok: true,
      value: {
        baseUrl: 'http://127.0.0.1:4173/relay',
        publicUrl: tinker.url,
        headers: { 'x-tunegraph-upstream': tinker.url },
      },
    })
  })

  test('go straight there from a page that is served as files', () => {
    expect(upstreamOf(tinker, { ...at, relay: null }, embedded)).toEqual({ ok: true, value: { baseUrl: tinker.url } })
  })

  test.each(['', 'localhost:8000', 'ftp://host', 'http://', 'https://a b'])('are refused for the address %j', (url) => {
    const refused = upstreamOf({ type: 'custom', url }, at, embedded)
    expect(refused).toMatchObject({ ok: false, error: { code: 'WK0007' } })
  })
})
