/** Adapter weights in the page: what a safetensors file holds, and its tensors one at a time. */
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { ArchiveFailure } from './failure.ts'

export type TensorEntry = {
  readonly name: string
  /** As the file says it: `F32`, `BF16`, `I64`, … */
  readonly dtype: string
  readonly shape: readonly number[]
  /** Bytes of the tensor. */
  readonly size: number
}

export type Safetensors = {
  readonly tensors: ReadonlyMap<string, TensorEntry>
  readonly metadata: Readonly<Record<string, string>>
  /** Raw little-endian bytes; of a Blob, only these are read. Null for a name that is not there. */
  bytes(name: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** Values of an F32, F16 or BF16 tensor, row by row; null for other types. */
  floats(name: string): Promise<Float32Array | null>
}

/** Bytes per element. */
const WIDTH: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  U64: 8,
  I32: 4,
  U32: 4,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
}
const MOST_HEADER_BYTES = 100 * 2 ** 20

/** Reads the header and checks that the tensors lie inside the file, each as long as its shape says. */
export async function readSafetensors(
  file: Blob | Uint8Array<ArrayBuffer>,
): Promise<Result<Safetensors, ArchiveFailure>> {
  const size = file instanceof Blob ? file.size : file.length
  const part = async (from: number, to: number): Promise<Uint8Array<ArrayBuffer>> =>
    file instanceof Blob ? new Uint8Array(await file.slice(from, to).arrayBuffer()) : file.subarray(from, to)
  if (size < 8) return broken('it is shorter than its header')
  const head = await part(0, 8)
  const length = Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true))
  if (length > size - 8 || length > MOST_HEADER_BYTES) return broken('its header is longer than the file')
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await part(8, 8 + length)))
  } catch {
    return broken('its header is not JSON')
  }
  if (typeof header !== 'object' || header === null) return broken('its header is no object')
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, unknown>
  const start = 8 + length
  const tensors = new Map<string, TensorEntry>()
  const places = new Map<string, readonly [number, number]>()
  for (const [name, entry] of Object.entries(entries)) {
    const {
      dtype,
      shape,
      data_offsets: offsets,
    } = Object(entry) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown }
    if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
      return broken(`its header does not describe ${JSON.stringify(name)}`)
    }
    const [from, to] = offsets as [number, number]
    const width = WIDTH[dtype]
    const wanted = width === undefined ? to - from : shape.reduce((product, extent) => product * extent, width)
    if (from > to || to > size - start || wanted !== to - from)
      return broken(`${JSON.stringify(name)} does not fit its place`)
    tensors.set(name, { name, dtype, shape, size: to - from })
    places.set(name, [start + from, start + to])
  }
  const bytes = async (name: string): Promise<Uint8Array<ArrayBuffer> | null> => {
    const place = places.get(name)
    return place ? part(...place) : null
  }
  return ok({
    tensors,
    metadata: Object(metadata) as Record<string, string>,
    bytes,
    floats: async (name) => {
      const raw = await bytes(name)
      return raw && floatsOf(tensors.get(name)!.dtype, raw)
    },
  })
}

function floatsOf(dtype: string, raw: Uint8Array): Float32Array | null {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length)
  if (dtype === 'F32') return Float32Array.from({ length: raw.length / 4 }, (_, i) => view.getFloat32(i * 4, true))
  if (dtype === 'F16') return Float32Array.from({ length: raw.length / 2 }, (_, i) => half(view.getUint16(i * 2, true)))
  if (dtype !== 'BF16') return null
  // The upper half of a float32.
  const bits = Uint32Array.from({ length: raw.length / 2 }, (_, i) => view.getUint16(i * 2, true) << 16)
  return new Float32Array(bits.buffer)
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)
}

function broken(why: string): Result<never, ArchiveFailure> {
  return err({ kind: 'broken', message: `The safetensors file is damaged: ${why}.` })
}
