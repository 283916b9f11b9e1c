/** Values that survive a JSON file unchanged, and the repair of those that would not. */
import type { Json } from '../base/canonicalJson.ts'

/** Deeper than any params that people write; bounds recursion on hostile files. */
export const MAX_DEPTH = 64

/** True when writing and reading gives the same value: finite numbers, no -0, whole characters, plain objects, no `__proto__`. */
export function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || depth >= MAX_DEPTH) return false
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1))
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto !== Object.prototype && proto !== null) return false
  return Object.entries(value).every(([key, item]) => isSafeKey(key) && isJson(item, depth + 1))
}

/** The nearest value that is JSON: what cannot be kept becomes null or is left out. */
export function cleanJson(value: unknown, depth = 0): Json {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (typeof value !== 'object' || depth >= MAX_DEPTH) return null
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, depth + 1))
  const kept: { [key: string]: Json } = {}
  for (const [key, item] of Object.entries(value)) if (isSafeKey(key)) kept[key] = cleanJson(item, depth + 1)
  return kept
}

export type PlainRecord = { readonly [key: string]: unknown }

export function isRecord(value: unknown): value is PlainRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Own property or undefined: a file may call a member `constructor` or `__proto__`. */
export function own(record: PlainRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function isSafeKey(key: string): boolean {
  return key !== '__proto__' && key.isWellFormed()
}
