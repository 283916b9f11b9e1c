import { expect, test } from 'vitest'
import { paramsPerRank } from './adapterSize.ts'

/** Gigabytes of sampler weights in fp32 at rank 32, as recipes §7.2 gives them. */
test.each([
  ['Qwen/Qwen3.5-9B', 0.38],
  ['Qwen/Qwen3.6-35B-A3B', 2.24],
  ['Qwen/Qwen3.5-397B-A17B', 12.7],
  ['moonshotai/Kimi-K2.6:peft:131072', 18.8],
  ['nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16', 33.2],
])('an adapter of rank 32 for %s takes %d GB', (model, gigabytes) => {
  expect((paramsPerRank(model)! * 32 * 4) / 1e9).toBeCloseTo(gigabytes, 1)
})

test('a model that nobody knows has no size, whatever it is called', () => {
  expect(['tunegraph/tiny-1m', 'constructor', ''].map(paramsPerRank)).toEqual([null, null, null])
})
