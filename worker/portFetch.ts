/** `fetch` over a MessagePort: requests and responses as messages, bodies transferred, aborts carried across. */

export type PortRequest = {
  readonly type: 'request'
  readonly id: number
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: ArrayBuffer | null
}

export type PortMessage =
  | PortRequest
  | { readonly type: 'abort'; readonly id: number }
  | {
      readonly type: 'response'
      readonly id: number
      readonly status: number
      readonly statusText: string
      readonly headers: readonly (readonly [string, string])[]
      readonly body: ArrayBuffer | null
    }
  /** The handler broke: what a lost connection is for a network. */
  | { readonly type: 'failed'; readonly id: number; readonly message: string }

/** The part of a MessagePort that is used; Node's and the browser's agree on it. */
export type Port = Pick<MessagePort, 'postMessage' | 'addEventListener' | 'removeEventListener' | 'start' | 'close'>

export type PortFetch = {
  /** Rejects like the platform's: TypeError when the other side is gone, AbortError when aborted. */
  fetch(request: Request): Promise<Response>
  /** Ends the connection; everything that waits is rejected as a lost connection. */
  close(reason: string): void
}

type Waiting = { resolve(response: Response): void; reject(error: Error): void }

/** Statuses whose responses may not have a body, not even an empty one (fetch standard). */
const BODILESS = new Set([101, 103, 204, 205, 304])

export function createPortFetch(port: Port): PortFetch {
  const waiting = new Map<number, Waiting>()
  let next = 0
  let lost: string | null = null

  port.addEventListener('message', (event) => {
    const message = (event as MessageEvent<PortMessage>).data
    const entry = waiting.get(message.id)
    if (!entry) return
    waiting.delete(message.id)
    if (message.type === 'response') {
      const body = BODILESS.has(message.status) ? null : message.body
      const headers = message.headers.map(([name, value]): [string, string] => [name, value])
      entry.resolve(new Response(body, { status: message.status, statusText: message.statusText, headers }))
    } else if (message.type === 'failed') entry.reject(new TypeError(message.message))
  })
  port.start()

  return {
    async fetch(request) {
      const { signal } = request
      const bytes = await request.arrayBuffer()
      const body = bytes.byteLength > 0 ? bytes : null
      if (signal.aborted) throw abortError()
      if (lost !== null) throw new TypeError(lost)
      const id = next++
      return await new Promise<Response>((resolve, reject) => {
        const onAbort = (): void => {
          waiting.delete(id)
          port.postMessage({ type: 'abort', id } satisfies PortMessage)
          reject(abortError())
        }
        const settled = (): void => signal.removeEventListener('abort', onAbort)
        waiting.set(id, {
          resolve: (response) => {
            settled()
            resolve(response)
          },
          reject: (error) => {
            settled()
            reject(error)
          },
        })
        signal.addEventListener('abort', onAbort)
        const { url, method } = request
        const message: PortMessage = { type: 'request', id, url, method, headers: [...request.headers], body }
        port.postMessage(message, body ? [body] : [])
      })
    },
    close(reason) {
      lost = reason
      port.close()
      const left = [...waiting.values()]
      waiting.clear()
      for (const entry of left) entry.reject(new TypeError(reason))
    },
  }
}

/** Answers the requests that come over the port. Returns how to stop, which aborts what is under way. */
export function servePortFetch(port: Port, handle: (request: Request) => Promise<Response>): () => void {
  const running = new Map<number, AbortController>()

  async function answer(message: PortRequest): Promise<void> {
    const controller = new AbortController()
    running.set(message.id, controller)
    const reply = await respond(message, controller.signal, handle)
    running.delete(message.id)
    // Nobody waits for the answer to an aborted request.
    if (controller.signal.aborted) return
    port.postMessage(reply, reply.type === 'response' && reply.body ? [reply.body] : [])
  }

  const listener = (event: Event): void => {
    const message = (event as MessageEvent<PortMessage>).data
    if (message.type === 'request') void answer(message)
    else if (message.type === 'abort') running.get(message.id)?.abort()
  }
  port.addEventListener('message', listener)
  port.start()
  return () => {
    port.removeEventListener('message', listener)
    for (const controller of running.values()) controller.abort()
    port.close()
  }
}

type Reply = Extract<PortMessage, { type: 'response' | 'failed' }>

async function respond(
  message: PortRequest,
  signal: AbortSignal,
  handle: (request: Request) => Promise<Response>,
): Promise<Reply> {
  const { id } = message
  try {
    const headers = message.headers.map(([name, value]): [string, string] => [name, value])
    const request = new Request(message.url, { method: message.method, headers, body: message.body, signal })
    const response = await handle(request)
    const bytes = await response.arrayBuffer()
    const { status, statusText } = response
    const body = bytes.byteLength > 0 ? bytes : null
    return { type: 'response', id, status, statusText, headers: [...response.headers], body }
  } catch (error) {
    return { type: 'failed', id, message: error instanceof Error ? error.message : String(error) }
  }
}

function abortError(): DOMException {
  return new DOMException('The request was aborted.', 'AbortError')
}
