/** The line to one server: handshake, credential, headers, and the one retry loop that every request goes through. */
import { err, ok } from '../../base/result.ts'
import { linkAbort, onAbort, sleep } from './abort.ts'
import { jsonOf, readJson, refused, unanswered, unreadable } from './answers.ts'
import { Credential } from './auth.ts'
import { baseOf, DEFAULT_TUNING, WIRE_VERSION } from '../config.ts'
import { backoffMs, isRetried, retryAfterMs } from './retry.ts'
import { exchange } from './exchange.ts'
import { JSON_TYPE } from '../wire/contentTypes.ts'
import { stringifyJson } from '../wire/json.ts'
import { authTokenResponse, clientConfigResponse } from '../wire/responses.ts'
import { readShape } from '../wire/shape.ts'
import type { Result } from '../../base/result.ts'
import type { Answer, Subject } from './answers.ts'
import type { ServiceConfig, Tuning } from '../config.ts'
import type { Failure } from '../errors.ts'
import type { Outcome } from './retry.ts'
import type { Exchange, Fetch } from './exchange.ts'
import type { ClientConfigResponse } from '../wire/responses.ts'
import type { Shape } from '../wire/shape.ts'

/** What the handshake found out. */
export type ServerProfile = {
  /** No `client/config` route: a server of the time before SDK 0.18. JSON only, few optional members, bearer tokens. */
  readonly legacy: boolean
  readonly flags: ClientConfigResponse
}

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
  /** The body of a success is not looked at, so it may be anything. */
  readonly ignoreBody?: boolean
}

export class Connection {
  readonly tuning: Tuning
  readonly #config: ServiceConfig
  readonly #fetch: Fetch
  readonly #closing = new AbortController()
  readonly #credential: Credential
  #profile: Promise<Result<ServerProfile, Failure>> | undefined
  /** Set once the handshake is done: the headers of legacy servers depend on it. */
  #legacy = false
  #billingPauseMs = 0
  #unfollow: (() => void) | undefined

  constructor(config: ServiceConfig) {
    this.#config = config
    this.tuning = { ...DEFAULT_TUNING, ...config.tuning }
    this.#fetch = config.fetch ?? ((request) => globalThis.fetch(request))
    this.#credential = new Credential(config.apiKey)
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

  close(): void {
    this.#unfollow?.()
    this.#closing.abort()
  }

  /** The handshake, made once; after a failure the next caller tries anew. */
  profile(): Promise<Result<ServerProfile, Failure>> {
    this.#profile ??= this.#shakeHands().then((result) => {
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
    return profile.ok ? this.#persist(call, this.tuning.retry.windowMs) : profile
  }

  /** One exchange after the handshake, whatever comes of it. A refused short-lived token is renewed once. */
  async attempt(call: Call): Promise<Exchange> {
    const first = await this.#exchange(call, await this.#credential.current())
    if (first.outcome !== 'answered' || first.status !== 401 || !this.#credential.exchanges) return first
    if ((await this.#credential.refresh()) !== undefined) return first
    return this.#exchange(call, await this.#credential.current())
  }

  async #shakeHands(): Promise<Result<ServerProfile, Failure>> {
    const call: Call = {
      request: 'POST client/config',
      method: 'POST',
      path: 'client/config',
      json: { sdk_version: WIRE_VERSION },
    }
    const answer = await this.#persist(call, this.tuning.connectWindowMs)
    if (!answer.ok) return isMissingRoute(answer.error) ? this.#legacyProfile() : answer
    const flags = readJson(answer.value, clientConfigResponse, call)
    if (!flags.ok) return flags
    this.#billingPauseMs = flags.value.billing_exception_max_pause_duration_sec * 1000
    if (flags.value.pjwt_auth_enabled) {
      const failure = await this.#credential.useTokens((key) => this.#exchangeToken(key))
      if (failure !== undefined) return err(failure)
    }
    return ok({ legacy: false, flags: flags.value })
  }

  #legacyProfile(): Result<ServerProfile, Failure> {
    this.#legacy = true
    const flags = readShape(clientConfigResponse, {})
    if (!flags.ok) throw new Error(flags.error)
    return ok({ legacy: true, flags: flags.value })
  }

  async #exchangeToken(key: string | undefined): Promise<Result<string, Failure>> {
    const call: Call = { request: 'POST auth/token', method: 'POST', path: 'auth/token', json: {} }
    const answer = await this.#persist(call, this.tuning.connectWindowMs, key)
    const read = answer.ok ? readJson(answer.value, authTokenResponse, call) : answer
    return read.ok ? ok(read.value.jwt) : read
  }

  /** The retry loop. `key` stands in for the credential during the handshake. */
  async #persist(call: Call, windowMs: number, key?: string): Promise<Result<Answer, Failure>> {
    const started = Date.now()
    const counts = new Map<Outcome, number>()
    // One key for all attempts lets a server that remembers keys answer a repeat without a second run.
    const sent =
      call.method === 'GET'
        ? call
        : { ...call, headers: { 'X-Idempotency-Key': `tunegraph-${freshId()}`, ...call.headers } }
    for (let attempts = 1; ; attempts++) {
      const ended = await (key === undefined ? this.attempt(sent) : this.#exchange(sent, key))
      const verdict = this.#judge(ended, call)
      if (verdict.ok) return verdict
      const { failure, outcome, headers } = verdict.error
      const seen = (counts.get(outcome) ?? 0) + 1
      counts.set(outcome, seen)
      const elapsed = Date.now() - started
      const billing = outcome === 402 && elapsed < this.#billingPauseMs
      const mine = call.patience !== 'once' && !call.handOver?.includes(outcome as number)
      const again = mine && (billing || isRetried(outcome, seen, headers))
      const left = windowMs - elapsed
      if (!again || (!billing && left <= 0)) return err({ ...failure, attempts })
      const wait = billing
        ? this.tuning.billingRetryMs
        : Math.min((headers && retryAfterMs(headers)) ?? backoffMs(attempts - 1, this.tuning.retry), left)
      if (billing)
        this.#config.onQueueState?.({
          state: 'paused_billing',
          reason: failure.serverSays ?? 'the account has no credit; waiting for it to be topped up',
          operation: call.path,
        })
      if (!(await this.#wait(wait, call.signal)))
        return err(unanswered({ outcome: 'aborted', message: '' }, call, this.closed))
    }
  }

  async #wait(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    const link = linkAbort(this.signal, signal)
    try {
      return await sleep(ms, link.signal)
    } finally {
      link.release()
    }
  }

  #judge(ended: Exchange, call: Call): Result<Answer, { failure: Failure; outcome: Outcome; headers?: Headers }> {
    if (ended.outcome === 'aborted') return err({ failure: unanswered(ended, call, this.closed), outcome: 499 })
    if (ended.outcome !== 'answered')
      return err({ failure: unanswered(ended, call, this.closed), outcome: ended.outcome })
    const { status, headers } = ended
    if (call.showRedirects && (status === 0 || (status >= 300 && status <= 399))) return ok(ended)
    if (status < 200 || status > 299) return err({ failure: refused(ended, call), outcome: status, headers })
    if (!call.ignoreBody && !jsonOf(ended).ok)
      return err({ failure: unreadable(ended, call), outcome: 'unreadable', headers })
    return ok(ended)
  }

  #exchange(call: Call, key: string | undefined): Promise<Exchange> {
    const body = call.bytes ?? (call.json === undefined ? undefined : stringifyJson(call.json))
    return exchange(this.#fetch, {
      method: call.method,
      url: `${baseOf(this.#config.baseUrl)}api/v1/${call.path}`,
      headers: this.#headers(call, key, body !== undefined),
      ...(body === undefined ? {} : { body }),
      ...(call.showRedirects ? { redirect: 'manual' as const } : {}),
      timeoutMs: call.timeoutMs ?? this.tuning.requestTimeoutMs,
      signals: [this.signal, call.signal],
    })
  }

  #headers(call: Call, key: string | undefined, hasBody: boolean): Record<string, string> {
    const headers: Record<string, string> = { Accept: call.accept ?? JSON_TYPE, ...this.#config.headers }
    if (hasBody) headers['Content-Type'] = call.contentType ?? JSON_TYPE
    if (key !== undefined) headers['X-API-Key'] = key
    if (this.#legacy) {
      headers['X-Request-Id'] = freshId()
      if (key !== undefined) headers['Authorization'] = `Bearer ${key}`
    }
    return { ...headers, ...call.headers }
  }
}

/** Twinkle has no such route and refuses any request without a request id before it looks at the route. */
function isMissingRoute(failure: Failure): boolean {
  if (failure.kind === 'unsupported' || failure.kind === 'notFound') return true
  return failure.kind === 'rejected' && /request[-_ ]?id/i.test(failure.serverSays ?? '')
}

/** 32 hex digits. `crypto.randomUUID` is absent from pages served over plain HTTP by an address other than localhost. */
function freshId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}
