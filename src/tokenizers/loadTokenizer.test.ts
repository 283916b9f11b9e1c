import { readFileSync } from 'node:fs'
import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadTokenizer } from './loadTokenizer.ts'
import { llamaTokenizer, qwenTokenizer, text, tinyTokenizer } from './testing/smallTokenizers.ts'

const file = (name: string): string =>
  readFileSync(new URL(`../../models/tunegraph-tiny-1m/${name}`, import.meta.url), 'utf8')

describe('the fast path for byte vocabularies', () => {
  const tiny = tinyTokenizer()

  test('gives the ids of the UTF-8 bytes', () => {
    expect(tiny.encode('a é 🙂')).toEqual([...new TextEncoder().encode('a é 🙂')])
  })

  test('decodes like the general tokenizer, half characters and control tokens included', () => {
    const general = new HfTokenizer(JSON.parse(file('tokenizer.json')), JSON.parse(file('tokenizer_config.json')))
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 271 }), { minLength: 1, maxLength: 20 }), (ids) => {
        expect(tiny.decode(ids)).toBe(general.decode(ids, { clean_up_tokenization_spaces: false }))
      }),
    )
  })

  test('encodes like the general tokenizer where no control token is spelled out', () => {
    const general = new HfTokenizer(JSON.parse(file('tokenizer.json')), JSON.parse(file('tokenizer_config.json')))
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (plain) => {
        expect(tiny.encode(plain)).toEqual(general.encode(plain, { add_special_tokens: false }).ids)
      }),
    )
  })
})

describe.each([
  ['bytes', tinyTokenizer()],
  ['merges', qwenTokenizer()],
  ['merges and BOS', llamaTokenizer()],
])('a vocabulary of %s', (_, tokenizer) => {
  test('decodes what it encodes, spelled-out control tokens included', () => {
    fc.assert(
      fc.property(text, (content) => {
        expect(tokenizer.decode(tokenizer.encode(content))).toBe(content)
      }),
    )
  })
})

test('merges apply, and the files name the end and the beginning of a text', () => {
  const qwen = qwenTokenizer()
  expect(qwen.encode('\n\n')).toHaveLength(1)
  expect(qwen.eosId).toBe(qwen.markerId('<|im_end|>'))
  expect(qwen.bosId).toBeNull()
  expect(llamaTokenizer().bosId).toBe(llamaTokenizer().markerId('<|begin_of_text|>'))
})

test('files that are not a tokenizer are refused with TZ1001', () => {
  const config = '{}'
  const broken = ['{', '{}', '{"model":{"type":"Never","vocab":{}}}'].map((tokenizer) =>
    loadTokenizer({ tokenizer, config }),
  )
  expect(broken.map((loaded) => (loaded.ok ? null : loaded.error.code))).toEqual(['TZ1001', 'TZ1001', 'TZ1001'])
})

test('files of two models, which name one id differently, are refused with TZ1006', () => {
  const tokenizer = file('tokenizer.json')
  const [added] = (JSON.parse(tokenizer) as { added_tokens: { id: number; content: string }[] }).added_tokens
  const config = (content: string): string => JSON.stringify({ added_tokens_decoder: { [added!.id]: { content } } })
  expect(loadTokenizer({ tokenizer, config: config(added!.content) }).ok).toBe(true)
  const loaded = loadTokenizer({ tokenizer, config: config('<other>') })
  expect(loaded.ok ? null : loaded.error.code).toBe('TZ1006')
})
