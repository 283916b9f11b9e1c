/** Compares the number that an answer arrives at with the reference's. */

/**
 * 1 when both hold a number and they differ by at most `tolerance` (absolute). The number is that of the last `\boxed{…}`,
 * else the last one in the text; the same rule reads the reference, so that `#### 42` works.
 */
export function gradeNumeric(tolerance: number, completion: string, answer: string): number {
  const given = finalNumber(completion)
  const wanted = finalNumber(answer)
  if (given === null || wanted === null) return 0
  return Math.abs(given - wanted) <= tolerance ? 1 : 0
}

/** Null when the text holds no number. Fractions count as one number: `3/4`, `\frac{3}{4}`. */
export function finalNumber(text: string): number | null {
  const boxed = lastBoxed(text)
  const inside = boxed === null ? null : lastNumber(boxed)
  return inside ?? lastNumber(text)
}

/** What stands in the last balanced `\boxed{…}`. */
function lastBoxed(text: string): string | null {
  const open = text.lastIndexOf('\\boxed{')
  if (open === -1) return null
  let depth = 0
  for (let i = open + '\\boxed'.length; i < text.length; i++) {
    if (text[i] === '{') depth++
    else if (text[i] === '}' && --depth === 0) return text.slice(open + '\\boxed{'.length, i)
  }
  return null
}

/** Digits with thousands commas, a decimal part, an exponent; a sign counts when nothing that could be subtracted from precedes it. */
const INTEGER = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)`
const NUMBER = String.raw`(?:(?<![\w)\]}.])[-+])?(?:${INTEGER}(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?`
/** Not a part of a date like 1/2/2020. */
const FRACTION = String.raw`(?<!/ ?)(${NUMBER}) ?/ ?(${NUMBER})(?!\d|\.\d| ?/)`
const LATEX_FRACTION = String.raw`((?<![\w)\]}.])[-+])?\\[dt]?frac\{(${NUMBER})\}\{(${NUMBER})\}`
const ANY = new RegExp(`${LATEX_FRACTION}|${FRACTION}|(${NUMBER})`, 'g')

function lastNumber(text: string): number | null {
  let last: number | null = null
  for (const found of text.replaceAll('\u2212', '-').matchAll(ANY)) {
    const [, sign, top, bottom, numerator, denominator, plain] = found
    const value =
      top !== undefined
        ? (sign === '-' ? -1 : 1) * (read(top) / read(bottom!))
        : numerator !== undefined
          ? read(numerator) / read(denominator!)
          : read(plain!)
    if (Number.isFinite(value)) last = value
  }
  return last
}

function read(number: string): number {
  return Number(number.replaceAll(',', ''))
}
