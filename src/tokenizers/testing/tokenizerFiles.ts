/** Small real tokenizer files for tests: byte-level BPE with a few merges and the markers that a test names. */
export function tokenizerFiles(options: {
  readonly special: readonly string[]
  /** Added but not special, like `<think>` of Qwen3: also found in ordinary text. */
  readonly added?: readonly string[]
  readonly merges?: readonly (readonly [string, string])[]
  readonly bos?: string
  readonly eos?: string
}): { tokenizer: string; config: string } {
  const { special, added = [], merges = [], bos, eos } = options
  const vocab = Object.fromEntries(byteCharacters().map((character, byte) => [character, byte]))
  for (const [left, right] of merges) vocab[left + right] ??= Object.keys(vocab).length
  const first = Object.keys(vocab).length
  const addedTokens = [...special, ...added].map((content, i) => ({
    id: first + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: i < special.length,
  }))
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: true }
  const model = { type: 'BPE', vocab, merges: merges.map((pair) => pair.join(' ')) }
  const tokenizer = { added_tokens: addedTokens, normalizer: null, pre_tokenizer: byteLevel, decoder: byteLevel, model }
  return {
    tokenizer: JSON.stringify({ ...tokenizer, post_processor: null }),
    config: JSON.stringify({ bos_token: bos ?? null, eos_token: eos ?? null, clean_up_tokenization_spaces: false }),
  }
}

function byteCharacters(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    return String.fromCharCode(printable ? byte : next++)
  })
}
