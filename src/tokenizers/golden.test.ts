/** Id for id what the Python packages give: golden files of `tests/golden/tokenizers`, whose script says how they were made. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sha256Hex } from '../base/sha256.ts'
import { loadTokenizer } from './loadTokenizer.ts'
import type { TokenizerFiles } from './loadTokenizer.ts'
import type { TiktokenPattern } from './tiktokenPatterns.ts'
import type { Tokenizer } from './tokenizer.ts'

type Golden = {
  readonly config: unknown
  readonly plain: readonly number[][]
  readonly special: Readonly<Record<string, number[]>>
  readonly decoded: readonly string[]
}
type HfGolden = Golden & { readonly tokenizer: unknown; readonly decodedSpecial: Readonly<Record<string, string>> }
type TiktokenGolden = Golden & {
  readonly pattern: TiktokenPattern
  readonly ranks: readonly string[]
  readonly some: Readonly<Record<string, number[]>>
  readonly long: readonly { unit: string; times: number; count: number; sha256: string }[]
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../tests/golden/tokenizers/${name}.json`, import.meta.url), 'utf8'))
const TEXTS = read('texts') as readonly string[]

function loaded(files: TokenizerFiles): Tokenizer {
  const tokenizer = loadTokenizer(files)
  if (!tokenizer.ok) throw new Error(tokenizer.error.message)
  return tokenizer.value
}

/** Texts whose ids differ, as readable rows. */
function differences(
  tokenizer: Tokenizer,
  expected: readonly number[][] | Readonly<Record<string, number[]>>,
  allowSpecial: 'all' | readonly string[],
): { readonly text: string }[] {
  return Object.entries(expected).flatMap(([index, ids]) => {
    const text = TEXTS[Number(index)]!
    const got = tokenizer.encode(text, { allowSpecial })
    return got.join() === ids.join() ? [] : [{ text, got, ids }]
  })
}

function golden(family: string): { golden: HfGolden; tokenizer: Tokenizer } {
  const golden = read(family) as HfGolden
  const files = { tokenizer: JSON.stringify(golden.tokenizer), config: JSON.stringify(golden.config) }
  return { golden, tokenizer: loaded(files) }
}

/** Shapes of the model line-up. */
describe.each(['qwen3', 'qwen3_5', 'llama3', 'deepseek', 'gpt_oss', 'nemotron'])(
  'a tokenizer.json in the shape of %s',
  (family) => {
    const { golden: expected, tokenizer } = golden(family)

    test('gives the ids of the Python package, spelled-out special tokens as text', () => {
      expect(TEXTS.length).toBeGreaterThan(130)
      expect(differences(tokenizer, expected.plain, [])).toEqual([])
    })

    test('gives the ids of the Python package where special tokens are allowed', () => {
      expect(Object.keys(expected.special).length).toBeGreaterThan(5)
      expect(differences(tokenizer, expected.special, 'all')).toEqual([])
    })

    test('decodes as the Python package does', () => {
      expect(expected.plain.map((ids) => tokenizer.decode(ids))).toEqual(expected.decoded)
      for (const [index, text] of Object.entries(expected.decodedSpecial))
        expect(tokenizer.decode(expected.special[index]!)).toBe(text)
    })
  },
)

/** Shapes outside the line-up, which the library alone reads: what it is known to do otherwise, counted. */
describe.each([
  // The decoder of byte tokens swallows U+FEFF.
  { family: 'metaspace_bpe', plain: 0, special: 0, decoded: 5 },
  // One text with two best segmentations.
  { family: 'unigram', plain: 1, special: 0, decoded: 0 },
  // A normaliser that lowers case, before added tokens that are not normalised.
  { family: 'word_piece', plain: 0, special: 1, decoded: 0 },
])('a tokenizer.json in the shape of $family', ({ family, ...known }) => {
  test('differs from the Python package in the known texts only', () => {
    const { golden: expected, tokenizer } = golden(family)
    expect({
      plain: differences(tokenizer, expected.plain, []).length,
      special: differences(tokenizer, expected.special, 'all').length,
      decoded: expected.plain.filter((ids, i) => tokenizer.decode(ids) !== expected.decoded[i]).length,
    }).toEqual(known)
  })
})

describe.each(['tiktoken_kimi', 'tiktoken_o200k', 'tiktoken_cl100k'])('%s', (name) => {
  const golden = read(name) as TiktokenGolden
  const ranks = golden.ranks.map((token, rank) => `${token} ${rank}\n`).join('')
  const tokenizer = loaded({ ranks, config: JSON.stringify(golden.config), pattern: golden.pattern })

  test('gives the ids of the Python package, spelled-out special tokens as text', () => {
    expect(differences(tokenizer, golden.plain, [])).toEqual([])
  })

  test('gives the ids of the Python package where all or some special tokens are allowed', () => {
    expect(Object.keys(golden.some).length).toBeGreaterThan(3)
    expect(differences(tokenizer, golden.special, 'all')).toEqual([])
    expect(differences(tokenizer, golden.some, ['[EOS]', '[UNKNOWN]'])).toEqual([])
  })

  test('decodes as the Python package does', () => {
    expect(golden.plain.map((ids) => tokenizer.decode(ids))).toEqual(golden.decoded)
  })

  test.each(golden.long)('agrees on $times times $unit', ({ unit, times, count, sha256 }) => {
    const ids = tokenizer.encode(unit.repeat(times))
    expect(ids).toHaveLength(count)
    expect(sha256Hex(ids.join(','))).toBe(sha256)
  })
})
