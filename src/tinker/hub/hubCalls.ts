/** The hub's HTTP interface as far as pushing files needs it. Source: the public clients `huggingface_hub` 2.4 and `@huggingface/hub` 2.17. */
import { sleep, untilAborted } from '../transport/abort.ts'
import type { Fetch } from '../transport/exchange.ts'
import { HubError } from './failure.ts'
import type { PushPhase } from './failure.ts'

export type HubConnection = {
  /** Without a slash at the end. */
  readonly endpoint: string
  readonly token: string
  readonly fetch: Fetch
  readonly signal: AbortSignal
  /** Waits between tries, doubling from this. */
  readonly backoffMs: number
}

export type HubCall = {
  readonly phase: PushPhase
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Not sent again when no answer came, for it may have been carried out. */
  readonly once?: boolean
  /** Statuses that are answers here and not failures. */
  readonly expect?: readonly number[]
}

const ATTEMPTS = 4
const AGAIN = [408, 425, 429, 500, 502, 503, 504]

/** @throws HubError; tries again where the hub or the network stumbled */
export async function call(
  hub: HubConnection,
  { phase, method, url, headers, body, once = false, expect = [] }: HubCall,
): Promise<Response> {
  // The token is for the hub alone: storage hosts are reached by addresses that are signed already.
  const own = new URL(url).origin === new URL(hub.endpoint).origin
  const all = { ...headers, ...(own ? { authorization: `Bearer ${hub.token}` } : {}) }
  for (let attempt = 1; ; attempt++) {
    let failure: HubError
    if (hub.signal.aborted) throw aborted(phase)
    try {
      const request = new Request(url, {
        method,
        headers: all,
        signal: hub.signal,
        ...(body === undefined ? {} : { body }),
      })
      const response = await untilAborted(hub.fetch(request), hub.signal)
      if (response === undefined) throw aborted(phase)
      if (response.ok || expect.includes(response.status)) return response
      failure = await refused(response, phase, own, hub.token)
      if (!AGAIN.includes(response.status)) throw failure
    } catch (error) {
      if (error instanceof HubError) throw error
      if (hub.signal.aborted) throw aborted(phase)
      const reason = error instanceof Error ? error.message : String(error)
      const { host } = new URL(url)
      const message = `${host} gives no answer (${reason}). In a page, a host that does not allow pages (CORS) looks the same; then push from the command line.`
      failure = new HubError({ kind: 'offline', phase, host, message })
    }
    if (attempt === ATTEMPTS || (once && failure.failure.kind === 'offline')) throw failure
    await sleep(hub.backoffMs * 2 ** (attempt - 1), hub.signal)
  }
}

/** @throws HubError `malformed` when the answer is no JSON object */
export async function callJson(
  hub: HubConnection,
  asked: Omit<HubCall, 'body'> & { json?: unknown },
): Promise<Record<string, unknown>> {
  const { json, ...rest } = asked
  const response = await call(hub, {
    ...rest,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...rest.headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Told below.
  }
  throw malformed(asked.phase, `${asked.method} ${new URL(asked.url).pathname}`)
}

export function malformed(phase: PushPhase, what: string): HubError {
  return new HubError({ kind: 'malformed', phase, message: `The hub's answer to ${what} is not understood.` })
}

function aborted(phase: PushPhase): HubError {
  return new HubError({ kind: 'aborted', phase, message: 'Pushing to the hub was cancelled; nothing was committed.' })
}

async function refused(response: Response, phase: PushPhase, own: boolean, token: string): Promise<HubError> {
  const { status } = response
  const said = (await response.text().catch(() => '')).slice(0, 500)
  // A hub may repeat the request in its words.
  const hubSays = wordsOf(said).replaceAll(token, '…')
  const facts = { phase, status, ...(hubSays === '' ? {} : { hubSays }) }
  const words = hubSays === '' ? '' : `: ${hubSays}`
  const host = new URL(response.url || 'http://hub').host
  if (own && (status === 401 || status === 403)) {
    const message = `The hub answers ${status}${words}. The token needs the right to write to this repository: https://huggingface.co/settings/tokens.`
    return new HubError({ ...facts, kind: 'unauthorized', message })
  }
  if (status === 409 || status === 412) {
    return new HubError({
      ...facts,
      kind: 'conflict',
      message: `The hub answers ${status}${words}. Somebody else changed the repository; push again.`,
    })
  }
  if (AGAIN.includes(status)) {
    return new HubError({
      ...facts,
      kind: 'unavailable',
      message: `${own ? 'The hub' : host} answers ${status}${words}, also after trying again.`,
    })
  }
  return new HubError({ ...facts, kind: 'rejected', message: `${own ? 'The hub' : host} answers ${status}${words}.` })
}

function wordsOf(said: string): string {
  try {
    const { error } = JSON.parse(said) as { error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Not JSON: an error page of storage, whose text is of no help to a person.
  }
  return ''
}
