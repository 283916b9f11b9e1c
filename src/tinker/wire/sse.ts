/**
 * Server-sent events out of bytes as they come (WHATWG HTML §9.2, as the official SDK reads them): pieces may be cut
 * anywhere, inside a character too. A comment alone makes no event, an id stays for later events, an unterminated
 * event at the end of the stream is dropped.
 */
export type SseEvent = {
  readonly event: string | null
  /** Lines of data, joined by line feeds. */
  readonly data: string
  readonly id: string | null
  /** Wait before a new connection, ms, where the server named one. */
  readonly retry: number | null
}

export class SseDecoder {
  readonly #decoder = new TextDecoder()
  readonly #data: string[] = []
  #line = ''
  #endedByReturn = false
  #event: string | null = null
  #id: string | null = null
  #retry: number | null = null

  /** The events that the piece completes. Takes time linear in the stream, however it is cut. */
  feed(bytes: Uint8Array): SseEvent[] {
    const events: SseEvent[] = []
    const text = this.#decoder.decode(bytes, { stream: true })
    let from = 0
    if (this.#endedByReturn && text.startsWith('\n')) from = 1
    if (text !== '') this.#endedByReturn = false
    for (const end of text.matchAll(/\r\n|\r|\n/g)) {
      if (end.index < from) continue
      this.#endOfLine(this.#line + text.slice(from, end.index), events)
      this.#line = ''
      from = end.index + end[0].length
      // The line feed of this pair may come with the next piece.
      this.#endedByReturn = end[0] === '\r' && from === text.length
    }
    this.#line += text.slice(from)
    return events
  }

  #endOfLine(line: string, events: SseEvent[]): void {
    if (line === '') {
      const event = this.#take()
      if (event !== undefined) events.push(event)
      return
    }
    if (line.startsWith(':')) return
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'event') this.#event = value
    else if (name === 'data') this.#data.push(value)
    else if (name === 'id' && !value.includes('\0')) this.#id = value
    else if (name === 'retry' && /^\d+$/.test(value)) this.#retry = Number(value)
  }

  #take(): SseEvent | undefined {
    if (this.#event === null && this.#data.length === 0 && this.#id === null && this.#retry === null) return undefined
    const event = { event: this.#event, data: this.#data.join('\n'), id: this.#id, retry: this.#retry }
    this.#event = null
    this.#data.length = 0
    this.#retry = null
    return event
  }
}

/** The events of a response's body, one by one; leaving the loop cancels the body, which closes the connection. */
export async function* sseEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent, void, undefined> {
  const decoder = new SseDecoder()
  const reader = body.getReader()
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield* decoder.feed(piece.value)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
