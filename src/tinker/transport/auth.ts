/** The credential of every request: the key as it is, or a short-lived token exchanged for it. */
import { parseJson } from '../wire/json.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { textOf } from './exchange.ts'
import { decoding } from '../wire/wireError.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../errors.ts'

/** A token with this many seconds left or fewer is exchanged before it is used. Source: protocol reference §1.3. */
const REFRESH_BELOW_S = 60

export class Credential {
  readonly #key: string | undefined
  #token: string | undefined
  #exchange: ((key: string | undefined) => Promise<Result<string, Failure>>) | undefined
  #refreshing: Promise<Failure | undefined> | undefined

  constructor(key: string | undefined) {
    this.#key = key
  }

  /** The key itself, which the handshake and the exchange use. */
  get key(): string | undefined {
    return this.#key
  }

  get exchanges(): boolean {
    return this.#exchange !== undefined
  }

  /** From now on requests carry a token that `exchange` fetches for the key. */
  async useTokens(
    exchange: (key: string | undefined) => Promise<Result<string, Failure>>,
  ): Promise<Failure | undefined> {
    this.#exchange = exchange
    return this.refresh()
  }

  /** Value of `X-API-Key` now. An old token is kept when its refresh fails: the server has the last word. */
  async current(nowMs: number = Date.now()): Promise<string | undefined> {
    if (this.#exchange === undefined) return this.#key
    if (secondsLeft(this.#token, nowMs) <= REFRESH_BELOW_S) await this.refresh()
    return this.#token
  }

  /** Callers at the same time share one exchange. */
  refresh(): Promise<Failure | undefined> {
    this.#refreshing ??= this.#fetchToken().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  async #fetchToken(): Promise<Failure | undefined> {
    const fetched = await this.#exchange!(this.#key)
    if (!fetched.ok) return fetched.error
    this.#token = fetched.value
    return undefined
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
