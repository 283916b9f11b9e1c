/** The members of `tokenizer.json` and `tokenizer_config.json` that are looked at here. */
export type TokenizerJson = {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly special: boolean }[]
  readonly normalizer: unknown
  readonly pre_tokenizer: { readonly type?: string; readonly add_prefix_space?: boolean } | null
  readonly decoder?: { readonly type?: string } | null
  readonly model: {
    readonly type?: string
    readonly vocab: { readonly [token: string]: number }
    /** `"a b"` in older files, `["a", "b"]` in newer ones. */
    readonly merges?: readonly (string | readonly [string, string])[]
    readonly ignore_merges?: boolean
    readonly byte_fallback?: boolean
    readonly dropout?: number | null
    readonly unk_token?: string | null
    readonly end_of_word_suffix?: string | null
    readonly continuing_subword_prefix?: string | null
    readonly continuing_subword_suffix?: string | null
  }
}

export type TokenizerConfig = {
  readonly eos_token?: unknown
  readonly bos_token?: unknown
  /** One template, or several with their names. */
  readonly chat_template?: unknown
  /** Tokens of the model's own, by name; a list in older files. */
  readonly extra_special_tokens?: unknown
  readonly added_tokens_decoder?: { readonly [id: string]: unknown }
}
