/**
 * `/relay/*`: requests of the page to a Tinker server that sets no CORS headers, over the page's own origin. Only to
 * servers on the list; redirects are never followed; keys pass through and are neither stored nor logged.
 */
import { chooseUpstream } from './upstreams.ts'
import type { Allowed } from './upstreams.ts'

export const RELAY_PATH = '/relay/'
const UPSTREAM_HEADER = 'x-tunegraph-upstream'

const REQUEST_HEADERS = new Set([
  'accept',
  'authorization',
  'content-encoding',
  'content-type',
  'x-api-key',
  'x-request-id',
  'x-idempotency-key',
])
const REQUEST_PREFIXES = ['x-stainless-', 'x-tinker-', 'x-twinkle-', 'x-ray-']
const RESPONSE_HEADERS = ['content-type', 'retry-after', 'retry-after-ms', 'x-should-retry', 'expires', 'date']

type Fetch = typeof globalThis.fetch

export async function relay(
  request: Request,
  allowed: readonly Allowed[],
  fetch: Fetch = globalThis.fetch,
): Promise<Response> {
  // Pages of other origins cannot set the header without a preflight, which is never granted; this says it outright.
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin')
    return problem(403, 'relay_forbidden', 'the relay serves the page of this server only')
  const chosen = chooseUpstream(request.headers.get(UPSTREAM_HEADER), allowed)
  if (!chosen.ok) return problem(403, 'relay_refused', chosen.error)
  const url = new URL(request.url)
  const rest = url.pathname.slice(RELAY_PATH.length)
  const target = new URL(chosen.value)
  target.pathname += rest
  target.search = url.search
  if (climbs(rest) || target.origin !== chosen.value.origin || !target.pathname.startsWith(chosen.value.pathname))
    return problem(403, 'relay_refused', 'the path leads out of the chosen server’s address')
  const bodyless = request.method === 'GET' || request.method === 'HEAD' || request.body === null
  try {
    const answer = await fetch(target, {
      method: request.method,
      headers: passed(request.headers),
      redirect: 'manual',
      signal: request.signal,
      ...(bodyless ? {} : { body: request.body, duplex: 'half' as const }),
    })
    return answered(answer, target)
  } catch (error) {
    if (request.signal.aborted) return problem(499, 'relay_aborted', 'the page gave up the request')
    return problem(502, 'relay_unreachable', `${target.origin} cannot be reached: ${reason(error)}`)
  }
}

/** Some servers decode before they route, so escaped dots and slashes count. */
function climbs(path: string): boolean {
  return path
    .replace(/%2e/gi, '.')
    .split(/\/|\\|%2f|%5c/i)
    .includes('..')
}

function passed(headers: Headers): Headers {
  const out = new Headers()
  for (const [name, value] of headers)
    if (REQUEST_HEADERS.has(name) || REQUEST_PREFIXES.some((prefix) => name.startsWith(prefix))) out.set(name, value)
  return out
}

function answered(answer: Response, target: URL): Response {
  const location = answer.headers.get('location')
  if (answer.status >= 300 && answer.status < 400 && location !== null) {
    void answer.body?.cancel()
    // A page cannot read a redirect. The archive's is its result, so it is told as the newer, readable form.
    if (target.pathname.endsWith('/archive'))
      return Response.json({ url: new URL(location, target).href, expires: answer.headers.get('expires') })
    return problem(
      502,
      'relay_redirected',
      `${target.origin} answered with a redirect, which the relay does not follow`,
    )
  }
  const headers = new Headers({ 'cache-control': 'no-store' })
  for (const name of RESPONSE_HEADERS) {
    const value = answer.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  return new Response(answer.body, { status: answer.status, headers })
}

/** `detail` is what clients of the API read first. */
function problem(status: number, code: string, detail: string): Response {
  return Response.json({ detail, code, category: 'relay' }, { status, headers: { 'cache-control': 'no-store' } })
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return String(cause)
}
