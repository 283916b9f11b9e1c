/** A tokenizer from the text of its files: `tokenizer.json` or a tiktoken file, each with `tokenizer_config.json`. */
import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers'
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { bpeModel } from './bpeModel.ts'
import { bytesOfToken } from './byteCharacters.ts'
import { byteTokenizer } from './byteTokenizer.ts'
import { chatFormatOf } from './chatTemplate.ts'
import { diagnose } from './codes.ts'
import { loadTiktoken } from './loadTiktoken.ts'
import type { TiktokenFiles } from './loadTiktoken.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { TokenizerConfig, TokenizerJson } from './tokenizerJson.ts'

/** Texts of `tokenizer.json` (or of the ranks file) and `tokenizer_config.json`. */
export type TokenizerFiles =
  | {
      readonly tokenizer: string
      readonly config: string
      /** Text of `chat_template.jinja`; it comes before the template of the config. */
      readonly template?: string
    }
  | TiktokenFiles

export function loadTokenizer(files: TokenizerFiles): Result<Tokenizer, Diagnostic> {
  if ('ranks' in files) return loadTiktoken(files)
  try {
    const tokenizer = JSON.parse(files.tokenizer) as TokenizerJson
    const config = JSON.parse(files.config) as TokenizerConfig
    const stranger = differingToken(tokenizer, config)
    if (stranger !== null) return err(diagnose('TZ1006', { on: 'document' }, stranger))
    const ends = {
      eosId: idOf(tokenizer, config.eos_token),
      bosId: idOf(tokenizer, config.bos_token),
      chat: chatFormatOf(config, files.template),
    }
    return ok(byteTokenizer(tokenizer, ends) ?? hfTokenizer(tokenizer, config, ends))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return err(diagnose('TZ1001', { on: 'document' }, `The model's tokenizer files cannot be read: ${reason}.`))
  }
}

type Ends = Pick<Tokenizer, 'eosId' | 'bosId' | 'chat'>
type Added = NonNullable<TokenizerJson['added_tokens']>
/** What is reached of the library's model; the version is pinned and the golden files would show a change. */
type LibraryModel = { encode(pieces: readonly string[]): string[] }

function hfTokenizer(json: TokenizerJson, config: TokenizerConfig, ends: Ends): Tokenizer {
  const fast = bpeModel(json.model)
  // The library's own tables of merges are left empty where they are not used: they are most of the memory.
  const shared = fast ? { ...json, model: { ...json.model, merges: [] } } : json
  const full = new HfTokenizer(shared, config)
  const added = json.added_tokens ?? []
  const markers = new Map(added.map((token) => [token.content, token.id]))
  if (fast) replaceModel(full, fast.tokens)
  const specials = added.filter((token) => token.special)
  const specialIds = new Set(specials.map((token) => token.id))

  /** Like `full`, but knowing only these added tokens. The vocabulary is the one of `full`. */
  const withOnly = (known: Added): HfTokenizer => {
    if (!fast) return new HfTokenizer({ ...json, added_tokens: known }, config)
    const part = new HfTokenizer({ ...shared, added_tokens: known, model: { ...shared.model, vocab: {} } }, config)
    part.model = full.model
    return part
  }
  const byAllowed = new Map<string, HfTokenizer>()
  const knowing = (allowed: readonly string[] = []): HfTokenizer => {
    const key = JSON.stringify(specials.map((token) => allowed.includes(token.content)))
    let found = byAllowed.get(key)
    if (!found) {
      found = withOnly(added.filter((token) => !token.special || allowed.includes(token.content)))
      byAllowed.set(key, found)
    }
    return found
  }
  return {
    ...ends,
    encode(text, { allowSpecial } = {}) {
      if (text === '') return []
      const wellFormed = text.toWellFormed()
      const { ids } = full.encode(wellFormed, { add_special_tokens: false })
      // Only the rare text that spells a special token needs a second look.
      if (allowSpecial === 'all' || !ids.some((id) => specialIds.has(id))) return ids
      return knowing(allowSpecial).encode(wellFormed, { add_special_tokens: false }).ids
    },
    markerId: (token) => markers.get(token) ?? null,
    decode: json.decoder?.type === 'ByteLevel' ? byteLevelDecode(full) : libraryDecode(full),
  }
}

function replaceModel(tokenizer: HfTokenizer, tokens: (piece: string) => readonly string[]): void {
  const model = tokenizer.model as unknown as LibraryModel
  model.encode = (pieces) => pieces.flatMap(tokens)
}

/** decode([]) of the library throws, and so does a typed array. */
function libraryDecode(tokenizer: HfTokenizer): Tokenizer['decode'] {
  return (ids) => (ids.length === 0 ? '' : tokenizer.decode([...ids], { clean_up_tokenization_spaces: false }))
}

/** The library's decoder looks through all added tokens for every id. */
function byteLevelDecode(tokenizer: HfTokenizer): Tokenizer['decode'] {
  return (ids) => {
    const bytes: number[] = []
    for (const id of ids) {
      const token = tokenizer.id_to_token(id)
      if (token !== undefined) for (const byte of bytesOfToken(token)) bytes.push(byte)
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
  }
}

/** A sentence when the two files name one id differently, so belong to different models. */
function differingToken(json: TokenizerJson, config: TokenizerConfig): string | null {
  const named = config.added_tokens_decoder ?? {}
  for (const { id, content } of json.added_tokens ?? []) {
    const other = named[String(id)] as { readonly content?: unknown } | undefined
    if (other && typeof other.content === 'string' && other.content !== content) {
      return (
        `The tokenizer's files are of different models: id ${id} is ${JSON.stringify(content)} in tokenizer.json ` +
        `and ${JSON.stringify(other.content)} in tokenizer_config.json.`
      )
    }
  }
  return null
}

/** The config names a token as a string or as an object with `content`. */
function idOf(json: TokenizerJson, token: unknown): number | null {
  const content =
    typeof token === 'object' && token !== null ? (token as { readonly content?: unknown }).content : token
  if (typeof content !== 'string') return null
  const added = json.added_tokens?.find((entry) => entry.content === content)
  return added?.id ?? (Object.hasOwn(json.model.vocab, content) ? json.model.vocab[content]! : null)
}
