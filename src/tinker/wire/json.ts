/** JSON with integers kept exact: `seq_id` and `seed` reach 10^18, beyond what a JavaScript number holds. */
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'

/** An integer of 16 or more digits that is not the tail of a fraction: the only text that can lose digits. */
const WIDE = /(?<![\d.])\d{16,}(?![\d.eE])/
const WIDE_OR_STRING = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?<![\d.])\d{16,}(?![\d.eE])/gs
const NON_FINITE_OR_STRING = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/gs

/**
 * Parses JSON; integers outside ±(2^53 − 1) come back as `bigint`. Python's bare `NaN` and `Infinity`, which some
 * servers write, read as null: the shapes treat null numbers as "not computed".
 */
export function parseJson(text: string): Result<unknown, string> {
  try {
    return ok(WIDE.test(text) ? parseWide(text) : JSON.parse(text))
  } catch (error) {
    if (/\b(NaN|Infinity)\b/.test(text)) {
      const mended = text.replace(NON_FINITE_OR_STRING, (token) => (token.startsWith('"') ? token : 'null'))
      if (mended !== text) return parseJson(mended)
    }
    return err(error instanceof Error ? error.message : String(error))
  }
}

function parseWide(text: string): unknown {
  let mark = '#int:'
  while (text.includes(mark)) mark = `#${mark}`
  const marked = text.replace(WIDE_OR_STRING, (token) => (token.startsWith('"') ? token : `"${mark}${token}"`))
  return JSON.parse(marked, (_key, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith(mark)) return value
    const wide = BigInt(value.slice(mark.length))
    const narrow = Number(wide)
    return Number.isSafeInteger(narrow) ? narrow : wide
  })
}

/**
 * Writes JSON; `bigint` becomes a bare integer. Non-finite numbers become null, as JSON has none.
 * Typed arrays must have been turned into lists by the encoder: `JSON.stringify` would write them as objects.
 */
export function stringifyJson(value: unknown): string {
  let wide = false
  // A replacer makes large number lists several times slower, so it is used only where a bigint stands.
  const plain = tryStringify(value)
  if (plain !== undefined) return plain
  const text = JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'bigint') return member
    wide = true
    return 0
  })
  if (!wide) throw new TypeError('JSON cannot hold this value')
  let mark = '#int:'
  while (text.includes(mark)) mark = `#${mark}`
  const marked = JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? `${mark}${member}` : member,
  )
  return marked.replace(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1')
}

function tryStringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
