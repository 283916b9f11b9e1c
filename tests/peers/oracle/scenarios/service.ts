/** Opening: sessions, models, samplers. */
import { lesson, MODEL, prompt, refusal } from '../peer.ts'
import type { SamplingClient } from '#src/tinker/index.ts'
import type { Peer, Scenario } from '../peer.ts'

async function firstTokens(sampler: SamplingClient, maxTokens = 2): Promise<number[]> {
  const answer = await sampler.sample({ prompt: prompt('hi'), params: { maxTokens, temperature: 0 } }).result()
  return Array.from(answer.sequences[0]!.tokens)
}

async function saved(peer: Peer): Promise<string> {
  const client = await peer.trainer({ rank: 4, seed: 3 })
  await client.forwardBackward([lesson('saved state')], 'cross_entropy').result()
  await client.optimStep({ learningRate: 1e-3 }).result()
  return (await client.saveState('before').result()).path
}

async function fromState(peer: Peer, withOptimizer: boolean): Promise<unknown> {
  const path = await saved(peer)
  const client = await peer.service().createTrainingClientFromState(path, { withOptimizer })
  return (await client.forward([lesson('saved state')], 'cross_entropy').result()).metrics['loss:sum']
}

async function savedSampler(peer: Peer): Promise<string> {
  const client = await peer.trainer()
  return (await client.saveWeightsForSampler('named').result()).path
}

export const service: Readonly<Record<string, Scenario>> = {
  async capabilities(peer) {
    return (await peer.service().getServerCapabilities()).models.map(({ name }) => name)
  },

  async model_by_default(peer) {
    await peer.service().createLoraTrainingClient({ baseModel: MODEL })
  },

  async model_of_a_rank_and_seed(peer) {
    await peer.service().createLoraTrainingClient({ baseModel: MODEL, rank: 8, seed: 42 })
  },

  async model_without_mlp(peer) {
    await peer.trainer({ trainMlp: false })
  },

  async model_of_attention_only(peer) {
    await peer.trainer({ trainMlp: false, trainUnembed: false })
  },

  async model_with_metadata(peer) {
    await peer.trainer({ userMetadata: { purpose: 'oracle', note: 'ünïcode' } })
  },

  async session_with_metadata(peer) {
    const client = peer.service({ userMetadata: { who: 'oracle' } })
    await client.createLoraTrainingClient({ baseModel: MODEL, rank: 4 })
  },

  async session_in_a_project(peer) {
    await peer.service({ projectId: 'project-7' }).createLoraTrainingClient({ baseModel: MODEL, rank: 4 })
  },

  async two_models_of_one_session(peer) {
    const client = peer.service()
    for (const rank of [2, 4]) await client.createLoraTrainingClient({ baseModel: MODEL, rank, seed: rank })
  },

  async info_of_a_model(peer) {
    const client = await peer.trainer()
    return { name: (await client.getInfo()).modelName }
  },

  model_from_state: (peer) => fromState(peer, false),

  model_from_state_with_optimizer: (peer) => fromState(peer, true),

  async model_from_state_with_metadata(peer) {
    const path = await saved(peer)
    const options = { withOptimizer: false, userMetadata: { stage: '2' } }
    await peer.service().createTrainingClientFromState(path, options)
  },

  async sampler_of_the_base_model(peer) {
    return firstTokens(await peer.baseSampler())
  },

  async sampler_of_saved_weights(peer) {
    const modelPath = await savedSampler(peer)
    return firstTokens(await peer.service().createSamplingClient({ modelPath }))
  },

  async sampler_of_a_path_and_base_model(peer) {
    const modelPath = await savedSampler(peer)
    return firstTokens(await peer.service().createSamplingClient({ modelPath, baseModel: MODEL }))
  },

  async two_samplers_of_one_session(peer) {
    const client = peer.service()
    const tokens: number[][] = []
    for (let i = 0; i < 2; i++) tokens.push(await firstTokens(await client.createSamplingClient({ baseModel: MODEL })))
    return tokens
  },

  refused_rank: (peer) => refusal(() => peer.service().createLoraTrainingClient({ baseModel: MODEL, rank: 12 })),

  refused_model: (peer) =>
    refusal(() => peer.service().createLoraTrainingClient({ baseModel: 'Nobody/nothing', rank: 4 })),

  refused_base_model_of_a_sampler: (peer) =>
    refusal(() => peer.service().createSamplingClient({ baseModel: 'Nobody/nothing' })),

  refused_path_of_a_sampler: (peer) =>
    refusal(() => peer.service().createSamplingClient({ modelPath: 'tinker://nobody/sampler_weights/nothing' })),

  refused_path_of_a_state: (peer) =>
    refusal(() =>
      peer.service().createTrainingClientFromState('tinker://nobody/weights/nothing', { withOptimizer: false }),
    ),
}
