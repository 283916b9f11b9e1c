/** One HTTP exchange over the injected fetch: request out, whole body in, every way to fail told apart. */
import { linkAbort, onAbort } from './abort.ts'

/** The platform's `fetch`, a handler called in place, or one that answers through a MessagePort. */
export type Fetch = (request: Request) => Promise<Response>

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** `manual` shows a redirect instead of following it, to Node; a page sees only that there was one (status 0). */
  readonly redirect?: 'follow' | 'manual'
  readonly timeoutMs: number
  /** Goes on when the page is gone; browsers allow 64 KiB of body. */
  readonly keepalive?: boolean
  /** Called when status and headers are there and the body begins. */
  readonly onAnswer?: () => void
  /** Any of them aborts the exchange. */
  readonly signals: readonly (AbortSignal | undefined)[]
}

/** What is looked up in the headers of an answer. */
export type AnswerHeaders = {
  get(name: string): string | null
  forEach(callback: (value: string, name: string) => void): void
}

export type Exchange =
  | {
      readonly outcome: 'answered'
      readonly status: number
      readonly headers: AnswerHeaders
      readonly bytes: Uint8Array
    }
  | { readonly outcome: 'offline' | 'timeout' | 'aborted'; readonly message: string }

/**
 * Requests on their way. Node's fetch holds them weakly: once the garbage collector has taken a Request, its signal is
 * forgotten and the exchange can no longer be aborted, so its connection would stay for as long as the server likes.
 */
const onTheirWay = new Set<Request>()

/** Never rejects for anything the network, the server or the caller's signal does. */
export async function exchange(fetch: Fetch, http: HttpRequest): Promise<Exchange> {
  const link = linkAbort(...http.signals)
  let late = false
  const timer = setTimeout(() => {
    late = true
    link.abort()
  }, http.timeoutMs)
  let request: Request | undefined
  try {
    request = new Request(http.url, {
      method: http.method,
      headers: http.headers,
      signal: link.signal,
      redirect: http.redirect ?? 'follow',
      ...(http.body === undefined ? {} : { body: http.body }),
      ...(http.keepalive === true ? { keepalive: true } : {}),
    })
    onTheirWay.add(request)
    // A handler in the same thread may not watch the signal, so the wait itself is aborted too.
    const response = await raceAbort(fetch(request), link.signal)
    http.onAnswer?.()
    const bytes = new Uint8Array(await raceAbort(response.arrayBuffer(), link.signal))
    return { outcome: 'answered', status: response.status, headers: response.headers, bytes }
  } catch (error) {
    return judgeTransport(error, http, late)
  } finally {
    if (request !== undefined) onTheirWay.delete(request)
    clearTimeout(timer)
    link.release()
  }
}

/** What a rejection of fetch means. */
export function judgeTransport(
  error: unknown,
  http: HttpRequest,
  late: boolean,
): Exclude<Exchange, { outcome: 'answered' }> {
  if (http.signals.some((signal) => signal?.aborted))
    return { outcome: 'aborted', message: 'the request was cancelled' }
  if (late) return { outcome: 'timeout', message: `no answer within ${http.timeoutMs / 1000} s` }
  return { outcome: 'offline', message: reasonOf(error) }
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(new DOMException('aborted', 'AbortError')))
    promise.then(resolve, reject).finally(release)
    if (signal.aborted) reject(new DOMException('aborted', 'AbortError'))
  })
}

/** Node hides the socket's reason one or two levels down in `cause`; browsers give none at all. */
function reasonOf(error: unknown): string {
  let deepest = error
  for (let depth = 0; depth < 4; depth++) {
    const { cause } = Object(deepest) as { cause?: unknown }
    if (cause === undefined || cause === null) break
    deepest = cause
  }
  if (!(deepest instanceof Error)) return String(deepest)
  const { code } = deepest as { code?: unknown }
  const words = deepest.message === '' ? deepest.name : deepest.message
  return typeof code === 'string' && !words.includes(code) ? `${words} (${code})` : words
}

const decoder = new TextDecoder()

export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
