/** A TCP proxy on loopback that reads HTTP/1.1 requests, passes them on, and lets a schedule of faults happen to them. */
import { Agent, request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { describeFault, HTML_PAGE } from './faults.ts'
import { RequestReader } from './requestReader.ts'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Fault } from './faults.ts'
import type { ProxiedRequest } from './requestReader.ts'

/** Called once per request, when its head has been read. `operation` is the same for all attempts at one submission. */
export type FaultChooser = (request: { readonly route: string; readonly operation: string }) => Fault | undefined

export type Hit = { readonly route: string; readonly fault: Fault; readonly atMs: number }

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

export class FaultProxy {
  /** Faults that happened, in order. */
  readonly hits: Hit[] = []
  /** Requests seen. */
  requests = 0
  /** Told of every answer of the server, also of those that the client never sees. */
  onAnswered: (request: ProxiedRequest, status: number) => void = () => {}
  readonly #upstream: URL
  readonly #choose: FaultChooser
  readonly #agent = new Agent({ keepAlive: true })
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #held = new Set<() => void>()
  readonly #open = new Set<string>()
  readonly #passing = new Set<Promise<Answer>>()
  readonly #started = Date.now()
  #server: Server | undefined

  private constructor(upstream: string, choose: FaultChooser) {
    this.#upstream = new URL(upstream)
    this.#choose = choose
  }

  static async start(upstream: string, choose: FaultChooser): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream, choose)
    const server = createServer((socket) => proxy.#serve(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    proxy.#server = server
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`
  }

  /** Requests that a client still waits for, in words: sent in full or in part, unanswered, connection open. */
  get openRequests(): readonly string[] {
    return [...this.#open]
  }

  /** Ends all connections; what has been passed on to the server is still answered by it. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#passing)
    for (const socket of this.#sockets) socket.destroy()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#agent.destroy()
    await new Promise((resolve) => this.#server!.close(resolve))
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    const reader = new RequestReader(socket)
    let waiting = ''
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#open.delete(waiting)
    })
    const run = async (): Promise<void> => {
      for (;;) {
        const head = await reader.head()
        if (head === undefined) return
        this.requests++
        const operation = head.headers['x-idempotency-key'] ?? head.route
        const fault = this.#choose({ route: head.route, operation })
        waiting = `request ${this.requests}, ${head.route}, ${fault === undefined ? 'no fault' : describeFault(fault)}`
        if (!socket.destroyed) this.#open.add(waiting)
        if (fault !== undefined) this.hits.push({ route: head.route, fault, atMs: Date.now() - this.#started })
        const goesOn = await this.#exchange(socket, reader, head, fault)
        this.#open.delete(waiting)
        if (!goesOn) return
      }
    }
    // A server that stops while a request is passed on is the only way for this to reject.
    void run().catch(() => socket.destroy())
  }

  /** False when the connection is of no use any more. */
  async #exchange(
    socket: Socket,
    reader: RequestReader,
    head: Omit<ProxiedRequest, 'body'>,
    fault: Fault | undefined,
  ): Promise<boolean> {
    const reset = (at: string): boolean => {
      if (fault?.does !== 'reset' || fault.at !== at) return false
      socket.resetAndDestroy()
      return true
    }
    if (reset('before the request is read')) return false
    if (fault?.does === 'reset' && fault.at === 'in the request body') await reader.someOfBody(head.length)
    if (reset('in the request body')) return false
    const body = await reader.body(head.length)
    if (body === undefined) return false
    const request = { ...head, body }
    if (fault?.does !== 'reorder') this.#letOvertaken()

    if (fault?.does === 'drop' && fault.what === 'request') return this.#silence(socket)
    if (fault?.does === 'late') {
      this.#later(fault.ms, () => void this.#pass(request).catch(() => {}))
      return this.#silence(socket)
    }
    if (fault?.does === 'status' && !fault.after) return send(socket, madeUp(fault))
    if (fault?.does === 'delay' && fault.what === 'request') await this.#pause(fault.ms)
    if (fault?.does === 'reorder') await this.#overtaken(fault.ms)

    const first = this.#pass(request)
    const both = fault?.does === 'duplicate' ? [first, this.#pass(request)] : [first]
    const answers = await Promise.all(both)
    const answer = answers[fault?.does === 'duplicate' ? fault.answer : 0]!
    if (reset('before the answer')) return false
    if (fault?.does === 'drop') return this.#silence(socket)
    if (fault?.does === 'delay' && fault.what === 'answer') await this.#pause(fault.ms)
    if (fault?.does === 'status') return send(socket, madeUp(fault))
    return this.#answer(socket, answer, fault)
  }

  async #answer(socket: Socket, answer: Answer, fault: Fault | undefined): Promise<boolean> {
    if (fault?.does === 'contentType')
      return send(socket, { ...answer, headers: { ...answer.headers, 'content-type': fault.type } })
    if (fault?.does === 'truncate') {
      const body = answer.body.subarray(0, Math.floor(answer.body.length * fault.share))
      if (fault.honest) return send(socket, { ...answer, body })
      socket.end(Buffer.concat([headOf(answer), body]))
      return false
    }
    if (fault?.does === 'trickle') return this.#trickle(socket, answer, fault.bytes, fault.ms)
    if (fault?.does !== 'reset') return send(socket, answer)
    const head = headOf(answer)
    if (fault.at === 'in the answer head') return cut(socket, head.subarray(0, head.length >> 1))
    if (fault.at === 'in the answer body')
      return cut(socket, Buffer.concat([head, answer.body.subarray(0, answer.body.length >> 1)]))
    return cut(socket, Buffer.concat([head, answer.body]))
  }

  async #trickle(socket: Socket, answer: Answer, bytes: number, ms: number): Promise<boolean> {
    const whole = Buffer.concat([headOf(answer), answer.body])
    for (let at = 0; at < whole.length; at += bytes) {
      if (socket.destroyed) return false
      socket.write(whole.subarray(at, at + bytes))
      await this.#pause(ms)
    }
    return !socket.destroyed
  }

  #pass(request: ProxiedRequest): Promise<Answer> {
    const passing = this.#send(request)
    this.#passing.add(passing)
    return passing.finally(() => this.#passing.delete(passing))
  }

  #send({ method, path, headers, body, ...rest }: ProxiedRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { agent: this.#agent, host: this.#upstream.hostname, port: this.#upstream.port, method, path, headers },
        (incoming) => {
          const parts: Buffer[] = []
          incoming.on('data', (part: Buffer) => parts.push(part))
          incoming.on('error', reject)
          incoming.on('end', () => {
            this.onAnswered({ method, path, headers, body, ...rest }, incoming.statusCode!)
            resolve({ status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(parts) })
          })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  /** Never answered; ends when the client goes away. */
  #silence(socket: Socket): Promise<false> {
    return new Promise((resolve) => {
      if (socket.destroyed) resolve(false)
      else socket.once('close', () => resolve(false))
    })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#later(ms, resolve))
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }

  #overtaken(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#held.delete(go)
        resolve()
      }
      this.#held.add(go)
      this.#later(ms, go)
    })
  }

  /** Those held go on a moment after the request that overtakes them. */
  #letOvertaken(): void {
    const held = [...this.#held]
    if (held.length > 0) this.#later(3, () => held.forEach((go) => go()))
  }
}

function madeUp({ status, body, headers }: Extract<Fault, { does: 'status' }>): Answer {
  const text = { json: '{"detail":"not now"}', html: HTML_PAGE, empty: '' }[body]
  const type = body === 'html' ? 'text/html; charset=utf-8' : 'application/json'
  return { status, headers: { 'content-type': type, ...headers }, body: Buffer.from(text) }
}

function headOf({ status, headers, body }: Answer): Buffer {
  const lines = [`HTTP/1.1 ${status} Whatever`]
  for (const [name, value] of Object.entries(headers)) {
    if (['content-length', 'transfer-encoding', 'connection', 'keep-alive'].includes(name)) continue
    lines.push(`${name}: ${String(value)}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n`)
}

function send(socket: Socket, answer: Answer): boolean {
  if (socket.destroyed) return false
  socket.write(Buffer.concat([headOf(answer), answer.body]))
  return true
}

/** Writes and resets once the bytes have left. */
function cut(socket: Socket, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve(false)
    socket.write(bytes, () => {
      socket.resetAndDestroy()
      resolve(false)
    })
  })
}
