/** One reading of every spelling in which servers say pending, done or failed when asked for a result. */
import { stringifyJson } from './json.ts'
import { int, plainObject, string, withDefault } from './shape.ts'

export type QueueState = 'active' | 'paused_capacity' | 'paused_rate_limit' | 'paused_billing' | 'unknown'

export type FailureCategory = 'user' | 'server' | 'unknown'

/** What the body of a 2xx answer to `retrieve_future` says. `value` of a success is still to be decoded by its kind. */
export type FutureAnswer =
  | { readonly outcome: 'tryAgain'; readonly queueState: QueueState; readonly queueStateReason: string | null }
  | { readonly outcome: 'metadataOnly'; readonly payloadBytes: number }
  | { readonly outcome: 'failed'; readonly message: string; readonly category: FailureCategory }
  | { readonly outcome: 'done'; readonly value: unknown }

/** @throws WireError when the body is not an object. */
export function readFutureAnswer(body: unknown): FutureAnswer {
  const answer = plainObject(body, '')
  if (answer['type'] === 'try_again') return { outcome: 'tryAgain', ...readQueueState(answer) }
  if (answer['status'] === 'complete_metadata')
    return {
      outcome: 'metadataOnly',
      payloadBytes: withDefault(int, 0)(answer['response_payload_size'], 'response_payload_size'),
    }
  if (Object.hasOwn(answer, 'error'))
    return { outcome: 'failed', message: wordsOf(answer['error']), category: readCategory(answer['category']) }
  return { outcome: 'done', value: answer }
}

/** The result is not there and never will be: the server does not know its id, or knew it and let it go. */
export type FutureGone = { readonly outcome: 'gone'; readonly why: 'unknown' | 'expired'; readonly message: string }

/** An id in words, as servers that have no status of its own for it say that they do not know it. */
const UNKNOWN_ID =
  /\b(unknown|no such|expired) (future|request|promise)\b|\b(future|request|promise)\b.{0,80}\b(not found|unknown|does not exist|expired)\b/is

/**
 * What an answer to `retrieve_future` with a status outside 2xx says of the future, in the spelling of any server;
 * undefined where it says nothing of it: no right, no credit, too fast, out of order, or a proxy's own words.
 * `body` is the parsed JSON, undefined where there was none. Source: servers reference §2.3.
 */
export function readFutureRefusal(status: number, body: unknown): FutureAnswer | FutureGone | undefined {
  const members = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : undefined
  // 408 of a long poll that ran out; 425 of a checkpoint that is still being written.
  if (status === 408 || status === 425) return { outcome: 'tryAgain', ...readQueueState(members ?? {}) }
  if (status === 410) return { outcome: 'gone', why: 'expired', message: serverWords(body) ?? 'the result has expired' }
  if (status === 404) return { outcome: 'gone', why: 'unknown', message: serverWords(body) ?? 'no such result' }
  if (members === undefined || ![400, 409, 422].includes(status)) return undefined
  const words = serverWords(members)
  // A list of places and messages is what frameworks say of a request that they could not read.
  if (words === undefined || Array.isArray(members['detail'])) return undefined
  if (UNKNOWN_ID.test(words)) return { outcome: 'gone', why: 'unknown', message: words }
  return { outcome: 'failed', message: words, category: readCategory(members['category']) }
}

export function readQueueState(answer: Readonly<Record<string, unknown>>): {
  queueState: QueueState
  queueStateReason: string | null
} {
  const state = answer['queue_state']
  const known = state === 'active' || state === 'paused_capacity' || state === 'paused_rate_limit'
  const reason = answer['queue_state_reason']
  return { queueState: known ? state : 'unknown', queueStateReason: typeof reason === 'string' ? reason : null }
}

function readCategory(value: unknown): FailureCategory {
  return value === 'user' || value === 'server' ? value : 'unknown'
}

/** Error bodies nest once or twice; one that goes deeper is shown as it is. */
const DEEPEST_WORDS = 8

/** The server's own words in an error body, whichever member it keeps them under; undefined when it has none. */
export function serverWords(body: unknown, depth = 0): string | undefined {
  if (typeof body !== 'object' || body === null || depth > DEEPEST_WORDS) return undefined
  const members = body as Readonly<Record<string, unknown>>
  for (const name of ['detail', 'error_message', 'error', 'message']) {
    const words = members[name]
    if (words === undefined || words === null || words === '') continue
    return wordsOf(words, depth)
  }
  return undefined
}

/** FastAPI puts a list of objects under `detail`; others nest `{ error: { message } }`. */
function wordsOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && depth <= DEEPEST_WORDS)
    return value.map((item) => wordsOfItem(item, depth + 1)).join('; ')
  return serverWords(value, depth + 1) ?? shown(value)
}

function shown(value: unknown): string {
  try {
    return stringifyJson(value)
  } catch (error) {
    // Nested beyond what the platform can write; the words of such a body are of no use to anybody.
    if (error instanceof RangeError) return 'an error nested too deep to be shown'
    throw error
  }
}

function wordsOfItem(item: unknown, depth: number): string {
  if (typeof item !== 'object' || item === null) return wordsOf(item, depth)
  const { msg, loc } = item as { msg?: unknown; loc?: unknown }
  if (typeof msg !== 'string') return serverWords(item, depth + 1) ?? shown(item)
  return Array.isArray(loc) ? `${loc.join('.')}: ${msg}` : msg
}

export type TryAgainBody = { type: 'try_again'; request_id: string; queue_state: string; queue_state_reason?: string }

/** The answer of a server whose long poll ran out before the result was there. */
export function encodeTryAgain(requestId: string, state: QueueState = 'active', reason?: string): TryAgainBody {
  const body: TryAgainBody = { type: 'try_again', request_id: string(requestId, 'request_id'), queue_state: state }
  return reason === undefined ? body : { ...body, queue_state_reason: reason }
}

/** The answer for an operation that ran and failed; sent with status 200, because asking again would not help. */
export function encodeFailedFuture(error: string, category: FailureCategory): { error: string; category: string } {
  return { error, category }
}
