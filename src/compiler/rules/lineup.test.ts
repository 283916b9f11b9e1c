/** The line-up against the published tables: recipes §7.1 and §7.3. */
import { expect, test } from 'vitest'
import { PRICES } from '../../ir/prices.ts'
import { hasOwnRate, hasOwnRenderer, knownModel, supervisedRate } from './lineup.ts'

test.each([
  ['Qwen/Qwen3.6-35B-A3B', 4.99e-4],
  ['Qwen/Qwen3.5-4B', 4.91e-4],
  ['Qwen/Qwen3-8B', 4.73e-4],
  ['Qwen/Qwen3.5-9B-Base', 4.73e-4],
  ['Qwen/Qwen3.5-397B-A17B:peft:262144', 4.73e-4],
  ['Qwen/Qwen3.8-27B', 4.65e-4],
  ['meta-llama/Llama-3.2-1B', 4.91e-4],
  ['meta-llama/Llama-3.2-3B', 3.58e-4],
  ['meta-llama/Llama-3.1-8B-Instruct', 2.86e-4],
  ['meta-llama/Llama-3.1-70B', 1.66e-4],
])('the rate of %s is %d, to two digits', (name, rate) => {
  const known = knownModel(name)!
  expect(hasOwnRate(name, known)).toBe(true)
  expect(Math.abs(supervisedRate(name, known) / rate - 1)).toBeLessThan(0.03)
})

test('families without a fit get the best point of the sweeps', () => {
  for (const name of ['openai/gpt-oss-20b', 'deepseek-ai/DeepSeek-V3.1', 'moonshotai/Kimi-K2.6', 'zai-org/GLM-5.3']) {
    const known = knownModel(name)!
    expect([hasOwnRate(name, known), supervisedRate(name, known)]).toEqual([false, 3e-4])
  }
})

test('every model with a price is in the line-up, and names that only look like one are not', () => {
  expect(Object.keys(PRICES.models).filter((name) => knownModel(name) === null)).toEqual([])
  expect(['constructor', 'Qwen/Qwen3-8B-extra', 'tunegraph/tiny-1m'].map(knownModel)).toEqual([null, null, null])
})

test('only two families have their own format here', () => {
  expect(['Qwen/Qwen3-8B', 'meta-llama/Llama-3.1-8B-Instruct'].every(hasOwnRenderer)).toBe(true)
  expect(['Qwen/Qwen3.5-9B', 'meta-llama/Llama-3.1-8B', 'openai/gpt-oss-20b'].some(hasOwnRenderer)).toBe(false)
})
