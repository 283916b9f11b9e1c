import { expect, test } from 'vitest'
import { recommendedRenderer } from './recommended.ts'
import { RENDERERS } from './registry.ts'

test.each([
  ['tunegraph/tiny-1m', 'tunegraph'],
  ['Qwen/Qwen3-8B', 'qwen3'],
  ['Qwen/Qwen3-8B:peft:262144', 'qwen3'],
  ['Qwen/Qwen3-8B-Base', 'role_colon'],
  ['meta-llama/Llama-3.1-8B-Instruct', 'llama3'],
  ['meta-llama/Llama-3.1-8B', 'role_colon'],
  ['someone/else', 'role_colon'],
])('%s is written with %s', (model, renderer) => {
  expect(recommendedRenderer(model)).toBe(renderer)
  expect(RENDERERS.has(renderer)).toBe(true)
})
