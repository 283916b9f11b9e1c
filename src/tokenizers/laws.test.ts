/** What holds for every text: nothing is lost, nothing is invented, long texts take no more than their share of time. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadTokenizer } from './loadTokenizer.ts'
import { mergePairs, PairTable } from './mergePairs.ts'
import { MissingRankError, TiktokenEncoding } from './tiktoken.ts'
import { TIKTOKEN_PATTERNS } from './tiktokenPatterns.ts'
import type { Tokenizer } from './tokenizer.ts'

type Golden = { tokenizer?: unknown; config: unknown; ranks?: string[]; pattern?: 'kimi' | 'o200k' | 'cl100k' }

function tokenizer(name: string): Tokenizer {
  const path = new URL(`../../tests/golden/tokenizers/${name}.json`, import.meta.url)
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden
  const config = JSON.stringify(golden.config)
  const ranks = golden.ranks?.map((token, rank) => `${token} ${rank}`).join('\n')
  const loaded = loadTokenizer(
    ranks === undefined
      ? { tokenizer: JSON.stringify(golden.tokenizer), config }
      : { ranks, config, pattern: golden.pattern! },
  )
  if (!loaded.ok) throw new Error(loaded.error.message)
  return loaded.value
}

const units = [
  '<|im_end|>',
  '[EOS]',
  '\ufeff',
  '\u0085',
  ' ',
  '\n',
  '\r\n',
  "'s",
  'ſ',
  '中',
  '漢字',
  'e\u0301',
  '12345',
  '🙂',
  '\ud800',
  '\udc00',
]
const text = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.string({ maxLength: 6 }), fc.constantFrom(...units)))
  .map((parts) => parts.join(''))

describe.each(['tiktoken_kimi', 'tiktoken_o200k', 'tiktoken_cl100k', 'llama3', 'deepseek', 'gpt_oss', 'nemotron'])(
  '%s',
  (name) => {
    const tried = tokenizer(name)

    test('decodes what it encodes, whether special tokens are allowed or not', () => {
      fc.assert(
        fc.property(text, fc.constantFrom([] as string[], 'all' as const, ['[EOS]']), (written, allowSpecial) => {
          expect(tried.decode(tried.encode(written, { allowSpecial }))).toBe(written.toWellFormed())
        }),
        { numRuns: 300 },
      )
    })

    test('never makes a control token of text', () => {
      const control = ['<|im_start|>', '<|im_end|>', '[EOS]'].map((marker) => tried.markerId(marker))
      fc.assert(
        fc.property(text, (written) => {
          expect(tried.encode(written).filter((id) => control.includes(id))).toEqual([])
        }),
      )
    })

    test('takes a hundred thousand of one character', () => {
      expect(tried.decode(tried.encode('a'.repeat(100_000)))).toHaveLength(100_000)
    })
  },
)

test('merging asks for a few pairs per symbol, however long the piece', () => {
  let asked = 0
  class CountingTable extends PairTable {
    override find(left: number, right: number): number {
      asked++
      return super.find(left, right)
    }
  }
  // 0 0 → 1, 1 1 → 2, …: what a run of one letter does.
  const table = new CountingTable(16)
  for (let id = 0; id < 12; id++) table.set(id, id, id, id + 1)
  for (const length of [1000, 10_000, 100_000]) {
    asked = 0
    expect(mergePairs(new Int32Array(length), table).length).toBeLessThan(length / 2000 + 12)
    expect(asked).toBeLessThan(6 * length)
  }
})

test('merging by heap and merging by looking give the same, for any merges', () => {
  const pair = fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 }), fc.nat({ max: 30 }))
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 20 }),
      fc.array(fc.nat({ max: 5 }), { minLength: 65, maxLength: 90 }),
      (rules, ids) => {
        const table = new PairTable(rules.length)
        for (const [rank, [left, right, merged]] of rules.entries()) table.set(left, right, rank, merged)
        expect([...mergePairs(Int32Array.from(ids), table)]).toEqual(mergedByDefinition(ids, rules))
      },
    ),
  )
})

/** The definition: again and again the leftmost pair of the lowest rank. */
function mergedByDefinition(ids: readonly number[], rules: readonly (readonly [number, number, number])[]): number[] {
  const left = [...ids]
  for (;;) {
    let best = Infinity
    let at = -1
    for (let i = 0; i + 1 < left.length; i++) {
      const rank = rules.findIndex((rule) => rule[0] === left[i] && rule[1] === left[i + 1])
      if (rank !== -1 && rank < best) [best, at] = [rank, i]
    }
    if (at === -1) return left
    left.splice(at, 2, rules[best]![2])
  }
}

test('ranks without a token for a byte say which byte', () => {
  const ranks = new Map(Object.entries({ a: 0, b: 1, c: 2, ab: 3, abc: 4, ' ': 5, ' a': 6 }))
  const encoding = new TiktokenEncoding({
    ranks,
    pattern: TIKTOKEN_PATTERNS.kimi,
    specials: new Map([['<|im_end|>', 100]]),
  })
  expect(encoding.encode('cab')).toEqual([2, 3])
  expect(encoding.encode('abc<|im_end|>', { allowSpecial: 'all' })).toEqual([4, 100])
  expect(() => encoding.encode('abc<|im_end|>')).toThrow(MissingRankError)
})
