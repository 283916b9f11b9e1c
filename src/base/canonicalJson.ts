/** Canonical JSON (RFC 8785): same value, same bytes. Refuses what JSON cannot hold instead of changing it silently. */
import { sha256Hex } from './sha256.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** @throws TypeError for NaN, infinities, BigInt, functions, symbols and lone surrogates. `undefined` members are left out. */
export function canonicalJson(value: unknown): string {
  return decoder.decode(written(value))
}

/** SHA-256 of the canonical text, without making a text of it. @throws TypeError as `canonicalJson` does */
export function canonicalSha256(value: unknown): string {
  return sha256Hex(written(value))
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** Written into again and again; what is longer gets a buffer of its own. */
const kept = new Uint8Array(1 << 16)

/** A view that holds until the next call. */
function written(value: unknown): Uint8Array {
  const size = write(kept, 0, value)
  if (size <= kept.length) return kept.subarray(0, size)
  // Bytes beyond the end were counted, not kept.
  const own = new Uint8Array(size)
  write(own, 0, value)
  return own
}

const [QUOTE, COMMA, OPEN, CLOSE] = [0x22, 0x2c, 0x5b, 0x5d]
const [NULL, TRUE, FALSE, EMPTY, END] = ['null', 'true', 'false', '{}', '}'].map((text) => encoder.encode(text)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
]

/** Writes at `at` and gives the place behind it. What does not fit in is lost, but counted. */
function write(out: Uint8Array, at: number, value: unknown): number {
  switch (typeof value) {
    case 'string':
      return quoted(out, at, value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold ${value}`)
      return digits(out, at, value)
    case 'boolean':
      return copied(out, at, value ? TRUE : FALSE)
    case 'object':
      if (value === null) return copied(out, at, NULL)
      return Array.isArray(value) ? list(out, at, value) : record(out, at, value)
    default:
      throw new TypeError(`canonical JSON cannot hold a ${typeof value}`)
  }
}

function list(out: Uint8Array, at: number, items: readonly unknown[]): number {
  let end = at
  out[end++] = OPEN
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (i > 0) out[end++] = COMMA
    end = item === undefined ? copied(out, end, NULL) : write(out, end, item)
  }
  out[end] = CLOSE
  return end + 1
}

function record(out: Uint8Array, at: number, value: object): number {
  const members = value as Record<string, unknown>
  const { sorted, first, further } = shapeOf(value)
  let end = at
  for (let i = 0; i < sorted.length; i++) {
    const item = members[sorted[i]!]
    if (item === undefined) continue
    end = write(out, copied(out, end, end === at ? first[i]! : further[i]!), item)
  }
  return copied(out, end, end === at ? EMPTY : END)
}

/** Keys in canonical order, each written as the first member of a record and as a further one. */
type Shape = {
  readonly keys: readonly string[]
  readonly sorted: readonly string[]
  readonly first: readonly Uint8Array[]
  readonly further: readonly Uint8Array[]
}

/** By their first key. Records of a plan have some dozen shapes; sorting and quoting keys anew was most of the work. */
const shapes = new Map<string, Shape[]>()
/** A file may hold any number of shapes; what is remembered of it stays small. */
const MOST_SHAPES = 256
const MOST_KEYS = 64
let count = 0

function shapeOf(value: object): Shape {
  const alike = shapes.get(firstKey(value))
  if (alike) {
    for (const shape of alike) if (hasKeys(value, shape.keys)) return shape
  }
  const keys = Object.keys(value)
  const sorted = keys.toSorted()
  const names = sorted.map((key) => `${stringified(key)}:`)
  const shape = {
    keys,
    sorted,
    first: names.map((name) => encoder.encode(`{${name}`)),
    further: names.map((name) => encoder.encode(`,${name}`)),
  }
  if (keys.length > MOST_KEYS) return shape
  if (++count > MOST_SHAPES) {
    shapes.clear()
    count = 1
  }
  const first = firstKey(value)
  const others = shapes.get(first)
  if (others) others.push(shape)
  else shapes.set(first, [shape])
  return shape
}

/** Empty for a record without members. Records are walked as they are: a list of the keys of each would be thrown away at once. */
function firstKey(value: object): string {
  for (const key in value) return key
  return ''
}

function hasKeys(value: object, keys: readonly string[]): boolean {
  let at = 0
  for (const key in value) if (key !== keys[at++]) return false
  return at === keys.length
}

/** Printable ASCII without quote and backslash stands for itself; all else is left to the engine. */
function quoted(out: Uint8Array, at: number, text: string): number {
  let end = at
  out[end++] = QUOTE
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) {
      return copied(out, at, encoder.encode(stringified(text)))
    }
    out[end++] = code
  }
  out[end] = QUOTE
  return end + 1
}

function stringified(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('canonical JSON cannot hold a lone surrogate')
  return JSON.stringify(text)
}

function digits(out: Uint8Array, at: number, value: number): number {
  const text = String(value)
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** Up to this length a loop is quicker than a call of the engine. */
const SHORT = 32

function copied(out: Uint8Array, at: number, bytes: Uint8Array): number {
  const end = at + bytes.length
  if (bytes.length <= SHORT) for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i]!
  else if (end <= out.length) out.set(bytes, at)
  return end
}
