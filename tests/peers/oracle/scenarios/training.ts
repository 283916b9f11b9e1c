/** Losses, chunks, optimizer steps, saving and loading. */
import { float32Tensor, int64Tensor, modelInputFromTokens, tensorForKey, textChunk } from '#src/tinker/index.ts'
import { experience, lesson, MODEL, refusal } from '../peer.ts'
import type { AdamParams, Datum, ForwardBackwardOutput } from '#src/tinker/index.ts'
import type { Peer, Scenario } from '../peer.ts'

/** What both clients must have read alike in an answer. */
function summary(output: ForwardBackwardOutput): { loss: number | undefined; first: number[] } {
  return {
    loss: output.metrics['loss:sum'],
    first: Array.from(output.lossFnOutputs[0]!['logprobs']!.data, Number),
  }
}

async function pass(peer: Peer, data: Datum[], loss: string, config?: Record<string, number>): Promise<unknown> {
  return summary(await (await peer.trainer()).forwardBackward(data, loss, config).result())
}

const WORDS = ['ab', 'cd', 'ef', 'gh', 'ij', 'kl', 'mn', 'op', 'qr', 'st']

function ten(): Datum[] {
  return WORDS.map((word) => lesson(word.repeat(4)))
}

async function inChunks(peer: Peer): Promise<unknown> {
  const output = await (await peer.trainer()).forwardBackward(ten(), 'cross_entropy').result()
  return { outputs: output.lossFnOutputs.length, ...summary(output) }
}

async function afterAStep(peer: Peer, adam: AdamParams): Promise<unknown> {
  const client = await peer.trainer()
  await client.forwardBackward([lesson('step by step')], 'cross_entropy').result()
  await client.optimStep(adam).result()
  return summary(await client.forward([lesson('step by step')], 'cross_entropy').result())
}

export const training: Readonly<Record<string, Scenario>> = {
  cross_entropy: (peer) => pass(peer, [lesson('a lesson'), lesson('and more')], 'cross_entropy'),

  importance_sampling: (peer) => pass(peer, [experience('a try')], 'importance_sampling'),

  ppo: (peer) => pass(peer, [experience('a try')], 'ppo', { clip_low_threshold: 0.8, clip_high_threshold: 1.2 }),

  cispo: (peer) => pass(peer, [experience('a try')], 'cispo', { clip_low_threshold: 0, clip_high_threshold: 4 }),

  dro: (peer) => pass(peer, [experience('a try')], 'dro', { beta: 0.05 }),

  async forward_only(peer) {
    return summary(await (await peer.trainer()).forward([lesson('only look')], 'cross_entropy').result())
  },

  several_targets_a_position(peer) {
    const lossFnInputs = {
      target_tokens: int64Tensor([1, 2, 3, 4, 5, 6], [3, 2]),
      weights: float32Tensor(
        Array.from({ length: 6 }, () => 0.5),
        [3, 2],
      ),
    }
    return pass(peer, [{ modelInput: modelInputFromTokens([97, 98, 99]), lossFnInputs }], 'cross_entropy')
  },

  several_chunks_of_text(peer) {
    const lossFnInputs = {
      target_tokens: tensorForKey('target_tokens', [98, 99, 100]),
      weights: tensorForKey('weights', [1, 0, 1]),
    }
    const modelInput = { chunks: [textChunk([97, 98]), textChunk([99])] }
    return pass(peer, [{ modelInput, lossFnInputs }], 'cross_entropy')
  },

  async an_image_in_the_input(peer) {
    const lossFnInputs = {
      target_tokens: tensorForKey('target_tokens', [98, 99, 100]),
      weights: tensorForKey('weights', [1, 1, 1]),
    }
    const data = Uint8Array.of(0x89, 0x50, 0x4e, 0x47)
    const image = { type: 'image', data, format: 'png', expectedTokens: 2 } as const
    const client = await peer.trainer()
    const datum = { modelInput: { chunks: [textChunk([97]), image] }, lossFnInputs }
    return refusal(() => client.forwardBackward([datum], 'cross_entropy').result())
  },

  chunks_by_count: inChunks,

  chunks_by_size: inChunks,

  chunks_one_after_another: inChunks,

  async chunks_only_forward(peer) {
    const output = await (await peer.trainer()).forward(ten(), 'cross_entropy').result()
    return { outputs: output.lossFnOutputs.length, ...summary(output) }
  },

  compressed_body: (peer) => pass(peer, ten(), 'cross_entropy'),

  async refused_loss_input(peer) {
    const client = await peer.trainer()
    const data = [lesson('without its logprobs')]
    return refusal(() => client.forwardBackward(data, 'importance_sampling').result())
  },

  step_by_default: (peer) => afterAStep(peer, {}),

  step_learning_rate: (peer) => afterAStep(peer, { learningRate: 5e-3 }),

  step_beta1: (peer) => afterAStep(peer, { beta1: 0.5 }),

  step_beta2: (peer) => afterAStep(peer, { beta2: 0.999 }),

  step_eps: (peer) => afterAStep(peer, { eps: 1e-8 }),

  step_weight_decay: (peer) => afterAStep(peer, { weightDecay: 0.1 }),

  step_grad_clip_norm: (peer) => afterAStep(peer, { gradClipNorm: 0.5 }),

  async three_steps_in_a_pipe(peer) {
    const client = await peer.trainer()
    const pending = Array.from({ length: 3 }, () => ({
      pass: client.forwardBackward([lesson('in a pipe')], 'cross_entropy'),
      step: client.optimStep({ learningRate: 1e-3 }),
    }))
    await Promise.all(pending.map(({ step }) => step.result()))
    const outputs = await Promise.all(pending.map(({ pass }) => pass.result()))
    return outputs.map(({ metrics }) => metrics['loss:sum'])
  },

  async save_state(peer) {
    return (await (await peer.trainer()).saveState('first').result()).path
  },

  async save_state_for_an_hour(peer) {
    return (await (await peer.trainer()).saveState('short', { ttlSeconds: 3600 }).result()).path
  },

  async save_state_over_another(peer) {
    const client = await peer.trainer()
    const paths: string[] = []
    for (let i = 0; i < 2; i++) paths.push((await client.saveState('same', { overwrite: true }).result()).path)
    return paths
  },

  async save_weights_for_sampler(peer) {
    return (await (await peer.trainer()).saveWeightsForSampler('named').result()).path
  },

  async save_weights_for_sampler_for_an_hour(peer) {
    return (await (await peer.trainer()).saveWeightsForSampler('named', { ttlSeconds: 3600 }).result()).path
  },

  async save_weights_and_sample(peer) {
    const sampler = await (await peer.trainer()).saveWeightsAndGetSamplingClient().result()
    const params = { maxTokens: 3, temperature: 0 }
    const answer = await sampler.sample({ prompt: Int32Array.of(104), params }).result()
    return Array.from(answer.sequences[0]!.tokens)
  },

  async load_state(peer) {
    const { path } = await (await peer.trainer()).saveState('again').result()
    const other = await peer.service().createLoraTrainingClient({ baseModel: MODEL, rank: 4 })
    await other.loadState(path).result()
  },

  async load_state_with_optimizer(peer) {
    const client = await peer.trainer()
    await client.forwardBackward([lesson('state')], 'cross_entropy').result()
    await client.optimStep().result()
    const { path } = await client.saveState('again').result()
    const other = await peer.service().createLoraTrainingClient({ baseModel: MODEL, rank: 4 })
    await other.loadStateWithOptimizer(path).result()
  },
}
