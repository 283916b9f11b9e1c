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
  for (let i = 1; i < keys.length; i++) {
    if (keys[i - 1]! < keys[i]!) continue
    keys.sort()
    break
  }
  let text = '{'
  for (const key of keys) {
    const item = members[key]
    if (item === undefined) continue
    if (text.length > 1) text += ','
    text += `${quote(key)}:${canonicalJson(item, known)}`
  }
  return `${text}}`
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
