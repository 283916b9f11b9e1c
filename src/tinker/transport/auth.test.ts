/** Which credential wins, and how short-lived tokens are kept fresh. */
import { describe, expect, test } from 'vitest'
import { ok, err } from '../../base/result.ts'
import { chooseCredential, Credential } from './auth.ts'
import { identityOf, jwtClaims } from './tokens.ts'
import { clientOf, failureOfRejection, startPeer } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'

type AuthInput = { api_key: string | null; env: Record<string, string>; server_wants_command: boolean }
type AuthExpected = { provider?: string; credential?: string; command?: string; throws?: string }

describe('the credential', () => {
  test.each(vectorsOf<AuthInput, AuthExpected>('auth'))('of the hosted service: $name', ({ input, expected }) => {
    const command = input.env['TINKER_CREDENTIAL_CMD']
    const chosen = chooseCredential(
      {
        apiKey: input.api_key ?? input.env['TINKER_API_KEY'],
        getCredential: command === undefined ? undefined : () => `out of ${command}`,
      },
      { hosted: true, enforced: input.server_wants_command },
    )
    if (expected.throws !== undefined) expect(chosen.ok ? chosen.value : chosen.error.kind).toBe('unauthorized')
    else if (expected.credential !== undefined) expect(chosen).toEqual(ok({ from: 'key', key: expected.credential }))
    else expect(chosen).toMatchObject({ ok: true, value: { from: 'function' } })
  })

  test('of other servers has any shape, or none', () => {
    const elsewhere = { hosted: false, enforced: false }
    expect(chooseCredential({ apiKey: 'ms-x' }, elsewhere)).toEqual(ok({ from: 'key', key: 'ms-x' }))
    expect(chooseCredential({}, elsewhere)).toEqual(ok({ from: 'none' }))
  })

  test('says of a key that no header can carry that it is the key, not the network', () => {
    for (const apiKey of ['tml-abc…', 'tml-a\nb', 'eyJ\u00e4.x.y'])
      expect(chooseCredential({ apiKey }, { hosted: true, enforced: false })).toMatchObject({
        ok: false,
        error: { kind: 'unauthorized', message: expect.stringMatching(/character/) as string },
      })
  })

  test('of a function is asked for with every request', async () => {
    const peer = await startPeer()
    let asked = 0
    const service = clientOf(peer, { apiKey: '', getCredential: () => Promise.resolve(` key-${++asked}\n`) })
    await service.getServerCapabilities()
    await service.getServerCapabilities()
    expect(peer.seen.map((r) => r.headers['x-api-key'])).toEqual(['key-1', 'key-2', 'key-3'])
  })

  test('that cannot be had ends the call at once, in words', async () => {
    const peer = await startPeer()
    const getCredential = (): string => {
      throw new Error('the vault is locked')
    }
    const failure = await failureOfRejection(clientOf(peer, { apiKey: '', getCredential }).getServerCapabilities())
    expect(failure).toMatchObject({
      kind: 'unauthorized',
      message: expect.stringContaining('the vault is locked') as string,
    })
    expect(peer.seen).toHaveLength(0)
  })

  test('of the hosted service is checked before it is sent, also behind a relay', async () => {
    const peer = await startPeer()
    const publicUrl = 'https://tinker.thinkingmachines.dev/services/tinker-prod'
    for (const apiKey of ['sk-other', ''])
      expect((await failureOfRejection(clientOf(peer, { apiKey, publicUrl }).getServerCapabilities())).kind).toBe(
        'unauthorized',
      )
    expect(peer.seen).toHaveLength(0)
  })
})

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (claims: object): string => `h.${part(claims)}.s`

describe('a token', () => {
  const source = { from: 'key', key: 'tml-k' } as const
  async function withTokens(
    ...tokens: readonly string[]
  ): Promise<{ credential: Credential; exchanges: () => number }> {
    let exchanges = 0
    const credential = new Credential(source)
    await credential.useTokens(async () => {
      const token = tokens[exchanges++]
      return token === undefined ? err({ kind: 'unavailable', message: 'down' }) : ok(token)
    })
    return { credential, exchanges: () => exchanges }
  }

  test('is good for its lifetime by our own clock, however wrong that is', async () => {
    // The server's clock is a day ahead.
    const start = Date.now()
    const iat = start / 1000 + 86_400
    const tokens = [0, 1].map((n) => jwt({ iat: iat + n, exp: iat + n + 600 }))
    const { credential, exchanges } = await withTokens(...tokens)
    expect(await credential.current(start + 200_000)).toEqual(ok(tokens[0]))
    expect(exchanges()).toBe(1)
    expect(await credential.current(start + 545_000)).toEqual(ok(tokens[1]))
    expect(exchanges()).toBe(2)
  })

  test('is renewed beside the request when it has less than five minutes, before it when less than one', async () => {
    const start = Date.now()
    const iat = start / 1000
    const tokens = [0, 1].map((n) => jwt({ iat, exp: iat + 3600, n }))
    const { credential, exchanges } = await withTokens(...tokens)
    expect(await credential.current(start + 3_200_000)).toEqual(ok(tokens[0]))
    expect(exchanges()).toBe(1)
    expect(await credential.current(start + 3_320_000)).toEqual(ok(tokens[0]))
    await credential.refresh()
    expect(exchanges()).toBe(2)
  })

  test('is not asked for again within a minute of a refused exchange', async () => {
    const start = Date.now()
    const iat = start / 1000
    const { credential, exchanges } = await withTokens(jwt({ iat, exp: iat + 100 }))
    await credential.current(start + 45_000)
    expect(exchanges()).toBe(2)
    await credential.current(start + 60_000)
    expect(exchanges()).toBe(2)
  })

  test('names its holder', () => {
    const vector = vectorsOf<{ sub: string; email: string }, { user_urn: string; email: null }>('jwt').find((v) =>
      v.name.startsWith('whoami'),
    )!
    expect(identityOf(jwtClaims(jwt(vector.input)))).toEqual({ userUrn: vector.expected.user_urn, email: null })
    expect(identityOf(undefined)).toBeUndefined()
  })

  test('says who is asking without another request', async () => {
    const peer = await startPeer({ flags: { pjwt_auth_enabled: true } })
    const token = jwt({ sub: 'tml:u', email: 'a@b', exp: Date.now() / 1000 + 3600 })
    peer.fault('auth/token', { status: 200, body: JSON.stringify({ jwt: token }) })
    expect(await clientOf(peer).whoami()).toEqual({ userUrn: 'tml:u', email: 'a@b' })
    expect(await clientOf(await startPeer()).whoami()).toBeUndefined()
  })

  test('that the server insists on cannot come from a plain key', async () => {
    const peer = await startPeer({ flags: { pjwt_auth_enabled: true, credential_default_source: 'credential_cmd' } })
    const failure = await failureOfRejection(clientOf(peer).getServerCapabilities())
    expect(failure).toMatchObject({ kind: 'unauthorized', message: expect.stringContaining('dynamic') as string })
  })
})
