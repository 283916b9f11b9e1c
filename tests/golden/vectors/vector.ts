/** What an area module is: a check of one input against one expected output, and the words for "not ours". */
import { deepStrictEqual, ok } from 'node:assert/strict'

export type Vector = {
  readonly area: string
  readonly name: string
  readonly input: unknown
  readonly expected: unknown
  readonly source?: string
}

/** Throws when the vector does not hold; an {@link Elsewhere} when it says nothing about this project. */
export type Check = (vector: Vector) => void | Promise<void>

/** Thrown for a case that describes another implementation's own ways, or a thing that exists only outside a browser. */
export class Elsewhere extends Error {
  override readonly name = 'Elsewhere'
}

export function elsewhere(why: string): never {
  throw new Elsewhere(why)
}

/** Gives a check the types that the cases of its area have. */
export function check<I, E>(run: (input: I, expected: E, vector: Vector) => void | Promise<void>): Check {
  return (vector) => run(vector.input as I, vector.expected as E, vector)
}

export function same(actual: unknown, expected: unknown): void {
  deepStrictEqual(actual, expected)
}

/** Numbers at any depth may differ by the tolerance; everything else must be equal. */
export function near(actual: unknown, expected: unknown, tolerance: number, at = 'the value'): void {
  if (typeof expected === 'number' && typeof actual === 'number')
    ok(Math.abs(actual - expected) <= tolerance, `${at} is ${actual}, not within ${tolerance} of ${expected}`)
  else if (typeof expected === 'object' && expected !== null && typeof actual === 'object' && actual !== null) {
    deepStrictEqual(Object.keys(actual).sort(), Object.keys(expected).sort())
    for (const [key, value] of Object.entries(expected))
      near((actual as Record<string, unknown>)[key], value, tolerance, `${at}.${key}`)
  } else deepStrictEqual(actual, expected)
}

export function fails(run: () => unknown, why = 'it should have been refused'): void {
  let value: unknown
  try {
    value = run()
  } catch {
    return
  }
  ok(false, `${why}, but gave ${JSON.stringify(value)}`)
}

/** True for cases that record how Tinkex behaves where it differs from the official client. */
export function isTinkex({ source, name }: Vector): boolean {
  return (source ?? '').startsWith('tinkex') || /\bTinkex\b/.test(name)
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const bytesOfHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
