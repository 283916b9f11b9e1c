import type { ChatFormat } from './chatTemplate.ts'

/** What the renderers need of a tokenizer: text stays text, markers are asked for by name. */
export type Tokenizer = {
  /**
   * Ids of a text. A spelled-out special token in it stays text and never becomes the control token, unless allowed.
   * Nothing is put before or after the text. Lone surrogates count as U+FFFD.
   */
  encode(text: string, options?: EncodeOptions): number[]
  /** Id of a token that the vocabulary adds (special or not), null when it has none of that name. */
  markerId(token: string): number | null
  /** Text of the ids; special tokens as they are written, invalid UTF-8 as U+FFFD. */
  decode(ids: readonly number[]): string
  /** Ids that end a text besides the renderer's own stop, e.g. `<|endoftext|>`. */
  readonly eosId: number | null
  readonly bosId: number | null
  /** The model's own way with conversations, for `applyChatTemplate`; absent from tokenizers that know none. */
  readonly chat?: ChatFormat
}

export type EncodeOptions = {
  /** Special tokens that a spelled-out name stands for: all, these, or (when absent) none. */
  readonly allowSpecial?: 'all' | readonly string[]
}
