/**
 * Numeric arrays as the API packs them into protobuf `bytes`: raw little-endian values. Every platform that runs
 * JavaScript today is little-endian, so typed arrays are reinterpreted instead of converted value by value.
 */
import { WireError } from './wireError.ts'

export const DTYPE = { float32: 1, int64: 2, int32: 3, bfloat16: 4 } as const

export function packInt32(values: Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

export function packFloat32(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

export function packInt64(values: Int32Array | BigInt64Array): Uint8Array {
  if (values instanceof BigInt64Array) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const words = new Int32Array(values.length * 2)
  for (let i = 0; i < values.length; i++) {
    words[2 * i] = values[i]!
    words[2 * i + 1] = values[i]! >> 31
  }
  return packInt32(words)
}

export function unpackInt32(bytes: Uint8Array, what: string): Int32Array {
  return new Int32Array(aligned(bytes, 4, what))
}

export function unpackFloat32(bytes: Uint8Array, what: string): Float32Array {
  return new Float32Array(aligned(bytes, 4, what))
}

/** `Int32Array` when every value fits, `BigInt64Array` otherwise. */
export function unpackInt64(bytes: Uint8Array, what: string): Int32Array | BigInt64Array {
  const buffer = aligned(bytes, 8, what)
  const words = new Int32Array(buffer)
  const narrow = new Int32Array(words.length / 2)
  for (let i = 0; i < narrow.length; i++) {
    narrow[i] = words[2 * i]!
    if (words[2 * i + 1] !== narrow[i]! >> 31) return new BigInt64Array(buffer)
  }
  return narrow
}

/** Positions and sizes, which must fit 32 bits. */
export function unpackIndices(bytes: Uint8Array, what: string): Int32Array {
  const values = unpackInt64(bytes, what)
  if (values instanceof BigInt64Array) throw new WireError(`${what} holds an index beyond 32 bits`)
  return values
}

/** bfloat16 is the upper half of a float32: widening is a shift, exact for every bit pattern. */
export function unpackBfloat16(bytes: Uint8Array, what: string): Float32Array {
  const halves = new Uint16Array(aligned(bytes, 2, what))
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16
  return new Float32Array(words.buffer)
}

/** Typed arrays need their own alignment, and a protobuf field starts anywhere, so the bytes are copied. */
function aligned(bytes: Uint8Array, size: number, what: string): ArrayBuffer {
  if (bytes.length % size !== 0) throw new WireError(`${what} has ${bytes.length} bytes, not a multiple of ${size}`)
  const buffer = new ArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  return buffer
}
