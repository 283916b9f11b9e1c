/** Reads HTTP/1.1 requests with plain lengths off a socket, head and body apart. */
import type { Socket } from 'node:net'

export type ProxiedRequest = {
  readonly method: string
  readonly path: string
  /** Below `/api/v1/`, without the query. */
  readonly route: string
  readonly headers: Readonly<Record<string, string>>
  /** Of the body, bytes. */
  readonly length: number
  readonly body: Buffer
}

const END_OF_HEAD = '\r\n\r\n'

export class RequestReader {
  #buffer: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes])
      this.#wake()
    })
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Undefined when the connection has ended instead. */
  async head(): Promise<Omit<ProxiedRequest, 'body'> | undefined> {
    const there = await this.#until(() => this.#buffer.includes(END_OF_HEAD))
    if (!there) return undefined
    const end = this.#buffer.indexOf(END_OF_HEAD)
    const [first, ...rest] = this.#take(end + END_OF_HEAD.length)
      .toString('latin1')
      .trimEnd()
      .split('\r\n')
    const [method, path] = first!.split(' ') as [string, string]
    const headers: Record<string, string> = {}
    for (const line of rest) {
      const colon = line.indexOf(':')
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    if (headers['transfer-encoding'] !== undefined) throw new Error('a request without a length')
    const route = path.replace(/^.*\/api\/v1\//, '').replace(/\?.*$/, '')
    return { method, path, route, headers, length: Number(headers['content-length'] ?? 0) }
  }

  async body(length: number): Promise<Buffer | undefined> {
    return (await this.#until(() => this.#buffer.length >= length)) ? this.#take(length) : undefined
  }

  /** Waits for at least one byte of the body, where there is one. */
  async someOfBody(length: number): Promise<void> {
    await this.#until(() => this.#buffer.length >= Math.min(1, length))
  }

  async #until(condition: () => boolean): Promise<boolean> {
    while (!condition()) {
      if (this.#ended) return false
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return true
  }

  #take(bytes: number): Buffer {
    const taken = this.#buffer.subarray(0, bytes)
    this.#buffer = this.#buffer.subarray(bytes)
    return taken
  }
}
