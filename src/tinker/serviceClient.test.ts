/** What a service client makes, in which numbers and under whose name, and how it ends. */
import { describe, expect, test } from 'vitest'
import { clientOf, datum, failureOfRejection, startPeer, until } from './testing/fixtures.ts'
import { createServiceClient } from './serviceClient.ts'
import type { Peer } from './testing/peer.ts'

const bodies = (peer: Peer, path: string): Record<string, unknown>[] =>
  peer.requests(path).map((r) => r.body as Record<string, unknown>)

describe('a service client', () => {
  test('asks nothing when it is made, and opens no session for what needs none', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(peer.seen).toHaveLength(0)
    await (await service.rest()).listTrainingRuns()
    await service.getServerCapabilities()
    await service.whoami()
    expect(peer.requests('create_session')).toHaveLength(0)
  })

  test('numbers models and samplers in the order of the calls, in one session', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    const models = [0, 1, 2].map((seed) => service.createLoraTrainingClient({ baseModel: 'tiny', seed }))
    const samplers = ['a', 'b'].map((baseModel) => service.createSamplingClient({ baseModel }))
    await Promise.all([...models, ...samplers])
    const numbered = bodies(peer, 'create_model').map((b) => [
      b['model_seq_id'],
      (b['lora_config'] as { seed: number }).seed,
    ])
    expect(numbered.sort()).toEqual([0, 1, 2].map((n) => [n, n]))
    const named = bodies(peer, 'create_sampling_session').map((b) => [b['sampling_session_seq_id'], b['base_model']])
    expect(named.sort()).toEqual([
      [0, 'a'],
      [1, 'b'],
    ])
    expect(peer.requests('create_session')).toHaveLength(1)
  })

  test('never uses a number again, also not one of a model that could not be made', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    peer.fault('create_model', { status: 422, body: '{"detail":"no room"}' })
    await failureOfRejection(service.createLoraTrainingClient({ baseModel: 'tiny' }))
    await service.createLoraTrainingClient({ baseModel: 'tiny' })
    expect(bodies(peer, 'create_model').map((b) => b['model_seq_id'])).toEqual([0, 1])
  })

  test('refuses what cannot be made before it is sent', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    const nothing = { baseModel: 'tiny', trainMlp: false, trainAttn: false, trainUnembed: false }
    expect((await failureOfRejection(service.createLoraTrainingClient(nothing))).kind).toBe('rejected')
    expect((await failureOfRejection(service.createSamplingClient({}))).kind).toBe('rejected')
    expect(peer.requests('create_model')).toHaveLength(0)
    expect(peer.requests('create_sampling_session')).toHaveLength(0)
  })

  test('samples from weights and base model together where a server wants both', async () => {
    const peer = await startPeer({ flags: null })
    await clientOf(peer).createSamplingClient({ modelPath: 'twinkle://r/sampler_weights/1', baseModel: 'tiny' })
    expect(bodies(peer, 'create_sampling_session')[0]).toMatchObject({
      base_model: 'tiny',
      model_path: 'twinkle://r/sampler_weights/1',
    })
    const newer = await startPeer()
    await clientOf(newer).createSamplingClient({ modelPath: 'tinker://r/sampler_weights/1', baseModel: 'tiny' })
    expect(bodies(newer, 'create_sampling_session')[0]).not.toHaveProperty('base_model')
  })
})

describe('weights of another account', () => {
  test('are looked up under its credential and loaded with it, in each way of loading', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    const path = 'tinker://theirs/weights/1'
    for (const withOptimizer of [false, true])
      await service.createTrainingClientFromState(path, { withOptimizer, weightsAccessToken: 'tml-theirs' })
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    await training.loadState(path, { weightsAccessToken: 'tml-theirs' }).result()
    await training.loadStateWithOptimizer(path, { weightsAccessToken: 'tml-theirs' }).result()
    const keys = peer.requests('weights_info').map((r) => r.headers['x-api-key'])
    expect(keys).toEqual(['tml-theirs', 'tml-theirs'])
    const others = peer.seen.filter((r) => !['weights_info', 'client/config'].includes(r.path))
    expect(others.every((r) => r.headers['x-api-key'] === 'tml-test')).toBe(true)
    const loads = bodies(peer, 'load_weights')
    expect(loads.map((b) => b['weights_access_token'])).toEqual(Array.from({ length: 4 }, () => 'tml-theirs'))
    expect(loads.map((b) => b['optimizer'])).toEqual([false, true, false, true])
  })

  test('travel with the one request that creates by loading', async () => {
    const peer = await startPeer({ flags: { create_model_via_load_weights: true } })
    const options = { withOptimizer: true, weightsAccessToken: 'tml-theirs', userMetadata: { a: 'b' } }
    await clientOf(peer).createTrainingClientFromState('tinker://theirs/weights/1', options)
    expect(bodies(peer, 'load_weights')[0]).toMatchObject({
      weights_access_token: 'tml-theirs',
      user_metadata: { a: 'b' },
      model_seq_id: 0,
    })
    expect(peer.requests('weights_info')).toHaveLength(0)
  })
})

describe('a training client', () => {
  test('gives out samplers of saved weights, and unloads its model after all that came before', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    await training.createSamplingClient('tinker://r/sampler_weights/1')
    expect(bodies(peer, 'create_sampling_session')[0]).toMatchObject({ model_path: 'tinker://r/sampler_weights/1' })
    peer.fault('optim_step', { delayMs: 30 })
    peer.routes.set('unload_model', () => ({ json: { request_id: 'u' } }))
    const step = training.optimStep()
    const unloaded = training.unloadModel()
    await step.result()
    await until(() => peer.requests('unload_model').length === 1)
    expect(peer.seen.findIndex((r) => r.path === 'optim_step')).toBeLessThan(
      peer.seen.findIndex((r) => r.path === 'unload_model'),
    )
    expect(bodies(peer, 'unload_model')[0]).toEqual({ model_id: training.modelId, type: 'unload_model' })
    unloaded.cancel()
    expect((await failureOfRejection(unloaded.result())).kind).toBe('aborted')
  })

  test('samples the weights of this moment under a name too, in their place in the order', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    const step = training.optimStep()
    const named = training.saveWeightsAndGetSamplingClient({ name: 'my-model' })
    const next = training.optimStep()
    const sampler = await named.result()
    await Promise.all([step.result(), next.result(), sampler.sample({ prompt: Int32Array.of(1) }).result()])
    expect(peer.model.ran.slice(0, 3)).toEqual(['optim_step 1', 'save_weights_for_sampler 2', 'optim_step 3'])
    expect(bodies(peer, 'create_sampling_session')[0]).toMatchObject({
      model_path: 'tinker://s1:train:0/sampler_weights/my-model',
    })
    peer.fault('save_weights_for_sampler', { status: 422, body: '{"detail":"no such name"}' })
    const refused = training.saveWeightsAndGetSamplingClient({ name: '/' })
    expect((await failureOfRejection(refused.result())).kind).toBe('rejected')
  })

  test('says so where the server cannot unload', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    expect((await failureOfRejection(training.unloadModel().result())).kind).toBe('unsupported')
  })

  test('survives a submission that is refused: the ones before and after go through', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('optim_step', { status: 400, body: '{"detail":"beta1 must be below 1"}' })
    const before = training.forwardBackward([datum(1)], 'ppo')
    const refused = training.optimStep()
    const after = training.saveState('x')
    expect((await failureOfRejection(refused.result())).kind).toBe('rejected')
    await Promise.all([before.result(), after.result()])
    expect(peer.model.ran).toEqual(['forward_backward 1', 'save_weights 3'])
  })
})

describe('the end', () => {
  test('is told to the server with its reason, and is the end', async () => {
    const peer = await startPeer()
    peer.routes.set('sessions/s1/finish', () => ({ json: {} }))
    const service = clientOf(peer)
    await service.createLoraTrainingClient({ baseModel: 'tiny' })
    await service.finish('errored', 'out of data')
    expect(bodies(peer, 'sessions/s1/finish')).toEqual([{ reason: { type: 'errored' }, detail: 'out of data' }])
    expect(service.closed).toBe(true)
    expect((await failureOfRejection(service.createLoraTrainingClient({ baseModel: 'tiny' }))).kind).toBe('aborted')
  })

  test('comes also where the server knows no such route, and where there was no session', async () => {
    const peer = await startPeer()
    const [first, second] = [clientOf(peer), clientOf(peer)]
    await first.createLoraTrainingClient({ baseModel: 'tiny' })
    await first.finish('success')
    await second.finish('interrupted')
    expect([first.closed, second.closed]).toEqual([true, true])
  })

  test('that the server refuses is told, and the client is closed all the same', async () => {
    const peer = await startPeer()
    peer.routes.set('sessions/s1/finish', () => ({ status: 422, json: { detail: 'no such reason' } }))
    const service = clientOf(peer)
    await service.createLoraTrainingClient({ baseModel: 'tiny' })
    expect((await failureOfRejection(service.finish('success'))).status).toBe(422)
    expect(service.closed).toBe(true)
  })

  test('comes by itself at the end of a block', async () => {
    const peer = await startPeer()
    const service = createServiceClient({ baseUrl: peer.url })
    await service[Symbol.asyncDispose]()
    expect(service.closed).toBe(true)
  })
})
