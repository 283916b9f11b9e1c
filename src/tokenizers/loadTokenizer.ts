/** A tokenizer from the text of `tokenizer.json` and `tokenizer_config.json`. */
import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers'
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { byteTokenizer } from './byteTokenizer.ts'
import { diagnose } from './codes.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { TokenizerConfig, TokenizerJson } from './tokenizerJson.ts'

export function loadTokenizer(files: {
  readonly tokenizer: string
  readonly config: string
}): Result<Tokenizer, Diagnostic> {
  try {
    const tokenizer = JSON.parse(files.tokenizer) as TokenizerJson
    const config = JSON.parse(files.config) as TokenizerConfig
    const ends = { eosId: idOf(tokenizer, config.eos_token), bosId: idOf(tokenizer, config.bos_token) }
    return ok(byteTokenizer(tokenizer, ends) ?? hfTokenizer(tokenizer, config, ends))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return err(diagnose('TZ1001', { on: 'document' }, `The model's tokenizer files cannot be read: ${reason}.`))
  }
}

type Ends = Pick<Tokenizer, 'eosId' | 'bosId'>

function hfTokenizer(json: TokenizerJson, config: TokenizerConfig, ends: Ends): Tokenizer {
  const full = new HfTokenizer(json, config)
  const added = json.added_tokens ?? []
  const special = new Set(added.filter((token) => token.special).map((token) => token.id))
  const markers = new Map(added.map((token) => [token.content, token.id]))
  // A second copy of a large vocabulary is only made for the rare text that spells a special token.
  let plain: HfTokenizer | null = null
  const withoutSpecial = (): HfTokenizer =>
    (plain ??= new HfTokenizer({ ...json, added_tokens: added.filter((token) => !token.special) }, config))
  return {
    ...ends,
    encode(text) {
      if (text === '') return []
      const { ids } = full.encode(text, { add_special_tokens: false })
      if (!ids.some((id) => special.has(id))) return ids
      return withoutSpecial().encode(text, { add_special_tokens: false }).ids
    },
    markerId: (token) => markers.get(token) ?? null,
    // decode([]) of the library throws, and so does a typed array.
    decode: (ids) => (ids.length === 0 ? '' : full.decode([...ids], { clean_up_tokenization_spaces: false })),
  }
}

/** The config names a token as a string or as an object with `content`. */
function idOf(json: TokenizerJson, token: unknown): number | null {
  const content =
    typeof token === 'object' && token !== null ? (token as { readonly content?: unknown }).content : token
  if (typeof content !== 'string') return null
  const added = json.added_tokens?.find((entry) => entry.content === content)
  return added?.id ?? (Object.hasOwn(json.model.vocab, content) ? json.model.vocab[content]! : null)
}
