/** The credential of every request: the key as it is, what a function hands out, or a short-lived token got for either. */
import { err, ok } from '../../base/result.ts'
import { parseJson } from '../wire/json.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { textOf } from './exchange.ts'
import { decoding } from '../wire/wireError.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'

/** A token with this many seconds left or fewer is exchanged before it is used. Source: protocol reference §1.3. */
const REFRESH_BELOW_S = 60
/** With this many left it is exchanged beside the request that finds it so. */
const REFRESH_AHEAD_S = 300
/** After a refused exchange the old token is used for this long before the next one. */
const REST_AFTER_FAILURE_MS = 60_000

export type CredentialSource = {
  readonly apiKey?: string | undefined
  /** Asked for every request, or for every exchange where the server gives short-lived tokens. */
  readonly getCredential?: (() => string | Promise<string>) | undefined
}

/** Where the credential comes from. `none`: requests carry none, as local servers allow. */
export type ChosenCredential =
  | { readonly from: 'key'; readonly key: string }
  | { readonly from: 'function'; readonly get: () => string | Promise<string> }
  | { readonly from: 'none' }

/**
 * Which credential wins: a JWT given as key always; the function where the server insists on one; else the key, with the
 * function in place of a missing key, or of one that the hosted service would refuse for its looks. Other servers have
 * keys of any shape. Source: protocol reference §1.3.
 */
export function chooseCredential(
  { apiKey, getCredential }: CredentialSource,
  { hosted, enforced }: { readonly hosted: boolean; readonly enforced: boolean },
): Result<ChosenCredential, Failure> {
  if (apiKey !== undefined && !fitsHeader(apiKey))
    return err(
      unauthorized('the key holds a character that no key has: was it shortened or changed when it was copied?'),
    )
  if (apiKey?.startsWith('eyJ')) return ok({ from: 'key', key: apiKey })
  if (enforced && getCredential === undefined)
    return err(unauthorized('the organisation requires dynamic credentials: give the client a function that gets one'))
  const wellFormed = !hosted || apiKey?.startsWith('tml-') === true
  if (getCredential !== undefined && (enforced || !apiKey || !wellFormed))
    return ok({ from: 'function', get: getCredential })
  if (!apiKey) return hosted ? err(unauthorized('no key is set')) : ok({ from: 'none' })
  return wellFormed ? ok({ from: 'key', key: apiKey }) : err(unauthorized("the key must start with 'tml-'"))
}

/** Printable ASCII, what a header can carry: otherwise every request would fail as if the server could not be reached. */
function fitsHeader(key: string): boolean {
  return /^[\x20-\x7e]*$/.test(key.trim())
}

function unauthorized(message: string): Failure {
  return { kind: 'unauthorized', message }
}

/** Asks for a token in exchange for the credential. */
export type TokenExchange = (credential: string | undefined) => Promise<Result<string, Failure>>

export class Credential {
  #chosen: ChosenCredential
  #token: Token | undefined
  #exchange: TokenExchange | undefined
  #refreshing: Promise<Failure | undefined> | undefined
  #restUntil = 0
  /** Told of every renewal and of every renewal that failed while an old token is at hand. */
  onRenewal: ((failure: Failure | undefined) => void) | undefined

  constructor(chosen: ChosenCredential) {
    this.#chosen = chosen
  }

  get exchanges(): boolean {
    return this.#exchange !== undefined
  }

  /** The claims of the token that the requests carry, or of the key where it is one; undefined for opaque keys. */
  get claims(): Readonly<Record<string, unknown>> | undefined {
    const bearer = this.#token?.jwt ?? (this.#chosen.from === 'key' ? this.#chosen.key : undefined)
    return bearer === undefined ? undefined : jwtClaims(bearer)
  }

  /** Everything that must never be shown, so that it can be looked for. */
  get secrets(): readonly (string | undefined)[] {
    return [this.#token?.jwt, this.#chosen.from === 'key' ? this.#chosen.key : undefined]
  }

  /** Another source from now on; tokens stay. */
  choose(chosen: ChosenCredential): void {
    this.#chosen = chosen
  }

  /** The key itself, which the handshake and the exchange use. */
  async plain(): Promise<Result<string | undefined, Failure>> {
    const chosen = this.#chosen
    if (chosen.from === 'none') return ok(undefined)
    if (chosen.from === 'key') return ok(chosen.key)
    try {
      const got = (await chosen.get()).trim()
      return got === '' ? err(unauthorized('the function for the credential returned none')) : ok(got)
    } catch (error) {
      return err(unauthorized(`the credential could not be had: ${error instanceof Error ? error.message : 'unknown'}`))
    }
  }

  /** From now on requests carry a token that `exchange` fetches for the credential. */
  async useTokens(exchange: TokenExchange): Promise<Failure | undefined> {
    this.#exchange = exchange
    return this.refresh()
  }

  /** Value of `X-API-Key` now. An old token is kept when its refresh fails: the server has the last word. */
  current(nowMs: number = Date.now()): Promise<Result<string | undefined, Failure>> {
    if (this.#exchange === undefined) return this.plain()
    return this.#currentToken(nowMs)
  }

  async #currentToken(nowMs: number): Promise<Result<string | undefined, Failure>> {
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
    const plain = await this.plain()
    const fetched = plain.ok ? await this.#exchange!(plain.value) : plain
    if (fetched.ok) this.#token = new Token(fetched.value, nowMs)
    else this.#restUntil = nowMs + REST_AFTER_FAILURE_MS
    this.onRenewal?.(fetched.ok ? undefined : fetched.error)
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
