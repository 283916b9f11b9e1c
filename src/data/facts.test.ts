import { describe, expect, test } from 'vitest'
import type { DatasetRequest } from '../ir/dataset.ts'
import { datasetFacts } from './facts.ts'
import { previewRows } from './preview.ts'
import { readExamples } from './readExamples.ts'
import { selectExamples } from './selectExamples.ts'
import { tinyTokenizer } from '../tokenizers/testing/smallTokenizers.ts'
import { rendererOf } from './testing/renderers.ts'
import { trainingSequence } from './trainingSequence.ts'

const request: DatasetRequest = {
  source: { type: 'asset', asset: 'x', name: 'words.csv', format: 'csv' },
  mapping: { type: 'auto' },
}
const csv = 'prompt,answer\nab,cde\n,lost\nfg,\n'

describe('facts', () => {
  test('count rows, usable rows and answers, and carry the mapping found', () => {
    expect(datasetFacts(request, csv)).toMatchObject({
      rows: 3,
      usable: 2,
      withAnswer: 1,
      columns: ['prompt', 'answer'],
      mapping: { type: 'prompt', prompt: 'prompt', answer: 'answer', system: null },
      diagnostics: [{ code: 'DA8012', at: { on: 'row', source: 'words.csv', line: 3 } }],
      tokens: [],
    })
  })

  test('count tokens as the renderer builds them', () => {
    const renderer = rendererOf('tunegraph', tinyTokenizer())
    const { tokens } = datasetFacts(request, csv, [{ model: 'tiny', renderer }])
    // <|user|> a b <|end|> <|assistant|>, then c d e <|end|>
    expect(tokens).toEqual([{ model: 'tiny', prompt: [5, 5], completion: [4, 0] }])
  })

  test('tell where the first answer begins when some row has more than its last', () => {
    const renderer = rendererOf('tunegraph', tinyTokenizer())
    const turn = (role: string, content: string) => ({ role, content })
    const [ask, say] = [turn('user', 'ab'), turn('assistant', 'cde')]
    const text = [[ask, say], [ask, say, ask, say], [ask, say, ask], [ask]]
      .map((messages) => JSON.stringify({ messages }))
      .join('\n')
    const source = { type: 'asset', asset: 'x', name: 'chats.jsonl', format: 'jsonl' } as const
    const [counts] = datasetFacts({ source, mapping: { type: 'auto' } }, text, [{ model: 'tiny', renderer }]).tokens
    expect(counts).toEqual({
      model: 'tiny',
      prompt: [5, 14, 14, 5],
      completion: [4, 4, 0, 0],
      first: [5, 5, 5, -1],
    })
  })

  test('fingerprint what trains: not blank lines or other columns, but every character', () => {
    const of = (text: string): string => datasetFacts(request, text).fingerprint
    expect(of('prompt,answer\n\nab,cde\nfg,\n')).toBe(of(csv))
    expect(of('prompt,answer,id\nab,cde,1\nfg,,2\n')).toBe(of(csv))
    expect(of('prompt,answer\nab,cde \nfg,\n')).not.toBe(of(csv))
  })
})

test('the preview shows rows as found and as mapped', () => {
  const preview = previewRows(request, csv, 2)
  expect(preview.raw).toEqual([
    { line: 2, values: { prompt: 'ab', answer: 'cde' } },
    { line: 3, values: { prompt: '', answer: 'lost' } },
  ])
  expect(preview.mapped.map((e) => e.line)).toEqual([2, 4])
  expect(preview.diagnostics).toHaveLength(1)
})

test('a part is the same rows as the split says, and gets the system prompt where a row has none', () => {
  const rows = Array.from({ length: 20 }, (_, i) => `{"prompt":"p${i}","answer":"a"}`).join('\n')
  const own = '{"prompt":"own","answer":"a","system":"mine"}'
  const source = { type: 'builtin', name: 'set' } as const
  const { examples } = readExamples({ source, mapping: { type: 'auto' } }, `${rows}\n${own}`)
  const part = { heldoutRows: 5, splitSeed: 3, limit: 0, systemPrompt: 'ours' }
  const heldout = selectExamples(examples, { ...part, part: 'heldout' })
  const train = selectExamples(examples, { ...part, part: 'train' })
  expect([...heldout, ...train].map((e) => e.line).sort((a, b) => a - b)).toEqual(examples.map((e) => e.line))
  expect(train.map((e) => e.line)).toEqual(train.map((e) => e.line).sort((a, b) => a - b))
  const systems = [...heldout, ...train].map((e) => [e.messages.at(-2)!.content, e.messages[0]!.content])
  expect(systems.every(([prompt, system]) => system === (prompt === 'own' ? 'mine' : 'ours'))).toBe(true)
})

describe('the training sequence', () => {
  const example = { tokens: [9, 8, 7, 6], weights: [0, 0, 1, 1] } as const

  test('predicts each next token', () => {
    expect(trainingSequence(example, 10)).toEqual({
      input: [9, 8, 7],
      targets: [8, 7, 6],
      weights: [0, 1, 1],
      trained: 2,
      truncated: false,
    })
  })

  test('is cut from the right before the shift, which can leave nothing to train', () => {
    expect(trainingSequence(example, 3)).toMatchObject({
      targets: [8, 7],
      weights: [0, 1],
      trained: 1,
      truncated: true,
    })
    expect(trainingSequence(example, 2)).toMatchObject({ trained: 0 })
    expect(trainingSequence(example, 1)).toBeNull()
  })
})
