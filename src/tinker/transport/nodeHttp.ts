/**
 * One exchange over Node's own HTTP client: a quarter of the processor time of its fetch, which builds streams, signals
 * and headers for every request. Loaded in Node only; a page has fetch alone.
 */
import { onAbort } from './abort.ts'
import { exchange, judgeTransport } from './exchange.ts'
import { Rush } from './rush.ts'
import type { AnswerHeaders, Exchange, Fetch, HttpRequest } from './exchange.ts'

/** Idle connections are closed after this long, ms: servers do so after five seconds, and the two must not meet. */
const IDLE_MS = 4000

/** What fetch sends besides, under what the caller says. */
const DEFAULT_HEADERS = { 'user-agent': 'node', 'accept-encoding': 'gzip, deflate' }

/** The parts of Node's modules that are used, written out because pages have no types of Node. */
type Emitter = { on(event: string, listener: (value: never) => void): unknown }
type Outgoing = Emitter & { end(body?: Uint8Array): void; destroy(): void }
type Incoming = Emitter & {
  readonly statusCode: number
  readonly complete: boolean
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}
type Agent = { keepAlive: boolean; readonly freeSockets: Readonly<Record<string, readonly { destroy(): void }[]>> }
type HttpModule = {
  Agent: new (options: { keepAlive: boolean; noDelay: boolean; timeout: number }) => Agent
  request(options: Readonly<Record<string, unknown>>): Outgoing
}
type Unzip = (bytes: Uint8Array, done: (error: Error | null, plain: Uint8Array) => void) => void

type Scheme = { readonly http: HttpModule; readonly agent: Agent }

const encoder = new TextEncoder()

export class NodeHttp {
  readonly #load: (name: string) => unknown
  readonly #schemes = new Map<string, Scheme>()
  readonly #rush = new Rush()
  #closed = false

  /** `load` gives modules of Node by name. */
  constructor(load: (name: string) => unknown) {
    this.#load = load
  }

  /** As {@link exchange}; what Node's client cannot do, such as an address with a password, goes through `fetch`. */
  async send(fetch: Fetch, http: HttpRequest): Promise<Exchange> {
    const url = urlOf(http.url)
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '') return exchange(fetch, http)
    const ended = await this.#exchange(http, url)
    const target = http.redirect === 'manual' ? undefined : redirectOf(ended, http, url)
    if (target !== undefined) return exchange(fetch, target)
    return ended.outcome === 'answered' ? this.#unpacked(ended, http) : ended
  }

  /** Idle connections end now, the others with their answer. */
  close(): void {
    this.#closed = true
    for (const { agent } of this.#schemes.values()) {
      agent.keepAlive = false
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of [...sockets]) socket.destroy()
    }
  }

  #exchange(http: HttpRequest, url: URL): Promise<Exchange> {
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      let sent: Outgoing | undefined
      let settled = false
      const settle = (ended: Exchange): void => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        for (const unfollow of unfollows) unfollow()
        this.#rush.leave(ticket)
        resolve(ended)
        if (ended.outcome !== 'answered') sent?.destroy()
      }
      const fail = (error: unknown, late = false): void => {
        if (!settled) settle(judgeTransport(error, http, late))
      }
      const begin = (): void => {
        timer = setTimeout(() => fail('', true), http.timeoutMs)
        try {
          sent = this.#begin(http, url, settle, fail)
        } catch (error) {
          fail(error)
        }
      }
      const ticket = { begin, since: 0 }
      const unfollows = http.signals.map((signal) => (signal === undefined ? none : onAbort(signal, () => fail(''))))
      if (http.signals.some((signal) => signal?.aborted)) fail('')
      else this.#rush.enter(ticket)
    })
  }

  #begin(http: HttpRequest, url: URL, settle: (ended: Exchange) => void, fail: (error: unknown) => void): Outgoing {
    const { http: client, agent } = this.#scheme(url.protocol)
    const body = typeof http.body === 'string' ? encoder.encode(http.body) : http.body
    const sent = client.request({
      agent,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      method: http.method,
      path: url.pathname + url.search,
      headers: {
        ...DEFAULT_HEADERS,
        ...http.headers,
        ...(body === undefined ? {} : { 'content-length': body.length }),
      },
    })
    sent.on('error', fail)
    sent.on('response', (answer: Incoming) => {
      const parts: Uint8Array[] = []
      answer.on('data', (part: Uint8Array) => void parts.push(part))
      answer.on('error', fail)
      answer.on('end', () => {
        const headers = new IncomingHeaders(answer.headers)
        settle({ outcome: 'answered', status: answer.statusCode, headers, bytes: joined(parts) })
      })
      answer.on('close', () => fail('the connection was lost within the answer'))
      http.onAnswer?.()
    })
    sent.on('close', () => fail('the connection was lost before the answer'))
    sent.end(body)
    return sent
  }

  #scheme(protocol: string): Scheme {
    const known = this.#schemes.get(protocol)
    if (known !== undefined) return known
    const http = this.#load(`node:${protocol.slice(0, -1)}`) as HttpModule
    const scheme = { http, agent: new http.Agent({ keepAlive: !this.#closed, noDelay: true, timeout: IDLE_MS }) }
    this.#schemes.set(protocol, scheme)
    return scheme
  }

  /** The body as it was before it was packed for the way. */
  async #unpacked(ended: Answered, http: HttpRequest): Promise<Exchange> {
    const coding = ended.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
    if (coding === 'identity' || ended.bytes.length === 0) return ended
    const { unzip } = this.#load('node:zlib') as { unzip: Unzip }
    return new Promise((resolve) => {
      unzip(ended.bytes, (error, plain) =>
        resolve(error === null ? { ...ended, bytes: joined([plain]) } : judgeTransport(error, http, false)),
      )
    })
  }
}

type Answered = Extract<Exchange, { outcome: 'answered' }>

class IncomingHeaders implements AnswerHeaders {
  readonly #values: Incoming['headers']

  constructor(values: Incoming['headers']) {
    this.#values = values
  }

  get(name: string): string | null {
    return textOf(this.#values[name.toLowerCase()]) ?? null
  }

  forEach(callback: (value: string, name: string) => void): void {
    for (const [name, value] of Object.entries(this.#values)) callback(textOf(value) ?? '', name)
  }
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value
}

function none(): void {}

function urlOf(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

/** Plain bytes: a Buffer's `slice` shares memory, which nobody expects of a Uint8Array. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  if (parts.length === 1) return new Uint8Array(first!.buffer, first!.byteOffset, first!.length)
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The request that a redirect asks for, by the rules of fetch; undefined where the answer is none. */
function redirectOf(ended: Exchange, http: HttpRequest, from: URL): HttpRequest | undefined {
  if (ended.outcome !== 'answered' || ![301, 302, 303, 307, 308].includes(ended.status)) return undefined
  const location = ended.headers.get('location')
  const to = location === null ? undefined : urlOf(location, from.href)
  if (to === undefined) return undefined
  const { body, headers, ...rest } = http
  const turnsToGet = ended.status === 303 || (ended.status < 303 && http.method === 'POST')
  const kept = Object.entries(headers).filter(
    ([name]) =>
      !(turnsToGet && /^content-/i.test(name)) && !(to.origin !== from.origin && /^authorization$/i.test(name)),
  )
  const target = { ...rest, url: to.href, headers: Object.fromEntries(kept) }
  if (turnsToGet) return { ...target, method: 'GET' }
  return body === undefined ? target : { ...target, body }
}
