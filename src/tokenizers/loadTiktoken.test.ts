/** Files of a tiktoken vocabulary as they come from people and hubs: whole, broken, and of different models. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadTiktoken, readTiktokenRanks, reservedSpecials } from './loadTiktoken.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../tests/golden/tokenizers/tiktoken_kimi.json', import.meta.url), 'utf8'),
) as { ranks: string[]; config: Record<string, unknown> }
const ranks = golden.ranks.map((token, rank) => `${token} ${rank}\n`).join('')
const config = JSON.stringify(golden.config)

describe('the files of Kimi', () => {
  test('name the ends and the markers; ids without a name have placeholders', () => {
    const loaded = loadTiktoken({ ranks, config })
    if (!loaded.ok) throw new Error(loaded.error.message)
    const { value: tokenizer } = loaded
    const first = golden.ranks.length
    expect(tokenizer.bosId).toBe(first)
    expect(tokenizer.eosId).toBe(first + 1)
    expect(tokenizer.markerId('<|im_end|>')).toBe(first + 3)
    expect(tokenizer.markerId(`<|reserved_token_${first + 255}|>`)).toBe(first + 255)
    expect(tokenizer.markerId('<|user|>')).toBeNull()
    expect(tokenizer.decode([first, first + 2, 999_999])).toBe(`[BOS]<|reserved_token_${first + 2}|>`)
  })

  test('may end their lines with CRLF and have empty lines', () => {
    const windows = readTiktokenRanks(`${ranks.replaceAll('\n', '\r\n')}\r\n\n`)
    expect(windows).toEqual(readTiktokenRanks(ranks))
  })

  test.each([
    ['an HTML page', '<html>', 'line 1'],
    ['a line without a rank', 'YQ== 0\nYg==\n', 'line 2'],
    ['broken base64', 'YQ=== 0\n', 'line 1'],
    ['a rank twice', 'YQ== 0\nYg== 0\n', 'line 2'],
    ['a token twice', 'YQ== 0\nYQ== 1\n', 'line 2'],
    ['nothing', '\n', 'empty'],
    ['too few bytes', 'YQ== 0\n', '255 of the 256 bytes'],
  ])('%s in the ranks file is TZ1001', (_, broken, words) => {
    const loaded = loadTiktoken({ ranks: broken, config })
    expect(loaded.ok ? null : loaded.error).toMatchObject({ code: 'TZ1001', severity: 'error' })
    expect(loaded.ok ? '' : loaded.error.message).toContain(words)
  })

  test('a config that is not JSON is TZ1001', () => {
    const loaded = loadTiktoken({ ranks, config: 'Entry not found' })
    expect(loaded.ok ? null : loaded.error.code).toBe('TZ1001')
  })

  test('a config of another model, whose special ids lie elsewhere, is TZ1006', () => {
    const other = JSON.stringify({ added_tokens_decoder: { 163586: { content: '<|im_end|>' } } })
    const loaded = loadTiktoken({ ranks, config: other })
    expect(loaded.ok ? null : loaded.error.code).toBe('TZ1006')
    expect(loaded.ok ? '' : loaded.error.message).toContain('163586')
  })

  test('reserve 256 ids after the ranks, as in the shared vectors', () => {
    const specials = reservedSpecials(10, { 11: '<|im_end|>' })
    if (!specials.ok) throw new Error(specials.error.message)
    const byId = new Map([...specials.value].map(([name, id]) => [id, name]))
    expect([byId.get(10), byId.get(11), byId.get(265), byId.size]).toEqual([
      '<|reserved_token_10|>',
      '<|im_end|>',
      '<|reserved_token_265|>',
      256,
    ])
  })
})
