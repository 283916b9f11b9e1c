/** Canonical JSON (RFC 8785): same value, same bytes. Refuses what JSON cannot hold instead of changing it silently. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Texts of records that never change, for whoever writes the same ones into many others. */
export type KnownTexts = WeakMap<object, string>

/**
 * @param known texts of immutable records, as this function wrote them
 * @throws TypeError for NaN, infinities, BigInt, functions, symbols and lone surrogates. `undefined` members are left out.
 */
export function canonicalJson(value: unknown, known?: KnownTexts): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold ${value}`)
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return known?.get(value) ?? (Array.isArray(value) ? list(value, known) : record(value, known))
    default:
      throw new TypeError(`canonical JSON cannot hold a ${typeof value}`)
  }
}

/** One string grows, here and below: this writes every stage of a plan, and lists of parts cost more than the parts. */
function list(items: readonly unknown[], known: KnownTexts | undefined): string {
  let text = '['
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (i > 0) text += ','
    text += item === undefined ? 'null' : canonicalJson(item, known)
  }
  return `${text}]`
}

function record(value: object, known: KnownTexts | undefined): string {
  const members = value as Record<string, unknown>
  const keys = Object.keys(members)
  if (keys.length === 0) return '{}'
  const { sorted, first, further } = shapeOf(keys)
  let text = ''
  for (let i = 0; i < sorted.length; i++) {
    const item = members[sorted[i]!]
    if (item === undefined) continue
    text += text === '' ? first[i]! : further[i]!
    text += canonicalJson(item, known)
  }
  return text === '' ? '{}' : `${text}}`
}

/** Keys in canonical order, each written as the first member of a record and as a further one. */
type Shape = {
  readonly keys: readonly string[]
  readonly sorted: readonly string[]
  readonly first: readonly string[]
  readonly further: readonly string[]
}

/** By their first key. Records of a plan have some dozen shapes; sorting and quoting keys anew was most of the work. */
const shapes = new Map<string, Shape[]>()
/** A file may hold any number of shapes; what is remembered of it stays small. */
const MOST_SHAPES = 256
const MOST_KEYS = 64
let count = 0

function shapeOf(keys: readonly string[]): Shape {
  const alike = shapes.get(keys[0]!)
  if (alike) {
    for (const shape of alike) if (sameKeys(shape.keys, keys)) return shape
  }
  const sorted = keys.toSorted()
  const quoted = sorted.map(quote)
  const shape = {
    keys,
    sorted,
    first: quoted.map((key) => `{${key}:`),
    further: quoted.map((key) => `,${key}:`),
  }
  if (keys.length > MOST_KEYS) return shape
  if (++count > MOST_SHAPES) {
    shapes.clear()
    count = 1
  }
  const kept = shapes.get(keys[0]!)
  if (kept) kept.push(shape)
  else shapes.set(keys[0]!, [shape])
  return shape
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Longer texts are quicker written by the engine itself. */
const SHORT = 64

function quote(text: string): string {
  if (text.length <= SHORT && isPlain(text)) return `"${text}"`
  if (!text.isWellFormed()) throw new TypeError('canonical JSON cannot hold a lone surrogate')
  return JSON.stringify(text)
}

/** Printable ASCII without quote and backslash stands for itself. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false
  }
  return true
}
