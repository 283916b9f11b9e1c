/** Canonical JSON written piece by piece into one buffer that is used again and again: nothing is left for the collector. */
import { canonicalJson } from './canonicalJson.ts'

const encoder = new TextEncoder()
const [QUOTE, BACKSLASH] = [0x22, 0x5c]
/** Up to this length a loop is quicker than a call of the engine. */
const SHORT = 16
const ZERO = encoder.encode('0')

export class ByteText {
  #bytes = new Uint8Array(1 << 12)
  #size = 0

  /** Begins anew; what `written` gave before is lost. */
  clear(): this {
    this.#size = 0
    return this
  }

  /** @throws TypeError as `canonicalJson` does */
  quoted(text: string): this {
    this.#reserve(text.length + 2)
    const bytes = this.#bytes
    let at = this.#size
    bytes[at++] = QUOTE
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      // Printable ASCII without quote and backslash stands for itself.
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        return this.bytes(encoder.encode(canonicalJson(text)))
      }
      bytes[at++] = code
    }
    bytes[at] = QUOTE
    this.#size = at + 1
    return this
  }

  /** @param text of any length, taken as it is */
  raw(text: string): this {
    this.#reserve(3 * text.length)
    this.#size += encoder.encodeInto(text, this.#bytes.subarray(this.#size)).written
    return this
  }

  number(value: number): this {
    return this.bytes(value === 0 ? ZERO : encoder.encode(canonicalJson(value)))
  }

  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    const at = this.#size
    if (bytes.length <= SHORT) for (let i = 0; i < bytes.length; i++) this.#bytes[at + i] = bytes[i]!
    else this.#bytes.set(bytes, at)
    this.#size = at + bytes.length
    return this
  }

  /** A view that holds until the next piece. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#size + more))
    grown.set(this.#bytes.subarray(0, this.#size))
    this.#bytes = grown
  }
}
