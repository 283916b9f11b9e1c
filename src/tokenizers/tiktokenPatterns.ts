/**
 * How tiktoken vocabularies cut a text into pieces before merging, as JavaScript `v` patterns.
 *
 * Translated from the Rust patterns, where JavaScript differs: `\s` is `\p{White_Space}` (U+0085 yes, U+FEFF no), `\p{Han}`
 * needs `Script=`, inline case flags are spelled out (and `s` then also means `ſ`), intersections take nested classes,
 * possessive quantifiers become plain ones, which find the same pieces here because what follows cannot match what they gave back.
 */
const SPACE = String.raw`\p{White_Space}`
const CONTRACTION = String.raw`'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])`
const LEAD = String.raw`[^\r\n\p{L}\p{N}]?`
const UPPER = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`
const LOWER = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`
const notHan = (letters: string): string => String.raw`[[${letters}]&&[^\p{Script=Han}]]`

/** What all of them end with: spaces up to and with line ends, spaces before the last one, spaces. */
const SPACES = [String.raw`${SPACE}*[\r\n]+`, String.raw`${SPACE}+(?!\P{White_Space})`, `${SPACE}+`]

export const TIKTOKEN_PATTERNS = {
  /** Kimi K2 and later, `pat_str` of their tokenizer code. */
  kimi: [
    String.raw`\p{Script=Han}+`,
    `${LEAD}${notHan(UPPER)}*${notHan(LOWER)}+(?:${CONTRACTION})?`,
    `${LEAD}${notHan(UPPER)}+${notHan(LOWER)}*(?:${CONTRACTION})?`,
    String.raw`\p{N}{1,3}`,
    String.raw` ?[^${SPACE}\p{L}\p{N}]+[\r\n]*`,
    ...SPACES,
  ].join('|'),
  /** GPT-4o, o-series and gpt-oss. */
  o200k: [
    `${LEAD}[${UPPER}]*[${LOWER}]+(?:${CONTRACTION})?`,
    `${LEAD}[${UPPER}]+[${LOWER}]*(?:${CONTRACTION})?`,
    String.raw`\p{N}{1,3}`,
    String.raw` ?[^${SPACE}\p{L}\p{N}]+[\r\n\/]*`,
    ...SPACES,
  ].join('|'),
  /** GPT-4; Llama 3's tiktoken file uses it too. */
  cl100k: [
    CONTRACTION,
    String.raw`${LEAD}\p{L}+`,
    String.raw`\p{N}{1,3}`,
    String.raw` ?[^${SPACE}\p{L}\p{N}]+[\r\n]*`,
    ...SPACES,
  ].join('|'),
} as const

export type TiktokenPattern = keyof typeof TIKTOKEN_PATTERNS
