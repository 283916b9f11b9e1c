import { describe, expect, it } from 'vitest'
import { readBaseWeights } from './baseWeights.ts'
import { Core } from './core.ts'
import { instantiateKernels } from './kernels/kernels.ts'
import { buildModel } from './model.ts'
import { parseModelConfig } from './modelConfig.ts'
import { randomModel, randomTokens } from './testing/randomModel.ts'
import type { SampleParams } from './engineApi.ts'

const model = randomModel()
const { vocab_size: vocab, num_hidden_layers: layers } = model.config
const params: SampleParams & { seed: number } = {
  ...{ maxTokens: 5, temperature: 1, topP: 1, topK: -1, seed: 3 },
  ...{ stopTokens: [], stopSequences: [] },
}

/** A core, and how many positions prompts have put into caches of keys and values so far. */
async function counting(): Promise<{ core: Core; stored: () => number }> {
  const instance = await instantiateKernels('strict')
  let positions = 0
  const { storeKeyValue } = instance.kernels
  const kernels: typeof instance.kernels = {
    ...instance.kernels,
    storeKeyValue: (...args) => {
      positions += args[0]
      storeKeyValue(...args)
    },
  }
  const dims = parseModelConfig(model.files.config)
  const core = new Core(buildModel(dims, readBaseWeights(dims, model.files.weights), { ...instance, kernels }))
  return { core, stored: () => positions / layers }
}

describe('the prompt of a call', () => {
  it('goes through the layers once, however many samples are drawn from it', async () => {
    const { core, stored } = await counting()
    const prompt = randomTokens(37, vocab, 1)
    const many = await core.sampler.sample(null, { prompt, first: 0, count: 200, params })
    expect(stored()).toBe(37)
    expect(new Set(many.map((s) => s.tokens.join())).size).toBeGreaterThan(100)
    await core.sampler.sample(null, { prompt, first: 0, count: 1, params })
    expect(stored()).toBe(2 * 37)
  })
})
