/** Reads proto3 messages field by field; unknown fields are skipped, anything cut short is a {@link WireError}. */
import { WireError } from './wireError.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

export class ProtoReader {
  readonly #bytes: Uint8Array
  #at = 0
  #wireType = 0

  constructor(bytes: Uint8Array) {
    // Node's Buffer is a Uint8Array whose `slice` shares memory: what is cut out of it must not.
    this.#bytes =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Number of the next field, or 0 at the end. The value must then be read or {@link skip}ped. */
  next(): number {
    if (this.#at >= this.#bytes.length) return 0
    const tag = this.#varint()
    this.#wireType = tag % 8
    const field = Math.floor(tag / 8)
    if (field === 0) throw new WireError('protobuf message has a field numbered 0')
    return field
  }

  /** A varint as a number. Values beyond ±2^53 lose digits; negative ones are read as 64-bit two's complement. */
  varint(): number {
    this.#expect(0)
    return this.#varint()
  }

  bool(): boolean {
    return this.varint() !== 0
  }

  double(): number {
    this.#expect(1)
    const bytes = this.#take(8)
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true)
  }

  /** A view into the message, not a copy. */
  bytes(): Uint8Array {
    this.#expect(2)
    return this.#take(this.#varint())
  }

  string(): string {
    try {
      return decoder.decode(this.bytes())
    } catch (error) {
      if (error instanceof TypeError) throw new WireError('protobuf string is not UTF-8')
      throw error
    }
  }

  message<T>(read: (reader: ProtoReader) => T): T {
    return read(new ProtoReader(this.bytes()))
  }

  /** Repeated integers, packed or one by one; more than `atMost` in all are refused. */
  varintsInto(out: number[], atMost: number): void {
    const inner = this.#wireType === 2 ? new ProtoReader(this.bytes()) : undefined
    const add = (value: number): void => {
      if (out.length >= atMost) throw new WireError(`protobuf list has more than ${atMost} numbers`)
      out.push(value)
    }
    if (inner === undefined) add(this.varint())
    else while (inner.#at < inner.#bytes.length) add(inner.#varint())
  }

  skip(): void {
    if (this.#wireType === 0) this.#varint()
    else if (this.#wireType === 1) this.#take(8)
    else if (this.#wireType === 2) this.#take(this.#varint())
    else if (this.#wireType === 5) this.#take(4)
    else throw new WireError(`protobuf message has an unsupported wire type ${this.#wireType}`)
  }

  #varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 7; i++, scale *= 128) {
      const byte = this.#byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    let wide = BigInt(value)
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      wide |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(BigInt.asIntN(64, wide))
    }
    throw new WireError('protobuf varint is too long')
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new WireError('protobuf message is cut short')
    return byte
  }

  #take(size: number): Uint8Array {
    if (size < 0 || this.#at + size > this.#bytes.length) throw new WireError('protobuf message is cut short')
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType)
      throw new WireError(`protobuf field has wire type ${this.#wireType} where ${wireType} is due`)
  }
}
