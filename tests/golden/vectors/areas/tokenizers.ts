/** Where tokenizers come from, and how tiktoken vocabularies cut and merge. */
import { reservedSpecials } from '#src/tokenizers/loadTiktoken.ts'
import { MissingRankError, TiktokenEncoding } from '#src/tokenizers/tiktoken.ts'
import { TIKTOKEN_PATTERNS } from '#src/tokenizers/tiktokenPatterns.ts'
import { tokenizerRepository } from '#src/tokenizers/tokenizerRepository.ts'
import { ok } from 'node:assert/strict'
import { check, elsewhere, isTinkex, same } from '../vector.ts'

type Named = { model_name: string; tokenizer_id: string | null }
type Found = { id: string; loader?: string }

/** An id that the server names wins before any rule; revisions and loaders are matters of Python packages. */
export const tokenizerId = check<Named | string, Found>((input, expected, vector) => {
  if (typeof input === 'string' || isTinkex(vector)) return elsewhere('another library redirects elsewhere')
  if (expected.loader !== undefined) elsewhere('a private Python package')
  same(input.tokenizer_id ?? tokenizerRepository(input.model_name), expected.id)
})

export const kimiSplit = check<string, string[]>((input, expected) => {
  const pieces = Array.from(input.matchAll(new RegExp(TIKTOKEN_PATTERNS.kimi, 'gv')), ([piece]) => piece)
  same(pieces, expected)
})

type Bpe = {
  ranks: Record<string, number>
  special_tokens: Record<string, number>
  text: string
  allow_special_tokens?: boolean
}

export const kimiBpe = check<Bpe, number[] | { error: string; byte: string }>((input, expected) => {
  const encoding = new TiktokenEncoding({
    ranks: new Map(Object.entries(input.ranks)),
    pattern: TIKTOKEN_PATTERNS.kimi,
    specials: new Map(Object.entries(input.special_tokens)),
  })
  const allowSpecial = input.allow_special_tokens === false ? [] : ('all' as const)
  try {
    const ids = encoding.encode(input.text, { allowSpecial })
    same(ids, expected)
  } catch (error) {
    if (!(error instanceof MissingRankError) || Array.isArray(expected)) throw error
    same(String.fromCharCode(error.byte), expected.byte)
  }
})

type Special = { base_vocabulary: number; added_tokens_decoder: Record<string, string> }

export const kimiSpecial = check<Special, Record<string, string | number>>((input, expected) => {
  const read = reservedSpecials(input.base_vocabulary, input.added_tokens_decoder)
  ok(read.ok)
  const byId = new Map(Array.from(read.value, ([name, id]) => [String(id), name]))
  for (const [id, name] of Object.entries(expected)) same(id === 'count' ? byId.size : byId.get(id), name)
})
