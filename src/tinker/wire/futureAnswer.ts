/** One reading of every spelling in which servers say pending, done or failed when asked for a result. */
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

/** The server's own words in an error body, whichever member it keeps them under; undefined when it has none. */
export function serverWords(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const members = body as Readonly<Record<string, unknown>>
  for (const name of ['detail', 'error_message', 'error', 'message']) {
    const words = members[name]
    if (words === undefined || words === null || words === '') continue
    return wordsOf(words)
  }
  return undefined
}

/** FastAPI puts a list of objects under `detail`; others nest `{ error: { message } }`. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(wordsOfItem).join('; ')
  return serverWords(value) ?? JSON.stringify(value)
}

function wordsOfItem(item: unknown): string {
  if (typeof item !== 'object' || item === null) return wordsOf(item)
  const { msg, loc } = item as { msg?: unknown; loc?: unknown }
  if (typeof msg !== 'string') return serverWords(item) ?? JSON.stringify(item)
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
