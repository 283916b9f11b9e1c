import { expect, test } from 'vitest'
import { tokenizerRepository } from './tokenizerRepository.ts'

test.each([
  ['Qwen/Qwen3-8B', 'Qwen/Qwen3-8B'],
  ['Qwen/Qwen3-8B:peft:262144', 'Qwen/Qwen3-8B'],
  ['meta-llama/Llama-3.1-8B-Instruct', 'thinkingmachineslabinc/meta-llama-3-instruct-tokenizer'],
  ['meta-llama/Llama-3.2-1B/x', 'thinkingmachineslabinc/meta-llama-3-instruct-tokenizer'],
  ['owner/model/variant', 'owner/model'],
  ['moonshotai/Kimi-K2.5-Text-Only', 'moonshotai/Kimi-K2.5'],
])('%s is read with the tokenizer of %s', (model, repository) => {
  expect(tokenizerRepository(model)).toBe(repository)
})
