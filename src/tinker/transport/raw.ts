/** The wire itself, for what the client has no word for. Any route, its answer as it came, whole or piece by piece. */
import { err, ok } from '../../base/result.ts'
import { linkAbort } from './abort.ts'
import { jsonOf, refused, unanswered } from './answers.ts'
import { judgeTransport } from './exchange.ts'
import type { Result } from '../../base/result.ts'
import type { Answer } from './answers.ts'
import type { Call, Connection } from './connection.ts'
import type { Failure } from '../failure.ts'

export type RawCall = Pick<Call, 'method' | 'path'> &
  Partial<Pick<Call, 'json' | 'headers' | 'accept' | 'timeoutMs' | 'signal'>>

export type RawAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown
  readonly elapsedMs: number
}

/** One request with the client's credential, retries and deadline; whatever the body is. */
export async function sendRaw(connection: Connection, call: RawCall): Promise<Result<RawAnswer, Failure>> {
  const started = performance.now()
  const answer = await connection.request({ ...call, request: `${call.method} ${call.path}`, ignoreBody: true })
  return answer.ok ? ok(rawAnswer(answer.value, performance.now() - started)) : answer
}

function rawAnswer(answer: Answer, elapsedMs: number): RawAnswer {
  const parsed = jsonOf(answer)
  const { status, bytes } = answer
  const headers = new Headers()
  answer.headers.forEach((value, name) => headers.append(name, value))
  return { status, headers, bytes, json: parsed.ok ? parsed.value : undefined, elapsedMs }
}

export type OpenAnswer = {
  readonly status: number
  readonly headers: Headers
  /** The body as it arrives. To be read to its end or left by `break`; until then the connection is held. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** One request whose body is handed on as it arrives. The deadline is for its beginning, not for its length. */
export async function openRaw(connection: Connection, call: RawCall): Promise<Result<OpenAnswer, Failure>> {
  const subject = { request: `${call.method} ${call.path}` }
  const prepared = await connection.prepare({ ...call, ...subject })
  if (!prepared.ok) return prepared
  const { fetch, http } = prepared.value
  const link = linkAbort(...http.signals)
  let late = false
  const timer = setTimeout(() => {
    late = true
    link.abort()
  }, http.timeoutMs)
  try {
    const { method, headers, body } = http
    const request = new Request(http.url, {
      method,
      headers,
      signal: link.signal,
      ...(body === undefined ? {} : { body }),
    })
    const response = await fetch(request)
    clearTimeout(timer)
    if (response.ok) {
      const chunks = read(response, link.release)
      return ok({ status: response.status, headers: response.headers, chunks })
    }
    const bytes = new Uint8Array(await response.arrayBuffer())
    link.release()
    return err(refused({ outcome: 'answered', status: response.status, headers: response.headers, bytes }, subject))
  } catch (error) {
    clearTimeout(timer)
    link.release()
    return err(unanswered(judgeTransport(error, http, late), subject, connection.closed))
  }
}

async function* read(response: Response, release: () => void): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  try {
    for (;;) {
      const part = await reader?.read()
      if (part === undefined || part.done) return
      yield part.value
    }
  } finally {
    // Leaving early gives the connection back; after the end there is nothing to cancel.
    await reader?.cancel().catch(() => undefined)
    release()
  }
}
