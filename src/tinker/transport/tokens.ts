/** Short-lived tokens: fetched in exchange for the credential, renewed in time. Loaded for servers that want them. */
import { err, ok } from '../../base/result.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { parseJson } from '../wire/json.ts'
import { decoding } from '../wire/wireError.ts'
import { readJson } from './answers.ts'
import { textOf } from './exchange.ts'
import { authTokenResponse } from '../wire/infoResponses.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { Call } from './connection.ts'
import type { Persist } from './handshake.ts'

/** A token with this many seconds left or fewer is exchanged before it is used. Source: protocol reference §1.3. */
const REFRESH_BELOW_S = 60
/** With this many left it is exchanged beside the request that finds it so. */
const REFRESH_AHEAD_S = 300
/** After a refused exchange the old token is used for this long before the next one. */
const REST_AFTER_FAILURE_MS = 60_000

/** Asks for a token in exchange for the credential. */
export type TokenExchange = (credential: string | undefined) => Promise<Result<string, Failure>>

export class Tokens {
  readonly #fetch: () => Promise<Result<string, Failure>>
  readonly #told: (failure: Failure | undefined) => void
  #token: Token | undefined
  #refreshing: Promise<Failure | undefined> | undefined
  #restUntil = 0

  constructor(fetch: () => Promise<Result<string, Failure>>, told: (failure: Failure | undefined) => void) {
    this.#fetch = fetch
    this.#told = told
  }

  get jwt(): string | undefined {
    return this.#token?.jwt
  }

  async current(nowMs: number = Date.now()): Promise<Result<string | undefined, Failure>> {
    const left = this.#token?.secondsLeft(nowMs) ?? 0
    const resting = nowMs < this.#restUntil
    if (left <= REFRESH_BELOW_S && !(resting && left > 0)) {
      const failure = await this.refresh(nowMs)
      if (failure !== undefined && this.#token === undefined) return err(failure)
    } else if (!resting && this.#token !== undefined && left <= this.#token.refreshAheadS) void this.refresh(nowMs)
    return ok(this.#token?.jwt)
  }

  /** A token other than the one that the server refused. Callers at the same time share one exchange. */
  async replace(refused: string | undefined): Promise<Failure | undefined> {
    return this.#token?.jwt === refused ? this.refresh() : undefined
  }

  /** Callers at the same time share one exchange. */
  refresh(nowMs: number = Date.now()): Promise<Failure | undefined> {
    this.#refreshing ??= this.#fetchToken(nowMs).finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  async #fetchToken(nowMs: number): Promise<Failure | undefined> {
    const fetched = await this.#fetch()
    if (fetched.ok) this.#token = new Token(fetched.value, nowMs)
    else this.#restUntil = nowMs + REST_AFTER_FAILURE_MS
    this.#told(fetched.ok ? undefined : fetched.error)
    return fetched.ok ? undefined : fetched.error
  }
}

/** A token with the time it is good for, by our own clock: the server's and ours may differ by hours. */
class Token {
  readonly jwt: string
  readonly #expiresMs: number
  readonly #lifetimeS: number

  constructor(jwt: string, receivedMs: number) {
    this.jwt = jwt
    const { exp, iat } = jwtClaims(jwt) ?? {}
    const issued = typeof iat === 'number' && typeof exp === 'number' && exp > iat
    this.#lifetimeS = issued ? exp - iat : secondsLeft(jwt, receivedMs)
    this.#expiresMs = receivedMs + this.#lifetimeS * 1000
  }

  secondsLeft(nowMs: number): number {
    return (this.#expiresMs - nowMs) / 1000
  }

  /** A short token is renewed in its second half: it would be renewed at every request otherwise. */
  get refreshAheadS(): number {
    return Math.max(REFRESH_BELOW_S, Math.min(REFRESH_AHEAD_S, this.#lifetimeS / 2))
  }
}

/** Seconds until a JWT expires; 0 when it cannot be read. The signature is the server's affair. */
export function secondsLeft(token: string | undefined, nowMs: number): number {
  const claims = token === undefined ? undefined : jwtClaims(token)
  const expiry = claims?.['exp']
  return typeof expiry === 'number' ? expiry - nowMs / 1000 : 0
}

/** The payload of a JWT, unverified; undefined when it is none. */
export function jwtClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  const bytes = decoding(() => base64ToBytes(payload))
  const parsed = bytes.ok ? parseJson(textOf(bytes.value)) : undefined
  if (parsed?.ok !== true || typeof parsed.value !== 'object' || parsed.value === null) return undefined
  return parsed.value as Readonly<Record<string, unknown>>
}

/** Who the holder of a token is, as the hosted service writes it. */
export type Identity = { readonly userUrn: string; readonly email: string | null }

/** Reads `sub` and `email`; undefined where the token names nobody. */
export function identityOf(claims: Readonly<Record<string, unknown>> | undefined): Identity | undefined {
  const userUrn = claims?.['sub']
  const email = claims?.['email']
  if (typeof userUrn !== 'string') return undefined
  return { userUrn, email: typeof email === 'string' && email !== '' ? email : null }
}

/** A short-lived token for the key. */
export async function exchangeToken(
  persist: Persist,
  windowMs: number,
  key: string | undefined,
): Promise<Result<string, Failure>> {
  const call: Call = { request: 'POST auth/token', method: 'POST', path: 'auth/token', json: {}, quiet: true }
  const answer = await persist(call, windowMs, key)
  const read = answer.ok ? readJson(answer.value, authTokenResponse, call) : answer
  return read.ok ? ok(read.value.jwt) : read
}
