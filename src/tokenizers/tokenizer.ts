/** What the renderers need of a tokenizer: text stays text, markers are asked for by name. */
export type Tokenizer = {
  /** Ordinary text. A spelled-out special token in it stays text and never becomes the control token. */
  encode(text: string): number[]
  /** Id of a token that the vocabulary adds (special or not), null when it has none of that name. */
  markerId(token: string): number | null
  /** Text of the ids; special tokens as they are written, invalid UTF-8 as U+FFFD. */
  decode(ids: readonly number[]): string
  /** Ids that end a text besides the renderer's own stop, e.g. `<|endoftext|>`. */
  readonly eosId: number | null
  readonly bosId: number | null
}
