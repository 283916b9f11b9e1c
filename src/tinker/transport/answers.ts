/** Reads what a server answered: bodies as JSON, and every refusal as a failure with the server's own words. */
import { err, ok } from '../../base/result.ts'
import { parseJson } from '../wire/json.ts'
import { serverWords } from '../wire/futureAnswer.ts'
import { readShape } from '../wire/shape.ts'
import { retryAfterMs } from './retry.ts'
import { textOf } from './exchange.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { Exchange } from './exchange.ts'
import type { Shape } from '../wire/shape.ts'

export type Answer = Extract<Exchange, { outcome: 'answered' }>

/** What a refusal is about, so that 404 and 410 can be told apart by meaning. */
export type Subject = {
  /** As `POST optim_step`. */
  readonly request: string
  /** What has gone when the server does not know it any more. */
  readonly gone?: 'result' | 'model' | 'session'
}

export function jsonOf(answer: Answer): Result<unknown, string> {
  return parseJson(textOf(answer.bytes))
}

/** The body as the given shape; the error is a `malformed` failure. */
export function readJson<T>(answer: Answer, shape: Shape<T>, subject: Subject): Result<T, Failure> {
  const parsed = jsonOf(answer)
  if (!parsed.ok) return err(unreadable(answer, subject))
  const read = readShape(shape, parsed.value)
  return read.ok ? ok(read.value) : err(malformed(subject, read.error, answer.status))
}

export function malformed(
  subject: Subject,
  detail: string,
  status?: number,
  body: 'unreadable' | 'unexpected' = 'unexpected',
): Failure {
  return {
    kind: 'malformed',
    body,
    message: `the server's answer to ${subject.request} is not as expected: ${detail}`,
    request: subject.request,
    ...(status === undefined ? {} : { status }),
  }
}

export function unreadable(answer: Answer, subject: Subject): Failure {
  const detail = isHtml(answer)
    ? 'an HTML page instead of data: is the address that of the API?'
    : answer.bytes.length === 0
      ? 'an empty body'
      : `JSON that is cut short or broken (${answer.bytes.length} bytes)`
  return malformed(subject, detail, answer.status, 'unreadable')
}

export function unanswered(ended: Exclude<Exchange, Answer>, subject: Subject, closed: boolean): Failure {
  const { request } = subject
  if (ended.outcome === 'aborted')
    return { kind: 'aborted', by: closed ? 'close' : 'caller', message: `${request} was cancelled`, request }
  if (ended.outcome === 'timeout') return { kind: 'timeout', message: `${request}: ${ended.message}`, request }
  return { kind: 'offline', message: `${request} could not reach the server: ${ended.message}`, request }
}

/** The failure that a status outside 2xx means. */
export function refused(answer: Answer, subject: Subject): Failure {
  const words = wordsOf(answer)
  const { status } = answer
  const relay = relayCodeOf(answer)
  const facts = {
    message: `${subject.request} was answered with ${status}${words === undefined ? '' : `: ${words}`}`,
    request: subject.request,
    status,
    ...(words === undefined ? {} : { serverSays: words }),
    ...(relay === undefined ? {} : { relay }),
  }
  // The relay knows nothing of keys: what it forbids is the way to the server.
  if (relay !== undefined && status < 500) return { kind: 'rejected', ...facts }
  if (status === 401 || status === 403) return { kind: 'unauthorized', ...facts }
  if (status === 402) return { kind: 'billing', ...facts }
  // A framework that knows no such route says just this, our own server names method and path; a missing item is named.
  const noRoute =
    status === 404 && (words === undefined || /^(404 )?not found$|^there is no (GET|POST|PUT|DELETE) /i.test(words))
  if (status === 405 || status === 501) return { kind: 'unsupported', ...facts }
  if (status === 410 || (status === 404 && subject.gone !== undefined && !noRoute))
    return { kind: 'expired', what: subject.gone ?? 'session', ...facts }
  if (status === 404) return { kind: noRoute ? 'unsupported' : 'notFound', ...facts }
  if (status === 408) return { kind: 'timeout', ...facts }
  // A page is not the server's word: nothing of ours is known to clash.
  if (status === 409) return { kind: isHtml(answer) ? 'unavailable' : 'conflict', ...facts }
  if (status === 429) {
    const wait = retryAfterMs(answer.headers)
    return { kind: 'rateLimited', ...facts, ...(wait === undefined ? {} : { retryAfterMs: wait }) }
  }
  return { kind: status >= 500 ? 'unavailable' : 'rejected', ...facts }
}

/** The relay of `tunegraph start` says in its own answers that they are its own. */
function relayCodeOf(answer: Answer): string | undefined {
  const body = jsonOf(answer)
  if (!body.ok || typeof body.value !== 'object' || body.value === null) return undefined
  const { category, code } = body.value as { readonly category?: unknown; readonly code?: unknown }
  return category === 'relay' && typeof code === 'string' ? code : undefined
}

const LONGEST_QUOTE = 400

/** What the body says for a person: a member of its JSON, the title of its HTML, or short plain text. */
export function wordsOf(answer: Answer): string | undefined {
  const text = textOf(answer.bytes).trim()
  if (text === '') return undefined
  if (isHtml(answer)) {
    const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1]?.trim()
    return title ? `an HTML page titled "${title}"` : 'an HTML page'
  }
  const parsed = parseJson(text)
  const words = parsed.ok ? (serverWords(parsed.value) ?? text) : text
  return words.length > LONGEST_QUOTE ? `${words.slice(0, LONGEST_QUOTE)}…` : words
}

export function isHtml(answer: Answer): boolean {
  const type = answer.headers.get('content-type') ?? ''
  return type.includes('text/html') || /^\s*<(!doctype|html)/i.test(textOf(answer.bytes.subarray(0, 64)))
}
