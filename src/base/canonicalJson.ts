/** Canonical JSON (RFC 8785): same value, same bytes. Refuses what JSON cannot hold instead of changing it silently. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** @throws TypeError for NaN, infinities, BigInt, functions, symbols and lone surrogates. `undefined` members are left out. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold ${value}`)
    return JSON.stringify(value)
  }
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[${value.map((v) => canonicalJson(v === undefined ? null : v)).join(',')}]`
  if (typeof value === 'object') {
    const record = value as Record<string, unknown>
    // One string grows: this writes every stage of a plan, and lists of parts cost more than the parts.
    let text = '{'
    for (const key of Object.keys(record).sort()) {
      const item = record[key]
      if (item === undefined) continue
      text += `${text.length > 1 ? ',' : ''}${quote(key)}:${canonicalJson(item)}`
    }
    return `${text}}`
  }
  throw new TypeError(`canonical JSON cannot hold a ${typeof value}`)
}

function quote(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('canonical JSON cannot hold a lone surrogate')
  return JSON.stringify(text)
}
