/** Writes proto3 messages into one growing buffer. Fields come out in the order they are put in. */
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2

/** Length that fits one byte. */
const SHORT = 127

const encoder = new TextEncoder()

export class ProtoWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(sizeHint = 256) {
    this.#bytes = new Uint8Array(Math.max(16, sizeHint))
  }

  /** Non-negative integers up to 2^53, or any 64-bit integer as bigint. Zero is written too: presence is the caller's affair. */
  varint(field: number, value: number | bigint): void {
    this.#raw(field * 8 + VARINT)
    if (typeof value === 'bigint' || value < 0) this.#wide(BigInt.asUintN(64, BigInt(value)))
    else this.#raw(value)
  }

  double(field: number, value: number): void {
    this.#raw(field * 8 + FIXED64)
    this.#reserve(8)
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true)
    this.#length += 8
  }

  string(field: number, text: string): void {
    this.#raw(field * 8 + LENGTH)
    this.#reserve(text.length + 1)
    // The keys of a thousand datums, each a few letters: the platform's encoder takes longer to be called than to work.
    if (text.length > SHORT || !this.#ascii(text)) {
      const bytes = encoder.encode(text)
      this.#raw(bytes.length)
      this.#put(bytes)
    }
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#raw(field * 8 + LENGTH)
    this.#raw(bytes.length)
    this.#put(bytes)
  }

  /** Whole numbers as raw little-endian 64-bit values. */
  int64s(field: number, values: Int32Array | BigInt64Array): void {
    this.#raw(field * 8 + LENGTH)
    this.#raw(values.length * 8)
    if (values instanceof BigInt64Array) {
      this.#put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
      return
    }
    this.#reserve(values.length * 8)
    const view = new DataView(this.#bytes.buffer)
    for (let i = 0, at = this.#length; i < values.length; i++, at += 8) {
      const value = values[i]!
      view.setInt32(at, value, true)
      view.setInt32(at + 4, value >> 31, true)
    }
    this.#length += values.length * 8
  }

  packed(field: number, values: readonly number[]): void {
    if (values.length > 0) this.message(field, () => values.forEach((v) => this.#raw(v)))
  }

  /** A nested message: its body is written in place and moved up to make room for its length. */
  message(field: number, body: () => void): void {
    this.#raw(field * 8 + LENGTH)
    const start = this.#length
    body()
    const size = this.#length - start
    const room = varintSize(size)
    this.#reserve(room)
    this.#bytes.copyWithin(start + room, start, this.#length)
    this.#length = start
    this.#raw(size)
    this.#length += size
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Writes length and text; false, and nothing written, where it is not plain ASCII. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes
    const start = this.#length + 1
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 127) return false
      bytes[start + i] = unit
    }
    bytes[this.#length] = text.length
    this.#length = start + text.length
    return true
  }

  #put(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #raw(value: number): void {
    this.#reserve(10)
    while (value > 127) {
      this.#bytes[this.#length++] = (value % 128) + 128
      value = Math.floor(value / 128)
    }
    this.#bytes[this.#length++] = value
  }

  #wide(value: bigint): void {
    this.#reserve(10)
    while (value > 127n) {
      this.#bytes[this.#length++] = Number(value & 127n) + 128
      value >>= 7n
    }
    this.#bytes[this.#length++] = Number(value)
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

/** Order of the UTF-8 bytes, in which other implementations write the keys of maps too; `<` goes by UTF-16 units. */
export function inUtf8Order(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    // Surrogates stand for code points beyond all single units.
    const [beyondX, beyondY] = [isSurrogate(x), isSurrogate(y)]
    return beyondX === beyondY ? x - y : beyondX ? 1 : -1
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

function varintSize(value: number): number {
  let size = 1
  for (; value > 127; size++) value = Math.floor(value / 128)
  return size
}
