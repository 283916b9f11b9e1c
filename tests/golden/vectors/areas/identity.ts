/** Who the client is: credentials, tokens, and headers that follow from them. */
import { chooseCredential, Credential } from '#src/tinker/transport/auth.ts'
import { identityOf, jwtClaims, secondsLeft } from '#src/tinker/transport/tokens.ts'
import { cloudflareHeaders } from '#src/tinker/transport/headers.ts'
import { routingHeaders } from '#src/tinker/transport/olderServer.ts'
import { ok } from 'node:assert/strict'
import { check, elsewhere, near, same } from '../vector.ts'

type Timed = { jwt?: string; now?: number; seconds_left?: number }
type JwtInput = string | Timed[] | { sub: string; email: string }
type Renewal = { on_demand?: boolean; background_delay_s?: number }

export const jwt = check<JwtInput, unknown>(async (input, expected) => {
  if (typeof input === 'string') {
    const claims = jwtClaims(input)
    return same(claims === undefined ? 'throws' : claims, expected)
  }
  if (!Array.isArray(input)) {
    const identity = identityOf(input)
    return same({ user_urn: identity?.userUrn, email: identity?.email }, expected)
  }
  for (const [i, { jwt: token, now = 0, seconds_left: left = 0 }] of input.entries()) {
    const wanted = (expected as (number | Renewal)[])[i]!
    if (typeof wanted === 'number') near(secondsLeft(token, now * 1000), wanted, 1e-6)
    else if (wanted.on_demand !== undefined) same(await renewsBefore(0, left), wanted.on_demand)
    // A token that lives shorter than twice the lead is renewed in its second half here, not at every request.
    else if (wanted.background_delay_s! > 0) {
      same(await renewsBefore(wanted.background_delay_s! - 1, left), false)
      same(await renewsBefore(wanted.background_delay_s! + 1, left), true)
    }
  }
})

/** Whether a request made so many seconds on, with a token that had `left` seconds, gets a new token. */
async function renewsBefore(atS: number, left: number): Promise<boolean> {
  const started = 1_000_000_000_000
  const claims = Buffer.from(JSON.stringify({ exp: started / 1000 + left })).toString('base64url')
  let exchanges = 0
  const credential = new Credential({ from: 'key', key: 'tml-x' })
  await credential.useTokens(() => {
    exchanges++
    return Promise.resolve({ ok: true, value: `h.${claims}.s` })
  })
  // The token is taken to have come when the clock of the case starts.
  await credential.refresh(started)
  const before = exchanges
  await credential.current(started + atS * 1000)
  await new Promise((resolve) => setImmediate(resolve))
  return exchanges > before
}

type Auth = { api_key: string | null; env: Record<string, string>; server_wants_command: boolean }
type AuthExpected = { provider?: string; credential?: string; command?: string; throws?: string }

/** A page has no environment and no shell: the application hands in the key and a function in place of the command. */
export const auth = check<Auth, AuthExpected>((input, expected) => {
  const command = input.env['TINKER_CREDENTIAL_CMD']
  const apiKey = input.api_key ?? input.env['TINKER_API_KEY']
  const getCredential = command === undefined ? undefined : () => command
  const chosen = chooseCredential({ apiKey, getCredential }, { hosted: true, enforced: input.server_wants_command })
  if (expected.throws !== undefined) return same(chosen.ok, false)
  ok(chosen.ok, chosen.ok ? '' : chosen.error.message)
  const { value } = chosen
  if (expected.credential !== undefined) same(value, { from: 'key', key: expected.credential })
  else same(value.from === 'function' && value.get(), expected.command)
})

export const headers = check<Record<string, unknown>, Record<string, unknown>>((input, expected) => {
  const text = (name: string): string => String(input[name])
  if ('CLOUDFLARE_ACCESS_CLIENT_ID' in input) {
    const [clientId, clientSecret] = [text('CLOUDFLARE_ACCESS_CLIENT_ID'), text('CLOUDFLARE_ACCESS_CLIENT_SECRET')]
    return same(cloudflareHeaders({ clientId, clientSecret }), expected)
  }
  if ('request_id' in input) return same(routingHeaders(text('request_id'), text('api_key')), expected)
  elsewhere('a bare 400 is told by its empty body: fetch does not show whether a length was sent')
})
