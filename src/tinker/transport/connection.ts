/** The line to one server: handshake, credential, headers, and the one retry loop that every request goes through. */
import { err, ok } from '../../base/result.ts'
import { linkAbort, onAbort, sleep } from './abort.ts'
import { readJson, unanswered } from './answers.ts'
import { Credential } from './auth.ts'
import { Carrier } from './carrier.ts'
import { AwakeClock } from './awake.ts'
import { baseOf, checkConfig, DEFAULT_TUNING } from '../config.ts'
import { ClientEvents } from './events.ts'
import { shakeHands } from './handshake.ts'
import { freshId, freshUuid, headersOf } from './headers.ts'
import { Lanes } from './lanes.ts'
import { judge, ProxyCredits, Retries } from './patience.ts'
import { shownHeaders } from './secretHeaders.ts'
import { failureOf } from '../failure.ts'
import { part } from '../part.ts'
import { JSON_TYPE, namesProtobuf } from '../wire/contentTypes.ts'
import { stringifyJson } from '../wire/json.ts'
import { queryString } from '../wire/queryString.ts'
import type { Result } from '../../base/result.ts'
import type { Answer, Subject } from './answers.ts'
import type { ServiceConfig, Tuning } from '../config.ts'
import type { Failure } from '../failure.ts'
import type { Exchange, Fetch, HttpRequest } from './exchange.ts'
import type { ServerProfile } from './handshake.ts'
import type { routingHeaders } from './olderServer.ts'
import type { Compressor } from './zstd.ts'
import type { Shape } from '../wire/shape.ts'

export type { ServerKind, ServerProfile } from './handshake.ts'

export type Call = Subject & {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/api/v1/`. */
  readonly path: string
  /** Sent as JSON; for other bodies `bytes` and `contentType`. */
  readonly json?: unknown
  readonly bytes?: Uint8Array<ArrayBuffer>
  readonly contentType?: string
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** `once` for what must not be repeated or has a loop of its own. */
  readonly patience?: 'once' | 'standard'
  /** Statuses that the caller deals with itself: they end the retry loop. */
  readonly handOver?: readonly number[]
  /** Redirects are an answer to this call: they are not followed and end the loop as successes. */
  readonly showRedirects?: boolean
  /** Called when an answer has begun to come in. */
  readonly onAnswer?: () => void
  /** The body of a success is not looked at, so it may be anything. */
  readonly ignoreBody?: boolean
  /** Its failure is nobody's loss, or is told in other words: it is no event. */
  readonly quiet?: boolean
  /** Goes on when the client is closed in the meantime. Small, and soon over. */
  readonly outlives?: boolean
}

/** Smaller bodies gain nothing by compression. */
const COMPRESSED_FROM_BYTES = 1024

/** Told of every call's end, so that what a server lacks is known without asking. */
export type CallWatcher = (call: Call, failure: Failure | undefined) => void

export class Connection {
  readonly tuning: Tuning
  readonly events = new ClientEvents()
  readonly #config: ServiceConfig
  readonly #carrier: Carrier
  readonly #closing = new AbortController()
  readonly #credential = new Credential({ from: 'none' })
  readonly #lanes: Lanes
  readonly #credits = new ProxyCredits()
  /** For servers that route by the client; stays the same for its life. */
  readonly #clientId = freshId()
  #profile: Promise<Result<ServerProfile, Failure>> | undefined
  /** Set once the handshake is done: the headers of legacy servers depend on it. */
  #routing: typeof routingHeaders | undefined
  #billingPauseMs = 0
  #compressor: Promise<Compressor | undefined> | undefined
  #unfollow: (() => void) | undefined
  /** Told of every call's end. */
  watcher: CallWatcher | undefined

  constructor(config: ServiceConfig) {
    checkConfig(config)
    this.#config = config
    this.tuning = { ...DEFAULT_TUNING, ...config.tuning }
    this.#carrier = new Carrier(config.fetch)
    this.#lanes = new Lanes(config)
    if (config.onEvent !== undefined) this.events.on('*', config.onEvent)
    this.#credential.onRenewal = (failure) =>
      this.events.emit(
        failure === undefined ? { type: 'token', change: 'renewed' } : { type: 'token', change: 'kept', failure },
      )
    if (config.signal?.aborted) this.close()
    else if (config.signal !== undefined) this.#unfollow = onAbort(config.signal, () => this.close())
  }

  /** Aborted when the client is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal
  }

  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  /** What must never be shown. */
  get secrets(): readonly (string | undefined)[] {
    return [this.#config.apiKey, ...this.#credential.secrets]
  }

  /** The token that requests carry, or the key; undefined where a function gives it, and where there is none. */
  get bearer(): string | undefined {
    return this.#credential.bearer
  }

  close(): void {
    this.#unfollow?.()
    this.#closing.abort()
    this.#carrier.close()
    this.watcher = undefined
    this.events.clear()
  }

  /** The handshake, made once; after a failure the next caller tries anew. */
  profile(): Promise<Result<ServerProfile, Failure>> {
    this.#profile ??= this.#greet().then((result) => {
      if (!result.ok) this.#profile = undefined
      return result
    })
    return this.#profile
  }

  /** A request after the handshake, retried by the table, its answer read as JSON of the given shape. */
  async requestJson<T>(call: Call, shape: Shape<T>): Promise<Result<T, Failure>> {
    const answer = await this.request(call)
    return answer.ok ? readJson(answer.value, shape, call) : answer
  }

  async request(call: Call): Promise<Result<Answer, Failure>> {
    const profile = await this.profile()
    if (!profile.ok) return profile
    const { windowMs } = this.tuning.retry
    const compressible = profile.value.flags.proto_compress_fwdbwd && namesProtobuf(call.contentType)
    const packed = compressible ? await this.#packed(call) : call
    const answer = await this.#persist(packed, windowMs)
    if (packed === call || answer.ok || answer.error.status !== 415) return answer
    // A server that asks for zstd and then refuses it gets plain bodies from now on.
    this.#compressor = Promise.resolve(undefined)
    return this.#persist(call, windowMs)
  }

  /** One exchange after the handshake, whatever comes of it. A refused short-lived token is renewed once. */
  async attempt(call: Call, attempt = 1): Promise<Exchange> {
    const key = await this.#credential.current()
    if (!key.ok) return refusedLocally(key.error)
    const first = await this.#exchange(call, key.value, attempt)
    if (first.outcome !== 'answered' || first.status !== 401 || !this.#credential.exchanges) return first
    if ((await this.#credential.replace(key.value)) !== undefined) return first
    const renewed = await this.#credential.current()
    return renewed.ok ? this.#exchange(call, renewed.value, attempt) : first
  }

  /** A request with everything on it, for those who send it themselves. */
  async prepare(call: Call): Promise<Result<{ readonly fetch: Fetch; readonly http: HttpRequest }, Failure>> {
    const profile = await this.profile()
    const key = profile.ok ? await this.#credential.current() : profile
    return key.ok ? ok({ fetch: this.#carrier.fetch, http: this.#http(call, key.value) }) : key
  }

  /** One last word, also after the close and out of a page that goes away. Small, tried once, and soon over. */
  async farewell(call: Call): Promise<Exchange> {
    const key = await this.#credential.current()
    const http = this.#http(call, key.ok ? key.value : undefined)
    return this.#carrier.send({ ...http, keepalive: true, signals: [] })
  }

  async #greet(): Promise<Result<ServerProfile, Failure>> {
    try {
      const { preset, tuning } = this.#config
      if (preset === 'python') Object.assign(this.tuning, (await part(import('../presets.ts'))).PYTHON_TUNING, tuning)
      const profile = await shakeHands(
        this.#config,
        this.#credential,
        this.tuning.connectWindowMs,
        (call, window, key) => this.#persist(call, window, { key }),
      )
      if (!profile.ok) return this.#unwelcome(profile.error)
      if (profile.value.legacy) this.#routing = (await part(import('./olderServer.ts'))).routingHeaders
      this.#billingPauseMs = profile.value.flags.billing_exception_max_pause_duration_sec * 1000
      return profile
    } catch (error) {
      // A part that could not be loaded: the next caller tries anew.
      const failure = failureOf(error)
      if (failure === undefined) throw error
      return this.#unwelcome(failure)
    }
  }

  #unwelcome(failure: Failure): Result<never, Failure> {
    this.events.emit({ type: 'failed', request: 'POST client/config', failure })
    return err(failure)
  }

  async #packed(call: Call): Promise<Call> {
    if (call.bytes === undefined || call.bytes.length < COMPRESSED_FROM_BYTES) return call
    this.#compressor ??= (this.#config.loadCompressor ?? ownCompressor)().catch(() => undefined)
    const compress = await this.#compressor
    if (compress === undefined) return call
    return { ...call, bytes: await compress(call.bytes), headers: { ...call.headers, 'Content-Encoding': 'zstd' } }
  }

  /** The retry loop. `plain` stands in for the credential during the handshake. */
  async #persist(
    call: Call,
    windowMs: number,
    plain?: { readonly key: string | undefined },
  ): Promise<Result<Answer, Failure>> {
    const clock = new AwakeClock()
    const retries = new Retries(call, this.tuning, windowMs, this.#billingPauseMs)
    const timeoutMs = call.timeoutMs ?? this.tuning.requestTimeoutMs
    // One key for all attempts lets a server that remembers keys answer a repeat without a second run.
    const sent =
      call.method === 'GET'
        ? call
        : { ...call, headers: { 'X-Idempotency-Key': `tunegraph-retry-${freshUuid()}`, ...call.headers } }
    for (;;) {
      const exchanged =
        plain === undefined
          ? this.attempt(sent, retries.attempts + 1)
          : this.#exchange(sent, plain.key, retries.attempts + 1)
      const ended = await clock.during(timeoutMs, exchanged)
      const verdict = judge(ended, call, this.closed)
      if (verdict.ok) {
        this.#credits.earn()
        this.watcher?.(call, undefined)
        return verdict
      }
      const trouble = this.#credits.forgive(verdict.error, ended)
      const again = retries.next(trouble, clock.elapsedMs)
      const failure: Failure = { ...trouble.failure, attempts: retries.attempts }
      if (again === undefined) return this.#giveUp(call, failure)
      const { waitMs, leftMs } = again
      if (again.billing) this.#tellBilling(call, failure)
      this.events.emit({ type: 'retry', request: call.request, failure, attempts: retries.attempts, waitMs, leftMs })
      if (!(await clock.during(waitMs, this.#wait(waitMs, call.signal))))
        return this.#giveUp(call, unanswered({ outcome: 'aborted', message: '' }, call, this.closed))
    }
  }

  #giveUp(call: Call, failure: Failure): Result<never, Failure> {
    this.watcher?.(call, failure)
    if (call.quiet !== true) this.events.emit({ type: 'failed', request: call.request, failure })
    return err(failure)
  }

  #tellBilling(call: Call, failure: Failure): void {
    const reason = failure.serverSays ?? 'the account has no credit; waiting for it to be topped up'
    this.#config.onQueueState?.({ state: 'paused_billing', reason, operation: call.path })
    this.events.emit({ type: 'queue', state: 'paused_billing', reason, operation: call.path })
  }

  async #wait(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    const link = linkAbort(this.signal, signal)
    try {
      return await sleep(ms, link.signal)
    } finally {
      link.release()
    }
  }

  async #exchange(call: Call, key: string | undefined, attempt: number): Promise<Exchange> {
    const lane = this.#lanes.of(call)
    if (lane === undefined) return this.#tellOfExchange(call, key, attempt)
    const link = linkAbort(this.signal, call.signal)
    const entered = await lane.acquire(link.signal).finally(link.release)
    if (!entered) return { outcome: 'aborted', message: 'the request was cancelled' }
    try {
      return await this.#tellOfExchange(call, key, attempt)
    } finally {
      lane.release()
    }
  }

  async #tellOfExchange(call: Call, key: string | undefined, attempt: number): Promise<Exchange> {
    const http = this.#http(call, key)
    const { events } = this
    const about = { method: call.method, path: call.path.split('?', 1)[0]!, attempt }
    if (events.hears('http:start')) events.emit({ type: 'http:start', ...about, headers: shownHeaders(http.headers) })
    const timed = events.hears('http:stop') || events.hears('http:error')
    const started = timed ? performance.now() : 0
    const ended = await this.#carrier.send(http)
    if (!timed) return ended
    const durationMs = performance.now() - started
    if (ended.outcome === 'answered') {
      const bytes = { bytesOut: http.body?.length ?? 0, bytesIn: ended.bytes.length }
      events.emit({ type: 'http:stop', ...about, status: ended.status, durationMs, ...bytes })
    } else events.emit({ type: 'http:error', ...about, outcome: ended.outcome, message: ended.message, durationMs })
    return ended
  }

  #http(call: Call, key: string | undefined): HttpRequest {
    const body = call.bytes ?? (call.json === undefined ? undefined : stringifyJson(call.json))
    return {
      method: call.method,
      url: this.#url(call.path),
      headers: this.#headers(call, key, body !== undefined),
      ...(body === undefined ? {} : { body }),
      ...(call.showRedirects ? { redirect: 'manual' as const } : {}),
      ...(call.onAnswer === undefined ? {} : { onAnswer: call.onAnswer }),
      timeoutMs: call.timeoutMs ?? this.tuning.requestTimeoutMs,
      signals: call.outlives === true ? [call.signal] : [this.signal, call.signal],
    }
  }

  #url(path: string): string {
    const url = `${baseOf(this.#config.baseUrl)}api/v1/${path}`
    const query = this.#config.query === undefined ? '' : queryString(this.#config.query)
    return query === '' ? url : `${url}${path.includes('?') ? '&' : '?'}${query}`
  }

  #headers(call: Call, key: string | undefined, hasBody: boolean): Record<string, string> {
    const { headers = {}, traceHeaders } = this.#config
    return headersOf({
      accept: call.accept,
      contentType: hasBody ? (call.contentType ?? JSON_TYPE) : undefined,
      key,
      routing: this.#routing?.(this.#clientId, key),
      configured: traceHeaders === undefined ? headers : { ...headers, ...traceHeaders() },
      own: call.headers,
    })
  }
}

async function ownCompressor(): Promise<Compressor | undefined> {
  return (await import('./zstd.ts')).loadZstd()
}

/** A credential that cannot be had is refused as the server would refuse a wrong one, only sooner. */
function refusedLocally(failure: Failure): Exchange {
  const { kind, message, status = 401 } = failure
  if (kind === 'offline' || kind === 'timeout') return { outcome: kind, message }
  const bytes = new TextEncoder().encode(stringifyJson({ detail: failure.serverSays ?? message }))
  return { outcome: 'answered', status, headers: new Headers(), bytes }
}
