/** Small decoders for JSON bodies: one declaration gives the type and the check. Unknown members are ignored, null counts as absent. */
import { define } from './json.ts'
import { decoding, WireError } from './wireError.ts'
import type { Result } from '../../base/result.ts'

/** Reads a value or throws a {@link WireError} that names the place (`at`, a dotted path). */
export type Shape<T> = (value: unknown, at: string) => T
export type Infer<S> = S extends Shape<infer T> ? T : never

type Members = Readonly<Record<string, Shape<unknown>>>
type OptionalKeys<M extends Members> = { [K in keyof M]: undefined extends Infer<M[K]> ? K : never }[keyof M]
type ObjectOf<M extends Members> = { [K in Exclude<keyof M, OptionalKeys<M>>]: Infer<M[K]> } & {
  [K in OptionalKeys<M>]?: Infer<M[K]>
}

export function readShape<T>(shape: Shape<T>, value: unknown): Result<T, string> {
  return decoding(() => shape(value, ''))
}

export const string: Shape<string> = (value, at) => {
  if (typeof value !== 'string') throw mismatch(at, 'a string', value)
  return value
}

export const boolean: Shape<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw mismatch(at, 'true or false', value)
  return value
}

export const number: Shape<number> = (value, at) => {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'number') throw mismatch(at, 'a number', value)
  return value
}

export const int: Shape<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw mismatch(at, 'an integer', value)
  return value
}

/** An integer that may lie beyond 2^53; it arrives as `bigint` exactly when it does. */
export const wideInt: Shape<number | bigint> = (value, at) => (typeof value === 'bigint' ? value : int(value, at))

export const unknownValue: Shape<unknown> = (value) => value

/* @__NO_SIDE_EFFECTS__ */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, at) => (value === undefined || value === null ? undefined : shape(value, at))
}

/** For the few members where null has a meaning of its own (a time limit of null removes the limit). */
/* @__NO_SIDE_EFFECTS__ */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : shape(value, at))
}

/* @__NO_SIDE_EFFECTS__ */
export function withDefault<T>(shape: Shape<T>, fallback: T): Shape<T> {
  return (value, at) => (value === undefined || value === null ? fallback : shape(value, at))
}

/* @__NO_SIDE_EFFECTS__ */
export function literal<const T extends string>(...allowed: readonly T[]): Shape<T> {
  return (value, at) => {
    if (!allowed.includes(value as T)) throw mismatch(at, allowed.map((a) => `"${a}"`).join(' or '), value)
    return value as T
  }
}

/* @__NO_SIDE_EFFECTS__ */
export function array<T>(item: Shape<T>): Shape<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw mismatch(at, 'a list', value)
    return value.map((v, i) => item(v, `${at}[${i}]`))
  }
}

/* @__NO_SIDE_EFFECTS__ */
export function record<T>(item: Shape<T>): Shape<Record<string, T>> {
  return (value, at) => {
    const out: Record<string, T> = {}
    for (const [key, v] of Object.entries(plainObject(value, at))) define(out, key, item(v, join(at, key)))
    return out
  }
}

/* @__NO_SIDE_EFFECTS__ */
export function object<M extends Members>(members: M): Shape<ObjectOf<M>> {
  const entries = Object.entries(members)
  return (value, at) => {
    const source = plainObject(value, at)
    const out: Record<string, unknown> = {}
    for (const [key, shape] of entries) {
      const read = shape(Object.hasOwn(source, key) ? source[key] : undefined, join(at, key))
      if (read !== undefined) out[key] = read
    }
    return out as ObjectOf<M>
  }
}

export function plainObject(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(at, 'an object', value)
  return value as Record<string, unknown>
}

export function mismatch(at: string, wanted: string, got: unknown): WireError {
  return new WireError(`${at === '' ? 'the body' : at} must be ${wanted}, not ${describe(got)}`)
}

function join(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
