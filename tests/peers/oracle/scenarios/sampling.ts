/** What can be asked of a sampler. */
import { textChunk } from '#src/tinker/index.ts'
import { prompt, refusal } from '../peer.ts'
import type { SampleRequest, SampleResult, SamplingParams } from '#src/tinker/index.ts'
import type { Peer, Scenario } from '../peer.ts'

async function ask(peer: Peer, params: SamplingParams, numSamples = 1): Promise<unknown> {
  const sampler = await peer.baseSampler()
  const request = { prompt: prompt('the'), numSamples, params: { maxTokens: 6, seed: 7, ...params } }
  const { sequences } = await sampler.sample(request).result()
  return {
    tokens: sequences.map(({ tokens }) => Array.from(tokens)),
    logprobs: sequences.map(({ logprobs }) => Array.from(logprobs!)),
    ends: sequences.map(({ stopReason }) => stopReason),
  }
}

async function askAboutThePrompt(peer: Peer, more: Partial<SampleRequest>): Promise<SampleResult> {
  const sampler = await peer.baseSampler()
  return sampler.sample({ prompt: prompt('prompt'), params: { maxTokens: 1, seed: 7 }, ...more }).result()
}

function numbers(values: Float32Array | null): (number | null)[] {
  return Array.from(values!, (v) => (Number.isNaN(v) ? null : v))
}

export const sampling: Readonly<Record<string, Scenario>> = {
  sample_one: (peer) => ask(peer, {}),

  sample_four: (peer) => ask(peer, {}, 4),

  async sample_without_seed(peer) {
    await (await peer.baseSampler()).sample({ prompt: prompt('the'), params: { maxTokens: 4 } }).result()
  },

  sample_of_a_large_seed: (peer) => ask(peer, { seed: 2 ** 31 - 1 }),

  sample_greedily: (peer) => ask(peer, { temperature: 0 }),

  sample_hot: (peer) => ask(peer, { temperature: 1.7 }),

  sample_top_k: (peer) => ask(peer, { topK: 5 }),

  sample_top_p: (peer) => ask(peer, { topP: 0.8 }),

  stop_at_a_string: (peer) => ask(peer, { maxTokens: 40, stop: 'e' }),

  stop_at_strings: (peer) => ask(peer, { maxTokens: 40, stop: ['a', ' '] }),

  stop_at_tokens: (peer) => ask(peer, { maxTokens: 40, stop: [32, 101] }),

  stop_at_nothing: (peer) => ask(peer, { stop: [] }),

  async logprobs_of_the_prompt(peer) {
    return numbers((await askAboutThePrompt(peer, { includePromptLogprobs: true })).promptLogprobs)
  },

  async likeliest_tokens_of_the_prompt(peer) {
    const answer = await askAboutThePrompt(peer, { includePromptLogprobs: true, topkPromptLogprobs: 3 })
    return { logprobs: numbers(answer.promptLogprobs) }
  },

  async compute_logprobs(peer) {
    return numbers(await (await peer.baseSampler()).computeLogprobs(prompt('computed')).result())
  },

  async twenty_at_once(peer) {
    const sampler = await peer.baseSampler()
    const futures = Array.from({ length: 20 }, (_, seed) =>
      sampler.sample({ prompt: prompt(`no ${seed}`), params: { maxTokens: 3, seed } }),
    )
    const answers = await Promise.all(futures.map((future) => future.result()))
    return answers.map(({ sequences }) => Array.from(sequences[0]!.tokens))
  },

  async sample_of_several_chunks(peer) {
    const chunks = [textChunk([104, 105]), textChunk([33])]
    const sampler = await peer.baseSampler()
    const answer = await sampler.sample({ prompt: { chunks }, params: { maxTokens: 3, seed: 1 } }).result()
    return Array.from(answer.sequences[0]!.tokens)
  },

  async refused_length(peer) {
    const sampler = await peer.baseSampler()
    return refusal(() => sampler.sample({ prompt: prompt('too long'), params: { maxTokens: 100_000 } }).result())
  },

  async base_model_of_a_sampler(peer) {
    return (await (await peer.baseSampler()).getInfo()).baseModel
  },
}
