/** The credential of every request: the key as it is, what a function hands out, or a short-lived token got for either. */
import { err, ok } from '../../base/result.ts'
import { part } from '../part.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { TokenExchange, Tokens } from './tokens.ts'

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

export class Credential {
  #chosen: ChosenCredential
  #tokens: Tokens | undefined
  /** Told of every renewal and of every renewal that failed while an old token is at hand. */
  onRenewal: ((failure: Failure | undefined) => void) | undefined

  constructor(chosen: ChosenCredential) {
    this.#chosen = chosen
  }

  get exchanges(): boolean {
    return this.#tokens !== undefined
  }

  /** The token that requests carry, or the key; undefined where a function gives it, and where there is none. */
  get bearer(): string | undefined {
    return this.#tokens?.jwt ?? this.#key
  }

  /** Everything that must never be shown, so that it can be looked for. */
  get secrets(): readonly (string | undefined)[] {
    return [this.#tokens?.jwt, this.#key]
  }

  get #key(): string | undefined {
    return this.#chosen.from === 'key' ? this.#chosen.key : undefined
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

  /**
   * From now on requests carry a token that `exchange` fetches for the credential.
   * @throws TinkerError when the part that does so cannot be loaded
   */
  async useTokens(exchange: TokenExchange): Promise<Failure | undefined> {
    const { Tokens } = await part(import('./tokens.ts'))
    this.#tokens = new Tokens(
      async () => {
        const plain = await this.plain()
        return plain.ok ? exchange(plain.value) : plain
      },
      (failure) => this.onRenewal?.(failure),
    )
    return this.refresh()
  }

  /** Value of `X-API-Key` now. An old token is kept when its refresh fails: the server has the last word. */
  current(nowMs?: number): Promise<Result<string | undefined, Failure>> {
    return this.#tokens?.current(nowMs) ?? this.plain()
  }

  /** Fetches a token, where they are used. Callers at the same time share one exchange. */
  async refresh(nowMs?: number): Promise<Failure | undefined> {
    return this.#tokens?.refresh(nowMs)
  }

  /** A token other than the one that the server refused. */
  async replace(refused: string | undefined): Promise<Failure | undefined> {
    return this.#tokens?.replace(refused)
  }
}
