import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { tokenizerRef, tokenizerRepository } from './tokenizerRepository.ts'

test.each([
  ['Qwen/Qwen3-8B', 'Qwen/Qwen3-8B'],
  ['Qwen/Qwen3-8B:peft:262144', 'Qwen/Qwen3-8B'],
  ['meta-llama/Llama-3.1-8B-Instruct', 'thinkingmachineslabinc/meta-llama-3-instruct-tokenizer'],
  ['meta-llama/Llama-3.2-1B/x', 'thinkingmachineslabinc/meta-llama-3-instruct-tokenizer'],
  ['meta-llama/Llama-2-7b-hf', 'meta-llama/Llama-2-7b-hf'],
  ['owner/model/variant', 'owner/model'],
])('%s is read with the tokenizer of %s', (model, repository) => {
  expect(tokenizerRepository(model)).toBe(repository)
})

describe('the official SDK', () => {
  type Vector = { area: string; name: string; source: string; input: unknown; expected: unknown }
  type Found = { id: string; revision?: string; loader?: string }
  const file = new URL('../../tests/golden/vectors.json', import.meta.url)
  const vectors = (JSON.parse(readFileSync(file, 'utf8')) as Vector[]).filter(
    // A private package of the SDK's makers cannot be had.
    ({ area, source, expected }) =>
      area === 'tokenizer_id' && source.startsWith('tinker ') && !(expected as Found).loader,
  )

  test('looks in the same repository and at the same commit', () => {
    expect(vectors.length).toBe(9)
    for (const { name, input, expected } of vectors) {
      const { model_name: model, tokenizer_id: id } = input as { model_name: string; tokenizer_id: string | null }
      const { id: wanted, revision = 'main' } = expected as Found
      expect(tokenizerRef(model, id), name).toMatchObject({ id: wanted, revision, pinned: revision !== 'main' })
    }
  })
})

test('only Kimi has its vocabulary in a tiktoken file', () => {
  const lineup = [
    'Qwen/Qwen3.8-27B',
    'openai/gpt-oss-20b',
    'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16',
    'deepseek-ai/DeepSeek-V3.1',
  ]
  expect(lineup.map((model) => tokenizerRef(model).format)).toEqual(lineup.map(() => 'tokenizer.json'))
  const kimi = ['moonshotai/Kimi-K2.6:peft:131072', 'moonshotai/Kimi-K3.1-Pro']
  expect(kimi.map((model) => tokenizerRef(model).format)).toEqual(['tiktoken', 'tiktoken'])
})
