/** The members of `tokenizer.json` and `tokenizer_config.json` that are looked at here. */
export type TokenizerJson = {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly special: boolean }[]
  readonly normalizer: unknown
  readonly pre_tokenizer: { readonly type?: string; readonly add_prefix_space?: boolean } | null
  readonly model: {
    readonly type?: string
    readonly vocab: { readonly [token: string]: number }
    readonly merges?: readonly unknown[]
  }
}

export type TokenizerConfig = { readonly eos_token?: unknown; readonly bos_token?: unknown }
