/** Stop strings: what bytes each token stands for, and where a stop string first ends in a sequence of tokens. */

export type TokenTexts = {
  /** Bytes per token id; special tokens and gaps in the vocabulary have none. */
  readonly bytes: readonly (Uint8Array | undefined)[]
  /** Special tokens by their written form. */
  readonly special: ReadonlyMap<string, number>
}

/**
 * Reads `tokenizer.json` of a byte-level vocabulary (GPT-2's mapping of bytes to printable characters).
 * Null for any other sort of tokenizer.
 */
export function readTokenTexts(tokenizer: Readonly<Record<string, unknown>>, vocabSize: number): TokenTexts | null {
  const model = tokenizer['model'] as { vocab?: unknown } | undefined
  const vocab = model?.vocab
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab)) return null
  const byteOf = byteLevelAlphabet()
  const table: (Uint8Array | undefined)[] = Array.from({ length: vocabSize })
  const encoder = new TextEncoder()
  for (const [text, id] of Object.entries(vocab as Record<string, unknown>)) {
    if (typeof id !== 'number' || id < 0 || id >= vocabSize) continue
    const bytes = Array.from(text, (char) => byteOf.get(char))
    table[id] = bytes.every((b) => b !== undefined) ? Uint8Array.from(bytes) : encoder.encode(text)
  }
  const special = new Map<string, number>()
  for (const added of listOf(tokenizer['added_tokens'])) {
    const { id, content, special: hidden } = added as { id?: unknown; content?: unknown; special?: unknown }
    if (typeof id !== 'number' || id >= vocabSize || typeof content !== 'string') continue
    if (hidden === true) special.set(content, id)
    table[id] = hidden === true ? undefined : encoder.encode(content)
  }
  return { bytes: table, special }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** GPT-2's table: printable Latin-1 stands for itself, the other bytes for the characters from U+0100 on. */
function byteLevelAlphabet(): Map<string, number> {
  const alphabet = new Map<string, number>()
  let next = 256
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    alphabet.set(String.fromCharCode(printable ? byte : next++), byte)
  }
  return alphabet
}

/**
 * The token sequence that spells a text, when there is only one: no token of the vocabulary but the single bytes may
 * hold any of the text's bytes together. Null where the spelling is not unique; the text is then looked for afterwards.
 */
export function uniqueSpelling(text: string, { bytes: table }: TokenTexts): number[] | null {
  const bytes = new TextEncoder().encode(text)
  const singles = new Map<number, number>()
  for (const [id, token] of table.entries()) {
    if (token === undefined || token.length === 0) continue
    if (token.length === 1 && !singles.has(token[0]!)) singles.set(token[0]!, id)
    else if (token.length > 1 && overlaps(token, bytes)) return null
  }
  const spelling = Array.from(bytes, (byte) => singles.get(byte))
  return spelling.every((id) => id !== undefined) ? spelling : null
}

/** True when a longer token could carry part of the text: some suffix, prefix or inside of either meets the other. */
function overlaps(token: Uint8Array, text: Uint8Array): boolean {
  for (let shift = 1 - token.length; shift < text.length; shift++) {
    let meets = true
    for (let i = Math.max(0, -shift); i < token.length && i + shift < text.length; i++)
      if (token[i] !== text[i + shift]) meets = false
    if (meets) return true
  }
  return false
}

/**
 * Number of tokens up to and including the one in which a stop string is first complete; null when none occurs.
 * A special token ends the text before it: no stop string reaches across.
 */
export function stopEnd(tokens: Int32Array, stops: readonly string[], texts: TokenTexts): number | null {
  const wanted = stops.map((stop) => new TextEncoder().encode(stop)).filter((stop) => stop.length > 0)
  const longest = Math.max(1, ...wanted.map((stop) => stop.length))
  let tail: number[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = texts.bytes[tokens[i]!]
    // Only what reaches into the new token can be new.
    tail = token === undefined ? [] : [...(longest > 1 ? tail.slice(1 - longest) : []), ...token]
    if (wanted.some((stop) => includes(tail, stop))) return i + 1
  }
  return null
}

function includes(text: readonly number[], part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= text.length; at++) {
    let i = 0
    while (i < part.length && text[at + i] === part[i]) i++
    if (i === part.length) return true
  }
  return false
}
