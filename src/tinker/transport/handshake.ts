/** The first words with a server: what it is, which flags it sets, and how it wants to be shown who asks. */
import { err, ok } from '../../base/result.ts'
import { readJson } from './answers.ts'
import { chooseCredential } from './auth.ts'
import { isHosted, WIRE_VERSION } from '../config.ts'
import { part } from '../part.ts'
import { clientConfigResponse } from '../wire/responses.ts'
import { readShape } from '../wire/shape.ts'
import type { Result } from '../../base/result.ts'
import type { Answer } from './answers.ts'
import type { ServiceConfig } from '../config.ts'
import type { Call } from './connection.ts'
import type { Credential } from './auth.ts'
import type { Failure } from '../failure.ts'
import type { ClientConfigResponse } from '../wire/responses.ts'

/** The hosted service, Twinkle, or any other server of the API. */
export type ServerKind = 'tinker' | 'twinkle' | 'compatible'

/** What the handshake found out. */
export type ServerProfile = {
  readonly kind: ServerKind
  /** No `client/config` route: a server of the time before SDK 0.18. JSON only, few optional members, bearer tokens. */
  readonly legacy: boolean
  readonly flags: ClientConfigResponse
}

/** Sends a call with retries. `key` stands in for the credential: there is no token yet. */
export type Persist = (call: Call, windowMs: number, key: string | undefined) => Promise<Result<Answer, Failure>>

export async function shakeHands(
  config: ServiceConfig,
  credential: Credential,
  windowMs: number,
  persist: Persist,
): Promise<Result<ServerProfile, Failure>> {
  const hosted = isHosted(config)
  const chosen = chooseCredential(config, { hosted, enforced: false })
  if (!chosen.ok) return chosen
  credential.choose(chosen.value)
  const key = await credential.plain()
  if (!key.ok) return key
  const call: Call = {
    request: 'POST client/config',
    method: 'POST',
    path: 'client/config',
    json: { sdk_version: WIRE_VERSION },
    quiet: true,
  }
  const answer = await persist(call, windowMs, key.value)
  if (!answer.ok) return isMissingRoute(answer.error) ? ok(legacyProfile(answer.error)) : answer
  const flags = readJson(answer.value, clientConfigResponse, call)
  if (!flags.ok) return flags
  if (flags.value.pjwt_auth_enabled) {
    const enforced = flags.value.credential_default_source === 'credential_cmd'
    const rechosen = chooseCredential(config, { hosted, enforced })
    if (!rechosen.ok) return rechosen
    credential.choose(rechosen.value)
    const { exchangeToken } = await part(import('./tokens.ts'))
    const failure = await credential.useTokens((plain) => exchangeToken(persist, windowMs, plain))
    if (failure !== undefined) return err(failure)
  }
  return ok({ kind: hosted ? 'tinker' : 'compatible', legacy: false, flags: flags.value })
}

function legacyProfile(failure: Failure): ServerProfile {
  const flags = readShape(clientConfigResponse, {})
  if (!flags.ok) throw new Error(flags.error)
  return { kind: wantsRequestId(failure) ? 'twinkle' : 'compatible', legacy: true, flags: flags.value }
}

/** Twinkle has no such route and refuses any request without a request id before it looks at the route. */
function isMissingRoute(failure: Failure): boolean {
  return failure.kind === 'unsupported' || failure.kind === 'notFound' || wantsRequestId(failure)
}

function wantsRequestId(failure: Failure): boolean {
  return failure.kind === 'rejected' && /request[-_ ]?id/i.test(failure.serverSays ?? '')
}
