/** A tokenizer from a `tiktoken.model` file (`base64 rank` lines) and the special tokens of `tokenizer_config.json`, as Kimi has them. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { chatFormatOf } from './chatTemplate.ts'
import { diagnose } from './codes.ts'
import { TiktokenEncoding } from './tiktoken.ts'
import { TIKTOKEN_PATTERNS } from './tiktokenPatterns.ts'
import type { TiktokenPattern } from './tiktokenPatterns.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { TokenizerConfig } from './tokenizerJson.ts'

export type TiktokenFiles = {
  /** Text of the ranks file. */
  readonly ranks: string
  /** Text of `tokenizer_config.json`. */
  readonly config: string
  /** Text of `chat_template.jinja`; it comes before the template of the config. */
  readonly template?: string
  /** `kimi` unless said: no other model of the line-up has only a tiktoken file. */
  readonly pattern?: TiktokenPattern
}

/** Kimi keeps this many ids after the ranks for special tokens; those without a name get a placeholder. */
const RESERVED = 256

export function loadTiktoken(files: TiktokenFiles): Result<Tokenizer, Diagnostic> {
  const ranks = readTiktokenRanks(files.ranks)
  if (!ranks.ok) return broken(`The tokenizer's ranks file cannot be read: ${ranks.error}.`)
  let config: TokenizerConfig
  try {
    config = JSON.parse(files.config) as TokenizerConfig
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return broken(`The tokenizer's tokenizer_config.json cannot be read: ${reason}.`)
  }
  const missing = Array.from({ length: 256 }, (_, byte) => byte).filter((b) => !ranks.value.has(String.fromCharCode(b)))
  if (missing.length > 0) {
    return broken(
      `The tokenizer's ranks file has no token for ${missing.length} of the 256 bytes, so not every text has ids.`,
    )
  }
  const specials = reservedSpecials(ranks.value.size, config.added_tokens_decoder ?? {})
  if (!specials.ok) return specials
  const pattern = files.pattern ?? 'kimi'
  const encoding = new TiktokenEncoding({
    ranks: ranks.value,
    pattern: TIKTOKEN_PATTERNS[pattern],
    specials: specials.value,
    cutLongRuns: pattern === 'kimi',
  })
  const idOf = (token: unknown): number | null => specials.value.get(contentOf(token) ?? '') ?? null
  const { value: markers } = specials
  return ok({
    eosId: idOf(config.eos_token),
    bosId: idOf(config.bos_token),
    chat: chatFormatOf(config, files.template),
    encode: (text, options) => encoding.encode(text, options),
    markerId: (token) => markers.get(token) ?? null,
    decode: (ids) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoding.decodeBytes(ids)),
  })
}

/** Token bytes (as characters U+0000–U+00FF) to rank, or what is wrong with which line. */
export function readTiktokenRanks(text: string): Result<Map<string, number>, string> {
  const ranks = new Map<string, number>()
  const seen = new Set<number>()
  let line = 0
  for (const written of text.split('\n')) {
    line++
    const row = written.trimEnd()
    if (row === '') continue
    const found = /^([A-Za-z0-9+/]+={0,2}) (\d{1,7})$/.exec(row)
    if (!found) return err(`line ${line} is not a token in base64 and its rank`)
    let token: string
    try {
      token = atob(found[1]!)
    } catch {
      return err(`line ${line} has broken base64`)
    }
    const rank = Number(found[2])
    if (ranks.has(token) || seen.has(rank)) return err(`line ${line} says a token or a rank a second time`)
    ranks.set(token, rank)
    seen.add(rank)
  }
  return ranks.size === 0 ? err('it is empty') : ok(ranks)
}

/** Name → id of the 256 ids after the ranks. Source: vectors `kimi_special`. */
export function reservedSpecials(
  baseVocabulary: number,
  named: NonNullable<TokenizerConfig['added_tokens_decoder']>,
): Result<ReadonlyMap<string, number>, Diagnostic> {
  const end = baseVocabulary + RESERVED
  const outside = Object.keys(named).find((id) => !(Number(id) >= baseVocabulary && Number(id) < end))
  if (outside !== undefined) {
    const message =
      `The tokenizer's files are of different models: the ranks file has ${baseVocabulary} tokens, so special tokens have ` +
      `the ids ${baseVocabulary} to ${end - 1}, but tokenizer_config.json names id ${outside}.`
    return err(diagnose('TZ1006', { on: 'document' }, message))
  }
  const specials = new Map<string, number>()
  for (let id = baseVocabulary; id < end; id++) {
    specials.set(contentOf(named[String(id)]) ?? `<|reserved_token_${id}|>`, id)
  }
  return ok(specials)
}

/** A token is named as a string or as an object with `content`. */
function contentOf(token: unknown): string | null {
  const content =
    typeof token === 'object' && token !== null ? (token as { readonly content?: unknown }).content : token
  return typeof content === 'string' ? content : null
}

function broken(message: string): Result<never, Diagnostic> {
  return err(diagnose('TZ1001', { on: 'document' }, message))
}
