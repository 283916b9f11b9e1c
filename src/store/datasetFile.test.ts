import { describe, expect, test } from 'vitest'
import { MAX_FILE_BYTES, datasetFile } from './datasetFile.ts'

describe('a file of rows', () => {
  test.each([
    ['a.jsonl', '{"a":1}\n{"a":2}', 'jsonl'],
    ['a.ndjson', '{"a":1}', 'jsonl'],
    ['a.json', '[{"a":1}]', 'json'],
    ['a.json', '{"a":1}\n{"a":2}', 'jsonl'],
    ['a.json', '{\n"rows": []}', 'json'],
    ['a.csv', 'a,b\n1,2', 'csv'],
    ['a.tsv', 'a\tb\n1\t2', 'csv'],
    ['pasted', '{"a":1}', 'jsonl'],
    ['pasted', ' [{"a":1}]', 'json'],
    ['pasted', 'prompt,answer\n1,2', 'csv'],
  ])('%s starting %j is %s', (name, text, format) => {
    expect(datasetFile(name, text)).toMatchObject({ ok: true, value: { format, asset: { text } } })
  })

  test('gets the same id for the same content, and a name with an ending', () => {
    const a = datasetFile('pasted', '{"a":1}')
    const b = datasetFile('other.jsonl', '{"a":1}')
    expect(a.ok && b.ok && a.value.asset.id === b.value.asset.id).toBe(true)
    expect(a.ok && a.value.asset.name).toBe('pasted.jsonl')
  })

  test.each([
    ['empty.csv', ' \n', 'IM7101'],
    ['picture.png', '\u0000\u0001PNG', 'IM7103'],
    ['big.csv', 'a'.repeat(MAX_FILE_BYTES + 1), 'IM7102'],
  ])('%s is refused with a reason', (name, text, code) => {
    expect(datasetFile(name, text)).toMatchObject({ ok: false, error: { code } })
  })
})
