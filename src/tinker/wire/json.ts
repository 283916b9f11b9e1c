/** JSON with integers kept exact: `seq_id` and `seed` reach 10^18, beyond what a JavaScript number holds. */
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'

/** Integers of fewer digits always fit a number exactly. */
const WIDE_DIGITS = 16

/** 64-bit integers have 20; a longer run is no id, and turning millions of digits into a bigint takes minutes. */
const MOST_DIGITS = 40

/** Stands before a wide integer while it travels as text. Drawn by chance: no text from outside can hold it on purpose. */
const MARK = `#int-${Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join('')}:`

/**
 * Parses JSON in time linear in the text; integers outside ±(2^53 − 1) come back as `bigint`. Python's bare `NaN` and
 * `Infinity`, which some servers write, read as null: the shapes treat null numbers as "not computed".
 */
export function parseJson(text: string): Result<unknown, string> {
  try {
    const marked = markWide(text)
    const value = JSON.parse(marked) as unknown
    return ok(marked === text ? value : withWide(value))
  } catch (error) {
    if (/\b(NaN|Infinity)\b/.test(text)) {
      const mended = replaceOutside(text, /-?\b(?:NaN|Infinity)\b/g, 'null')
      if (mended !== text) return parseJson(mended)
    }
    return err(error instanceof Error ? error.message : String(error))
  }
}

/** The text with every wide integer as a marked string. By hand: a pattern takes several times as long on number lists. */
function markWide(text: string): string {
  const parts: string[] = []
  let copied = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (code >= ZERO && code <= NINE) {
      const start = i
      while (isDigit(text.charCodeAt(i + 1))) i++
      const digits = i + 1 - start
      if (digits < WIDE_DIGITS || digits > MOST_DIGITS || isPartOfFraction(text, start, i + 1)) continue
      const signed = text.charCodeAt(start - 1) === MINUS ? start - 1 : start
      parts.push(text.slice(copied, signed), `"${MARK}`, text.slice(signed, i + 1), '"')
      copied = i + 1
    }
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(copied)
}

const [QUOTE, BACKSLASH, MINUS, PLUS, DOT, ZERO, NINE] = [0x22, 0x5c, 0x2d, 0x2b, 0x2e, 0x30, 0x39]

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}

/** Digits after a point or in an exponent, or before either. */
function isPartOfFraction(text: string, start: number, end: number): boolean {
  const after = text.charCodeAt(end)
  if (after === DOT || isExponent(after)) return true
  const before = text.charCodeAt(start - 1)
  const signed = before === MINUS || before === PLUS
  return before === DOT || isExponent(signed ? text.charCodeAt(start - 2) : before)
}

function isExponent(code: number): boolean {
  return code === 0x65 || code === 0x45
}

/** Place of the quote that ends the string begun at `start`; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let i = text.indexOf('"', start + 1); i !== -1; i = text.indexOf('"', i + 1)) {
    let first = i
    while (text.charCodeAt(first - 1) === BACKSLASH) first--
    if ((i - first) % 2 === 0) return i
  }
  return text.length
}

/** Replaces what matches outside strings. */
function replaceOutside(text: string, pattern: RegExp, by: string): string {
  let out = ''
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at)
    const plainEnd = quote === -1 ? text.length : quote
    out += text.slice(at, plainEnd).replace(pattern, by)
    if (quote === -1) break
    at = Math.min(text.length, endOfString(text, quote) + 1)
    out += text.slice(quote, at)
  }
  return out
}

/** The parsed value with marked strings as integers again. Changes it in place: nobody else has it yet. */
function withWide(root: unknown): unknown {
  const holder = { root }
  const open: object[] = [holder]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const members = one as Record<string, unknown>
    const keys = Array.isArray(one) ? one.keys() : Object.keys(one)
    for (const key of keys) {
      const value = members[key]
      if (typeof value === 'number') continue
      if (typeof value === 'string') {
        // A member of this name that came from the text is an ordinary one, and a plain assignment would miss it.
        if (value.startsWith(MARK)) define(one, key, integerOf(value.slice(MARK.length)))
      } else if (typeof value === 'object' && value !== null) open.push(value)
    }
  }
  return holder.root
}

function integerOf(digits: string): number | bigint {
  const narrow = Number(digits)
  return Number.isSafeInteger(narrow) ? narrow : BigInt(digits)
}

/** Sets a member of any name: a plain assignment would miss one that is called `__proto__`. */
export function define(target: object, key: string | number, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}

/**
 * Writes JSON; `bigint` becomes a bare integer. Non-finite numbers become null, as JSON has none.
 * Typed arrays must have been turned into lists by the encoder: `JSON.stringify` would write them as objects.
 * @throws TypeError for a value that JSON cannot hold, as one that contains itself.
 */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const marked = JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'bigint' ? `${MARK}${member}` : member,
    )
    return marked.replace(new RegExp(`"${MARK}(-?\\d+)"`, 'g'), '$1')
  }
}
