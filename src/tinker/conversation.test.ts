/** A whole conversation with a server that behaves: what is sent, in which order, and what comes back. */
import { describe, expect, test } from 'vitest'
import { clientOf, datum, startPeer } from './testing/fixtures.ts'
import { float32Tensor } from './wire/tensorData.ts'
import type { PeerOptions } from './testing/peer.ts'

const WIRES: readonly (readonly [string, PeerOptions, 'auto' | 'json' | 'protobuf'])[] = [
  ['a server that takes both forms', {}, 'auto'],
  ['a server that takes protobuf only', { bodies: 'protobuf' }, 'auto'],
  ['a server that takes JSON only', { bodies: 'json' }, 'auto'],
  ['a server without client/config', { bodies: 'json', flags: null }, 'auto'],
  ['JSON by choice', { bodies: 'json' }, 'json'],
  ['protobuf by choice', { bodies: 'protobuf' }, 'protobuf'],
]

describe.each(WIRES)('with %s', (_name, options, wire) => {
  test('trains, saves, samples and loads', async () => {
    const peer = await startPeer(options)
    const service = clientOf(peer, { wire })
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny', rank: 4, seed: 3 })

    const pass = training.forwardBackward([datum(1, 2), datum(8)], 'cross_entropy')
    const step = training.optimStep({ learningRate: 0.1 })
    const forward = training.forward([datum(4)], 'ppo', { clip_low_threshold: 0.8 })
    const saved = training.saveState('ck', { ttlSeconds: 60 })
    const named = training.saveWeightsForSampler('s')
    const ephemeral = training.saveWeightsAndGetSamplingClient()
    const loaded = training.loadStateWithOptimizer('tinker://s1:train:0/weights/ck')

    expect((await pass.result()).lossFnOutputs).toEqual([
      { logprobs: float32Tensor([-0.125, -0.25]) },
      { logprobs: float32Tensor([-1]) },
    ])
    expect((await pass.result()).metrics['loss:sum']).toBe(2)
    expect((await step.result()).metrics).toEqual({ grad_norm: 0.5, bad: NaN })
    expect((await forward.result()).lossFnOutputs).toEqual([{ logprobs: float32Tensor([-0.5]) }])
    expect(await saved.result()).toEqual({ path: 'tinker://s1:train:0/weights/ck' })
    expect(await named.result()).toEqual({ path: 'tinker://s1:train:0/sampler_weights/s' })
    expect(await loaded.result()).toEqual({ path: 'tinker://s1:train:0/weights/ck' })

    const sampler = await ephemeral.result()
    const sampled = await sampler
      .sample({ prompt: Int32Array.of(5, 6), numSamples: 2, params: { maxTokens: 2 } })
      .result()
    expect(sampled.sequences.map((s) => [...s.tokens])).toEqual([
      [7, 8],
      [8, 9],
    ])
    expect(await sampler.computeLogprobs(Int32Array.of(1, 2, 3)).result()).toEqual(Float32Array.of(NaN, -0.25, -0.5))

    expect(peer.model.ran).toEqual([
      'forward_backward 1',
      'optim_step 2',
      'forward 3',
      'save_weights 4',
      'save_weights_for_sampler 5',
      'save_weights_for_sampler 6',
      'load_weights 7',
      'asample 0',
      'asample 1',
    ])
    expect(training.lastSeqId).toBe(7)
  })
})

test('sends the bodies that the official client sends', async () => {
  const peer = await startPeer()
  const service = clientOf(peer, { userMetadata: { who: 'test' } })
  const training = await service.createLoraTrainingClient({ baseModel: 'tiny', rank: 4 })
  const futures = [
    training.optimStep(),
    training.saveState('ck'),
    training.saveWeightsForSampler('n'),
    training.saveWeightsAndGetSamplingClient(),
    training.loadState('tinker://r/weights/1'),
  ]
  await Promise.all(futures.map((future) => future.result()))
  const sampler = await service.createSamplingClient({ modelPath: 'tinker://r/sampler_weights/1' })
  const params = { maxTokens: 20, seed: 10n ** 18n, stop: ['\n'], temperature: 0, topK: 5, topP: 0.9 }
  await sampler.sample({ prompt: Int32Array.of(1, 2), params }).result()

  const model_id = 's1:train:0'
  // The flags that may change are asked for beside everything else.
  const background = ['retrieve_future', 'client/dynamic_config']
  const bodies = peer.seen.filter((r) => !background.includes(r.path)).map((r) => [r.path, r.body])
  expect(bodies).toEqual([
    ['client/config', { sdk_version: '0.25.0' }],
    ['create_session', { tags: [], user_metadata: { who: 'test' }, sdk_version: '0.25.0', type: 'create_session' }],
    [
      'create_model',
      {
        session_id: 's1',
        model_seq_id: 0,
        base_model: 'tiny',
        lora_config: { rank: 4, train_unembed: true, train_mlp: true, train_attn: true },
        type: 'create_model',
      },
    ],
    [
      'optim_step',
      {
        adam_params: {
          learning_rate: 0.0001,
          beta1: 0.9,
          beta2: 0.95,
          eps: 1e-12,
          weight_decay: 0,
          grad_clip_norm: 0,
        },
        model_id,
        seq_id: 1,
        type: 'optim_step',
      },
    ],
    ['save_weights', { model_id, path: 'ck', seq_id: 2, overwrite: false, type: 'save_weights' }],
    ['save_weights_for_sampler', { model_id, path: 'n', seq_id: 3, type: 'save_weights_for_sampler' }],
    ['save_weights_for_sampler', { model_id, sampling_session_seq_id: 0, seq_id: 4, type: 'save_weights_for_sampler' }],
    ['load_weights', { model_id, seq_id: 5, path: 'tinker://r/weights/1', optimizer: false, type: 'load_weights' }],
    [
      'create_sampling_session',
      {
        session_id: 's1',
        sampling_session_seq_id: 1,
        model_path: 'tinker://r/sampler_weights/1',
        type: 'create_sampling_session',
      },
    ],
    [
      'asample',
      {
        num_samples: 1,
        prompt: { chunks: [{ tokens: [1, 2], type: 'encoded_text' }] },
        sampling_params: { max_tokens: 20, seed: 10n ** 18n, stop: ['\n'], temperature: 0, top_k: 5, top_p: 0.9 },
        sampling_session_id: 's1:sample:1',
        seq_id: 0,
        prompt_logprobs: false,
        topk_prompt_logprobs: 0,
        type: 'sample',
      },
    ],
  ])
  expect(peer.requests('retrieve_future')[0]!.body).toEqual({ request_id: 'create_model-1', allow_metadata_only: true })
  expect(peer.seen.every((r) => r.headers['x-api-key'] === 'tml-test')).toBe(true)
})

test('goes on from saved state with the model, rank and layers of the checkpoint', async () => {
  const peer = await startPeer()
  const service = clientOf(peer)
  const training = await service.createTrainingClientFromState('tinker://r/weights/1', { withOptimizer: true })
  expect(peer.requests('create_model')[0]!.body).toMatchObject({
    base_model: 'tiny',
    lora_config: { rank: 8, train_attn: false, train_mlp: true, train_unembed: true },
  })
  expect(peer.requests('load_weights')[0]!.body).toMatchObject({ seq_id: 1, optimizer: true })
  await training.optimStep().result()
  expect(peer.model.ran).toEqual(['load_weights 1', 'optim_step 2'])
})

test('creates by loading where the server asks for it', async () => {
  const peer = await startPeer({ flags: { create_model_via_load_weights: true } })
  const service = clientOf(peer)
  const training = await service.createTrainingClientFromState('tinker://r/weights/1', { withOptimizer: false })
  expect(training.modelId).toBe('s1:train:0')
  expect(peer.requests('create_model')).toHaveLength(0)
  expect(peer.requests('load_weights')[0]!.body).toEqual({
    session_id: 's1',
    model_seq_id: 0,
    path: 'tinker://r/weights/1',
    optimizer: false,
    type: 'load_weights',
  })
})

test('reads capabilities, runs, checkpoints and sessions without making a session', async () => {
  const peer = await startPeer()
  const service = clientOf(peer)
  const rest = await service.rest()
  expect(await service.getServerCapabilities()).toEqual({ models: [{ name: 'tiny', maxContext: 512 }] })
  const runs = await rest.listTrainingRuns()
  expect(runs.total).toBe(7)
  expect(runs.items[0]).toMatchObject({ runId: 'run:1', loraRank: 8, userMetadata: { a: 'b' } })
  expect((await rest.getTrainingRun('run:1')).lastCheckpoint?.path).toBe('tinker://run:1/weights/1')
  const [checkpoint] = await rest.listCheckpoints('run:1')
  expect(checkpoint).toMatchObject({ checkpointId: 'weights/1', type: 'training', sizeBytes: 10, expiresAt: undefined })
  expect((await rest.listUserCheckpoints()).items).toHaveLength(1)
  expect(await rest.checkpointArchiveUrl(checkpoint!.path)).toEqual({
    url: 'https://files/1.tar',
    expires: '2026-01-02T00:00:00Z',
  })
  await rest.setCheckpointTtl(checkpoint!.path, null)
  await rest.publishCheckpoint(checkpoint!.path)
  await rest.unpublishCheckpoint(checkpoint!.path)
  await rest.deleteCheckpoint(checkpoint!.path)
  expect(await rest.listSessions()).toEqual(['s1'])
  expect(await rest.getSession('s1')).toEqual({ runIds: ['run:1'], samplerIds: [] })
  expect(await rest.weightsInfo('tinker://r/weights/1')).toMatchObject({ baseModel: 'tiny', loraRank: 8 })
  const changes = peer.seen.filter((r) => r.method !== 'GET').map((r) => [r.method, r.path, r.body])
  const base = 'training_runs/run:1/checkpoints/weights/1'
  expect(changes).toEqual([
    ['POST', 'client/config', { sdk_version: '0.25.0' }],
    ['PUT', `${base}/ttl`, { ttl_seconds: null }],
    ['POST', `${base}/publish`, undefined],
    ['DELETE', `${base}/publish`, undefined],
    ['DELETE', base, undefined],
    ['POST', 'weights_info', { tinker_path: 'tinker://r/weights/1' }],
  ])
})

test('tells the model behind a training and a sampling client', async () => {
  const peer = await startPeer()
  const service = clientOf(peer)
  const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
  expect(await training.getInfo()).toEqual({
    modelId: 's1:train:0',
    modelName: 'tiny',
    tokenizerId: 'org/tiny',
    loraRank: 8,
  })
  const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
  expect(await sampler.getInfo()).toEqual({ samplerId: 's1:sample:0', baseModel: 'tiny', modelPath: undefined })
})

test('a server without client/config gets the headers of its time and no late members', async () => {
  const peer = await startPeer({ flags: null, bodies: 'json' })
  const service = clientOf(peer)
  const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
  await training.saveState('ck').result()
  const [save] = peer.requests('save_weights')
  expect(save!.body).not.toHaveProperty('overwrite')
  expect(save!.headers).toMatchObject({
    authorization: 'Bearer tml-test',
    'x-request-id': expect.any(String) as string,
  })
})
