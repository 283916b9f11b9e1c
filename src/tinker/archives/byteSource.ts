/** Reads a stream of chunks of any length by counts of bytes. */
import { untilAborted } from '../transport/abort.ts'
import { ArchiveError } from './failure.ts'

export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  /** Bytes handed out so far. */
  position = 0

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Exactly `length` bytes, or null when the stream ends before the first. @throws ArchiveError `broken` when it ends within. */
  async take(length: number): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(length)
    let filled = 0
    for await (const chunk of this.pieces(length, true)) {
      bytes.set(chunk, filled)
      filled += chunk.length
    }
    return filled === 0 && length > 0 ? null : bytes
  }

  /** `length` bytes as they come. @throws ArchiveError `broken` when the stream ends before; with `mayEnd` not at the first byte. */
  async *pieces(length: number, mayEnd = false): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    let left = length
    while (left > 0) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next()
        if (next.done) {
          if (mayEnd && left === length) return
          throw cutShort(this.position)
        }
        this.#rest = next.value
        continue
      }
      const piece = this.#rest.subarray(0, left) as Uint8Array<ArrayBuffer>
      this.#rest = this.#rest.subarray(piece.length)
      this.position += piece.length
      left -= piece.length
      yield piece
    }
  }

  /** All that is left, as it comes. */
  async *rest(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (;;) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next()
        if (next.done) return
        this.#rest = next.value
      }
      const piece = this.#rest as Uint8Array<ArrayBuffer>
      this.#rest = new Uint8Array()
      this.position += piece.length
      if (piece.length > 0) yield piece
    }
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}

function cutShort(position: number): ArchiveError {
  return new ArchiveError({ kind: 'broken', message: `The archive ends too early, after ${position} bytes.` })
}

/**
 * Chunks of a web stream; leaving the loop cancels it. (Not every browser iterates streams itself.)
 * An abort ends a wait for the next chunk even where the stream does not notice. @throws DOMException `AbortError`
 */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const reader = stream.getReader()
  let done = false
  try {
    for (;;) {
      signal?.throwIfAborted()
      const reading = reader.read()
      const next = signal ? await untilAborted(reading, signal) : await reading
      if (next === undefined) throw new DOMException('aborted', 'AbortError')
      if (next.done) {
        done = true
        return
      }
      yield next.value as Uint8Array<ArrayBuffer>
    }
  } finally {
    if (!done) await reader.cancel().catch(() => undefined)
    reader.releaseLock()
  }
}
