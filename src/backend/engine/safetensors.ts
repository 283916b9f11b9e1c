/** The safetensors container: an 8-byte length, a JSON header of names, dtypes, shapes and offsets, then the bytes. */
import { EngineError } from './errors.ts'

export type Tensor = { shape: readonly number[]; data: Float32Array }

/** Where a tensor lies: offsets count from `start` of its file's header. */
export type TensorEntry = { dtype: string; shape: number[]; data_offsets: [number, number] }

export type SafetensorsHeader = { readonly start: number; readonly entries: ReadonlyMap<string, TensorEntry> }

const BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 }
const WHOLE = 'model.safetensors'

/** What a file holds, without its numbers. A damaged file is refused with `badModel`, `named` and the tensor's name. */
export function readSafetensorsHeader(bytes: Uint8Array, named = WHOLE): SafetensorsHeader {
  const bad = (message: string): EngineError => new EngineError('badModel', `${named}: ${message}`)
  if (bytes.length < 8) throw bad(`the file has ${bytes.length} bytes and cannot hold a header`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerLength = Number(view.getBigUint64(0, true))
  if (headerLength > bytes.length - 8) {
    throw bad(
      `the header claims ${headerLength} bytes but the file has ${bytes.length}: it is truncated or not safetensors`,
    )
  }
  const start = 8 + headerLength
  const entries = new Map<string, TensorEntry>()
  for (const [name, raw] of Object.entries(parseHeader(bytes.subarray(8, start), bad))) {
    if (name === '__metadata__') continue
    const entry = parseEntry(name, raw, bad)
    const [from, to] = entry.data_offsets
    if (start + to > bytes.length) {
      throw bad(`${name} ends at byte ${start + to} but the file has ${bytes.length}: it is truncated`)
    }
    const elements = entry.shape.reduce((a, b) => a * b, 1)
    const expected = elements * BYTES[entry.dtype]!
    if (to - from !== expected) {
      throw bad(`${name} has ${to - from} bytes; ${entry.dtype} of shape [${entry.shape.join(', ')}] needs ${expected}`)
    }
    entries.set(name, entry)
  }
  return { start, entries }
}

/** All tensors as f32. F32, F16 and BF16 are read; a damaged file is refused with `badModel` and the tensor's name. */
export function readSafetensors(file: Uint8Array, named = WHOLE): Map<string, Tensor> {
  // Node's Buffer is a Uint8Array whose slice() does not copy: take a plain view of it.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
  const { start, entries } = readSafetensorsHeader(bytes, named)
  const tensors = new Map<string, Tensor>()
  for (const [name, { dtype, shape, data_offsets: at }] of entries) {
    // The data need not be aligned within the file, typed arrays must be: copy the slice first.
    const slice = bytes.slice(start + at[0], start + at[1])
    tensors.set(name, { shape, data: toF32(dtype, slice) })
  }
  return tensors
}

/** Writes f32 tensors, in the given order, with optional string metadata. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {}
  let offset = 0
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.length * 4] }
    offset += data.length * 4
  }
  let text = JSON.stringify(header)
  text += ' '.repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8)
  const head = new TextEncoder().encode(text)
  const out = new Uint8Array(8 + head.length + offset)
  new DataView(out.buffer).setBigUint64(0, BigInt(head.length), true)
  out.set(head, 8)
  let at = 8 + head.length
  for (const { data } of tensors.values()) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return out
}

type Bad = (message: string) => EngineError

function parseHeader(bytes: Uint8Array, bad: Bad): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw bad('the header is not JSON: the file is damaged or not safetensors')
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw bad('the header is not an object')
  return header as Record<string, unknown>
}

function parseEntry(name: string, raw: unknown, bad: Bad): TensorEntry {
  const entry = raw as Partial<TensorEntry> | null
  const offsets = entry?.data_offsets
  const whole = (n: unknown): boolean => typeof n === 'number' && Number.isInteger(n) && n >= 0
  if (!Array.isArray(entry?.shape) || !entry.shape.every(whole)) throw bad(`${name} has no valid shape`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole) || offsets[0] > offsets[1]) {
    throw bad(`${name} has no valid data_offsets`)
  }
  if (typeof entry.dtype !== 'string' || !(entry.dtype in BYTES)) {
    throw bad(`${name} has dtype ${String(entry.dtype)}; expected F32, F16 or BF16`)
  }
  return entry as TensorEntry
}

function toF32(dtype: string, bytes: Uint8Array): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, 0, bytes.length / 4)
  const half = new Uint16Array(bytes.buffer, 0, bytes.length / 2)
  const bits = new Uint32Array(half.length)
  for (let i = 0; i < half.length; i++) bits[i] = dtype === 'BF16' ? half[i]! << 16 : halfToSingle(half[i]!)
  return new Float32Array(bits.buffer)
}

/** IEEE 754 binary16 → binary32 bit pattern, exact for every value. */
function halfToSingle(h: number): number {
  const sign = (h & 0x8000) << 16
  const exponent = (h >> 10) & 31
  const fraction = h & 1023
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13)
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  // Subnormal: fraction · 2^-24, whose leading bit becomes the implicit one.
  const shift = Math.clz32(fraction) - 21
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13)
}
