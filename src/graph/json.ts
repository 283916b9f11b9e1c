/** Values that survive a JSON file unchanged. */
import type { Json } from '../base/canonicalJson.ts'

/** Deeper than any params that people write; bounds recursion on hostile files. */
export const MAX_DEPTH = 64

/** True when writing and reading the value gives the same value: finite numbers, no -0, plain objects, no `__proto__`. */
export function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object' || depth >= MAX_DEPTH) return false
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1))
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto !== Object.prototype && proto !== null) return false
  return Object.entries(value).every(([key, item]) => key !== '__proto__' && isJson(item, depth + 1))
}
