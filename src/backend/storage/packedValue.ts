/**
 * Structured data with typed arrays as one byte string: `TGV1`, length of the JSON head (u32), head, array bytes.
 * Arrays stand in the head as `{ $array: [type, offset, count] }`. Used for adapter and optimizer state.
 */
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'

const MAGIC = 0x31564754
const ALIGN = 8
const TYPES = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array, u16: Uint16Array } as const
type ArrayName = keyof typeof TYPES
type PackedArray = InstanceType<(typeof TYPES)[ArrayName]>

export function packValue(value: unknown): Uint8Array {
  const arrays: { bytes: Uint8Array; at: number }[] = []
  let size = 0
  const head = JSON.stringify(value, function (this: unknown, _key, member: unknown) {
    if (!ArrayBuffer.isView(member)) return member
    const name = nameOf(member)
    const bytes = new Uint8Array(member.buffer, member.byteOffset, member.byteLength)
    const at = size
    arrays.push({ bytes, at })
    size = Math.ceil((size + bytes.length) / ALIGN) * ALIGN
    return { $array: [name, at, bytes.length / TYPES[name].BYTES_PER_ELEMENT] }
  })
  const text = new TextEncoder().encode(head)
  const start = Math.ceil((8 + text.length) / ALIGN) * ALIGN
  const out = new Uint8Array(start + size)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, text.length, true)
  out.set(text, 8)
  for (const { bytes, at } of arrays) out.set(bytes, start + at)
  return out
}

function nameOf(member: ArrayBufferView): ArrayName {
  const entry = Object.entries(TYPES).find(([, type]) => member instanceof type)
  if (entry === undefined) throw new TypeError(`${member.constructor.name} cannot be packed`)
  return entry[0] as ArrayName
}

/** The arrays are copies, free of the input's memory. The error is a sentence. */
export function unpackValue(file: Uint8Array): Result<unknown, string> {
  // Node's Buffer is a Uint8Array whose slice() does not copy: take a plain view of it.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
  if (bytes.length < 8) return err('the file is cut short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC) return err('the file is of another format')
  const length = view.getUint32(4, true)
  const start = Math.ceil((8 + length) / ALIGN) * ALIGN
  if (8 + length > bytes.length) return err('the file is cut short')
  let broken = ''
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)), (_key, member) => {
      const array = readReference(member as unknown, bytes, start)
      if (typeof array === 'string') broken = array
      return array ?? (member as unknown)
    })
    return broken === '' ? ok(value) : err(broken)
  } catch {
    return err('the head of the file is not JSON')
  }
}

function readReference(member: unknown, bytes: Uint8Array, start: number): PackedArray | string | undefined {
  if (typeof member !== 'object' || member === null || !('$array' in member)) return undefined
  const [name, at, count] = member.$array as [ArrayName, number, number]
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
  if (type === undefined) return 'the file holds an array of an unknown type'
  const from = start + at
  const to = from + count * type.BYTES_PER_ELEMENT
  if (!(from >= start && to >= from && to <= bytes.length)) return 'the file is cut short'
  return new type(bytes.slice(from, to).buffer)
}
