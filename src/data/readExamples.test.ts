import { describe, expect, test } from 'vitest'
import type { ColumnMapping, DatasetRequest } from '../ir/dataset.ts'
import { readExamples } from './readExamples.ts'

function request(mapping: ColumnMapping = { type: 'auto' }): DatasetRequest {
  return { source: { type: 'asset', asset: 'x', name: 'set.jsonl', format: 'jsonl' }, mapping }
}

function read(rows: readonly unknown[], mapping?: ColumnMapping): ReturnType<typeof readExamples> {
  return readExamples(request(mapping), rows.map((row) => JSON.stringify(row)).join('\n'))
}

const codes = (read_: ReturnType<typeof readExamples>): string[] => read_.diagnostics.map((d) => d.code)

describe('detecting columns', () => {
  test.each([
    [
      { prompt: 'p', completion: 'c' },
      { type: 'prompt', prompt: 'prompt', answer: 'completion', system: null },
    ],
    [
      { Question: 'p', final_answer: '4', id: 'x' },
      { type: 'prompt', prompt: 'Question', answer: 'final_answer', system: null },
    ],
    [
      { system: 's', instruction: 'p', output: 'o' },
      { type: 'prompt', prompt: 'instruction', answer: 'output', system: 'system' },
    ],
    [
      { english: 'dog', latin: 'canis' },
      { type: 'prompt', prompt: 'english', answer: 'latin', system: null },
    ],
    [{ text: 'only' }, { type: 'prompt', prompt: 'text', answer: null, system: null }],
    [{ conversations: [{ from: 'human', value: 'p' }] }, { type: 'messages', messages: 'conversations' }],
    [
      { messages: 'no list', prompt: 'p' },
      { type: 'prompt', prompt: 'prompt', answer: null, system: null },
    ],
  ])('%j', (row, mapping) => {
    expect(read([row]).mapping).toEqual(mapping)
  })

  test('looks at all rows: a column that is filled rarely loses to one that is filled mostly', () => {
    const rows = [{ prompt: 'p', question: '' }, ...Array.from({ length: 5 }, () => ({ prompt: '', question: 'q' }))]
    expect(read(rows).mapping).toMatchObject({ prompt: 'question' })
  })

  test('says DA8010 when nothing fits, and DA8015 when an input column is left out', () => {
    expect(codes(read([{ a: 'x', b: 'y', c: 'z' }]))).toEqual(['DA8010'])
    const left = read([{ instruction: 'Translate', input: 'dog', output: 'canis' }])
    expect(codes(left)).toEqual(['DA8015'])
    expect(left.mapping).toMatchObject({ prompt: 'instruction', answer: 'output' })
  })

  test('says DA8011 when a chosen column is not there', () => {
    expect(codes(read([{ a: 'x' }], { type: 'messages', messages: 'chat' }))).toEqual(['DA8011'])
  })
})

describe('mapping', () => {
  test('makes a conversation of prompt, answer and system, and keeps every character', () => {
    const row = { s: ' S ', p: '  p\n', a: '\ta ' }
    expect(read([row], { type: 'prompt', prompt: 'p', answer: 'a', system: 's' }).examples).toEqual([
      {
        line: 1,
        messages: [
          { role: 'system', content: ' S ' },
          { role: 'user', content: '  p\n' },
          { role: 'assistant', content: '\ta ' },
        ],
        answer: '\ta ',
      },
    ])
  })

  test('takes numbers and booleans as text and an empty answer as none', () => {
    const examples = read([
      { prompt: 7, answer: true },
      { prompt: 'x', answer: '' },
    ]).examples
    expect(examples.map((e) => [e.messages.map((m) => m.content), e.answer])).toEqual([
      [['7', 'true'], 'true'],
      [['x'], null],
    ])
  })

  test('reports rows without a prompt, with a bad conversation or half a character, and keeps the others', () => {
    const good = {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: [{ type: 'text', text: 'b' }] },
      ],
    }
    const result = read([
      good,
      { messages: [{ role: 'tool', content: 'a' }] },
      { messages: [{ role: 'user', content: 5 }] },
      { messages: [{ role: 'assistant', content: 'a' }] },
      { messages: [] },
      { messages: JSON.stringify(good.messages) },
      { messages: [{ role: 'user', content: '\ud800' }] },
    ])
    expect(result.examples.map((e) => [e.line, e.answer])).toEqual([
      [1, 'b'],
      [6, 'b'],
    ])
    expect(result.diagnostics.map((d) => [d.code, d.at.on === 'row' && d.at.line])).toEqual([
      ['DA8013', 2],
      ['DA8013', 3],
      ['DA8012', 4],
      ['DA8013', 5],
      ['DA8014', 7],
      ['DA8016', 6],
    ])
    expect(result.total).toBe(7)
  })

  test('reports rows whose prompt column is empty with DA8012', () => {
    const result = read([{ prompt: 'x', answer: 'y' }, { answer: 'y' }])
    expect(result.examples).toHaveLength(1)
    expect(codes(result)).toEqual(['DA8012'])
  })

  test('warns of prompts that occur twice with DA8016', () => {
    const result = read([
      { prompt: 'x', answer: 'y' },
      { prompt: 'x', answer: 'z' },
    ])
    expect(result.diagnostics).toMatchObject([{ code: 'DA8016', at: { line: 2 }, severity: 'warning' }])
  })
})
