/** A fetch for Node that goes through an HTTP proxy: a tunnel for https, the whole address for http. Pages use the system's. */
import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import tls from 'node:tls'
import { createGunzip } from 'node:zlib'
import type { AgentOptions } from 'node:https'
import type { IncomingMessage, RequestOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Environment } from '../session/environment.ts'
import type { Fetch } from '../transport/exchange.ts'

export type ProxyOptions = {
  /** Certificates to trust besides Node's, in PEM: of a proxy that looks into what it carries. */
  readonly ca?: string
}

/** Idle connections end after this long, ms: servers do so after five seconds, and the two must not meet. */
const IDLE_MS = 4000
const MOST_REDIRECTS = 10

/**
 * For `ServiceConfig.fetch` and `Hub.fetch`.
 * @param proxy as `http://user:password@proxy:3128`; a password goes to the proxy alone
 * @throws TypeError for an address that is not of an HTTP proxy
 */
export function proxyFetch(proxy: string, { ca }: ProxyOptions = {}): Fetch {
  const address = proxyAddress(proxy)
  const authorization = authorizationOf(address)
  const trusted = ca === undefined ? {} : { ca: [...tls.rootCertificates, ca] }
  const toProxy = {
    host: address.hostname.replace(/^\[|\]$/g, ''),
    port: address.port === '' ? (address.protocol === 'https:' ? 443 : 80) : Number(address.port),
    ...trusted,
  }
  const speak = address.protocol === 'https:' ? https.request : http.request
  const idle = { keepAlive: true, timeout: IDLE_MS }
  const plain = new (address.protocol === 'https:' ? https.Agent : http.Agent)(idle)
  const tunnels = new Tunnels({ ...idle, ...trusted }, (target) =>
    speak({ ...toProxy, agent: false, method: 'CONNECT', path: target, headers: { host: target, ...authorization } }),
  )

  const send = async (request: Request, redirects: number): Promise<Response> => {
    const url = new URL(request.url)
    const body = request.body === null ? undefined : new Uint8Array(await request.clone().arrayBuffer())
    const headers = {
      'accept-encoding': 'gzip',
      ...Object.fromEntries(request.headers),
      ...(body === undefined ? {} : { 'content-length': String(body.length) }),
    }
    const options: RequestOptions =
      url.protocol === 'https:'
        ? { host: url.hostname, port: url.port || 443, path: url.pathname + url.search, agent: tunnels, headers }
        : { ...toProxy, path: url.href, agent: plain, headers: { ...headers, host: url.host, ...authorization } }
    const ask = url.protocol === 'https:' ? https.request : speak
    const answer = await exchanged(ask({ ...options, method: request.method }), body, request.signal)
    const { location } = answer.headers
    const redirected = answer.statusCode! >= 300 && answer.statusCode! <= 399 && location !== undefined
    if (!redirected || request.redirect === 'manual') return responseOf(answer, request.method)
    answer.resume()
    if (request.redirect === 'error' || redirects >= MOST_REDIRECTS) throw new TypeError('the server redirects')
    return send(redirectOf(request, new URL(location, url), answer.statusCode!, body), redirects + 1)
  }
  return (request) => send(request, 0)
}

/**
 * Address of the proxy that the environment names for a server, as curl and Python read it: `https_proxy` or `http_proxy` by
 * the server's scheme, else `all_proxy`, in small or capital letters; none for hosts in `no_proxy`. Undefined: there is none.
 */
export function proxyFromEnvironment(server: string, env: Environment): string | undefined {
  const { protocol, hostname } = new URL(server)
  const named = (name: string): string | undefined => env[name]?.trim() || env[name.toUpperCase()]?.trim() || undefined
  const spared = (named('no_proxy') ?? '').split(/[\s,]+/).filter(Boolean)
  const isSpared = spared.some((name) => {
    const bare = name.replace(/^\*?\.?/, '')
    return name === '*' || hostname === bare || hostname.endsWith(`.${bare}`)
  })
  return isSpared ? undefined : (named(`${protocol.slice(0, -1)}_proxy`) ?? named('all_proxy'))
}

/** Connections to servers through the proxy: TLS is spoken with the server itself. */
class Tunnels extends https.Agent {
  readonly #open: (target: string) => http.ClientRequest

  constructor(options: AgentOptions, open: (target: string) => http.ClientRequest) {
    super(options)
    this.#open = open
  }

  override createConnection(
    options: RequestOptions & tls.ConnectionOptions,
    done: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const fail = (error: Error): void => done(error, undefined as unknown as Duplex)
    const { host, port } = options
    const opening = this.#open(`${host}:${port}`)
    opening.once('error', fail)
    opening.once('connect', (answer, socket) => {
      if (answer.statusCode === 200) return done(null, tls.connect({ ...options, socket, ...nameOf(host!) }))
      socket.destroy()
      fail(new Error(`the proxy answered ${answer.statusCode} ${answer.statusMessage ?? ''}`.trim()))
    })
    // An answer to CONNECT without a tunnel, as some proxies give it.
    opening.once('response', (answer) => {
      answer.resume()
      fail(new Error(`the proxy answered ${answer.statusCode}`))
    })
    opening.end()
    return undefined
  }
}

/** Addresses of numbers have no name to be asked for. */
function nameOf(host: string): { servername?: string } {
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host }
}

function proxyAddress(proxy: string): URL {
  const address = URL.canParse(proxy) ? new URL(proxy) : undefined
  if (address === undefined || !/^https?:$/.test(address.protocol))
    throw new TypeError('a proxy is named as http://host:port or https://host:port')
  return address
}

/** Source: vectors, area config (user info of a proxy becomes a Basic header). */
function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Rejects as fetch does: with a TypeError when there is no answer, with the signal's reason when it aborts. */
function exchanged(
  sent: http.ClientRequest,
  body: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      sent.destroy()
      reject(signal.reason as Error)
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    const over = (): void => signal.removeEventListener('abort', abort)
    sent.once('error', (error) => {
      over()
      reject(new TypeError(error.message, { cause: error }))
    })
    sent.once('response', (answer) => {
      answer.once('close', over)
      resolve(answer)
    })
    sent.end(body)
  })
}

function responseOf(answer: IncomingMessage, method: string): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers))
    for (const one of [value ?? []].flat()) headers.append(name, one)
  const status = answer.statusCode!
  if (method === 'HEAD' || status === 204 || status === 304) {
    answer.resume()
    return new Response(null, { status, headers })
  }
  let content: Readable = answer
  if (headers.get('content-encoding') === 'gzip') {
    content = answer.on('error', (error) => content.destroy(error)).pipe(createGunzip())
    headers.delete('content-encoding')
    headers.delete('content-length')
  }
  return new Response(Readable.toWeb(content) as ReadableStream<Uint8Array<ArrayBuffer>>, { status, headers })
}

/** As fetch: a GET after 301 to 303, and no credentials for another origin. */
function redirectOf(request: Request, target: URL, status: number, body: Uint8Array<ArrayBuffer> | undefined): Request {
  const again = status >= 307 || request.method === 'GET'
  const headers = new Headers(request.headers)
  if (target.origin !== new URL(request.url).origin)
    for (const name of ['authorization', 'x-api-key', 'cookie']) headers.delete(name)
  if (!again) headers.delete('content-type')
  return new Request(target, {
    method: again ? request.method : 'GET',
    headers,
    ...(again && body !== undefined ? { body } : {}),
    signal: request.signal,
    redirect: request.redirect,
  })
}
