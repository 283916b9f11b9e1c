/** The order of a model's operations on the wire, and what saved state brings back, on a server that really trains. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { countingIds } from '../../base/ids.ts'
import { createEmbeddedBackend } from '../../backend/index.ts'
import { memoryBlobStore } from '../../backend/storage/blobStore.ts'
import { tinyModel } from '../../backend/service/testing/tinyModel.ts'
import { createServiceClient } from '../serviceClient.ts'
import { clientOf, datum, failureOfRejection, startPeer, until } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import { tensorForKey } from '../wire/datum.ts'
import { modelInputFromTokens } from '../wire/modelInput.ts'
import type { ServiceClient } from '../serviceClient.ts'
import type { TrainingClient } from '../trainingClient.ts'
import type { Datum } from '../wire/datum.ts'

describe('the order of submissions', () => {
  type Turn = { parallel_fwdbwd_chunks: boolean; chunks: number; then: string }

  test.each(vectorsOf<Turn, string[]>('turn_order'))('$name', async ({ input, expected }) => {
    const flags = { fwdbwd_max_chunk_len: 1, parallel_fwdbwd_chunks: input.parallel_fwdbwd_chunks }
    const peer = await startPeer({ flags })
    const client = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    const pass = client.forwardBackward(
      Array.from({ length: input.chunks }, (_, i) => datum(i)),
      'ppo',
    )
    await Promise.all([pass.result(), client.optimStep().result()])
    const sent = peer.model.ran.map((line) => {
      const [name, seq] = line.split(' ')
      return name === 'optim_step' ? `optim_step(seq_id ${seq})` : `chunk${seq}(seq_id ${seq})`
    })
    expect(sent).toEqual(expected)
  })

  test('parallel: the first chunk last, the others side by side, the step after all', async () => {
    const peer = await startPeer({ flags: { fwdbwd_max_chunk_len: 1 } })
    const client = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    const slow = { delayMs: 100 }
    peer.fault('forward_backward', slow, slow, slow, slow)
    const pass = client.forwardBackward(
      [0, 1, 2, 3, 4].map((t) => datum(t)),
      'ppo',
    )
    await Promise.all([pass.result(), client.optimStep().result()])
    expect(peer.model.ran.at(0)).toBe('forward_backward 2')
    expect(peer.model.ran.slice(1, 4).sort()).toEqual([3, 4, 5].map((n) => `forward_backward ${n}`))
    expect(peer.model.ran.slice(4)).toEqual(['forward_backward 1', 'optim_step 6'])
    const arrivals = peer
      .requests('forward_backward')
      .slice(1, 4)
      .map((r) => r.at)
    expect(Math.max(...arrivals) - Math.min(...arrivals)).toBeLessThan(100)
  })

  test('one number for one submission: 429, 429, then taken', async () => {
    const peer = await startPeer()
    const client = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('optim_step', { status: 429 }, { status: 429 }, { drop: 'after' })
    await Promise.all([client.optimStep().result(), client.optimStep().result()])
    const numbers = peer.requests('optim_step').map((r) => (r.body as { seq_id: number }).seq_id)
    expect(numbers).toEqual([1, 1, 1, 1, 2])
    expect(peer.model.ran).toEqual(['optim_step 1', 'optim_step 2'])
  })

  test('a result lost on the server is not computed again: the pass says so', async () => {
    const peer = await startPeer()
    const client = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    peer.model.lost.set('forward_backward-2', 410)
    const failure = await failureOfRejection(client.forwardBackward([datum(1)], 'ppo').result())
    expect(failure).toMatchObject({ kind: 'expired', what: 'result' })
    expect(peer.model.ran).toEqual(['forward_backward 1'])
  })

  test('a pass cancelled between its chunks leaves no gap in the numbers', async () => {
    const peer = await startPeer({ flags: { fwdbwd_max_chunk_len: 1, parallel_fwdbwd_chunks: false } })
    const client = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('forward_backward', { delayMs: 0 }, { delayMs: 300 })
    const pass = client.forwardBackward(
      [0, 1, 2, 3].map((t) => datum(t)),
      'ppo',
    )
    await until(() => peer.requests('forward_backward').length === 2)
    pass.cancel()
    await failureOfRejection(pass.result())
    await client.optimStep().result()
    const last = peer.requests('optim_step')[0]!.body as { seq_id: number }
    expect(last.seq_id).toBe(3)
  })
})

function started(): ServiceClient {
  const backend = createEmbeddedBackend({
    models: [tinyModel()],
    storage: memoryBlobStore(),
    ids: countingIds(),
    engine: { simd: 'strict' },
  })
  const service = createServiceClient({ baseUrl: 'http://backend', fetch: (request) => backend.fetch(request) })
  onTestFinished(async () => {
    await service.close()
    await backend.close()
  })
  return service
}

function text(step: number): Datum {
  const tokens = Array.from({ length: 9 }, (_, i) => (step * 31 + i * 7) % 256)
  const targets = tokens.slice(1)
  return {
    modelInput: modelInputFromTokens(tokens.slice(0, -1)),
    lossFnInputs: {
      target_tokens: tensorForKey('target_tokens', targets),
      weights: tensorForKey(
        'weights',
        targets.map(() => 1),
      ),
    },
  }
}

async function logprobsOf(client: TrainingClient): Promise<number[]> {
  const output = await client.forward([text(99)], 'cross_entropy').result()
  return Array.from(output.lossFnOutputs[0]!['logprobs']!.data, Number)
}

async function train(client: TrainingClient, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step++) {
    const pass = client.forwardBackward([text(step)], 'cross_entropy')
    await Promise.all([pass.result(), client.optimStep({ learningRate: 0.01 }).result()])
  }
}

describe('saved state', () => {
  test('brings back the same weights; with the optimizer the same future, without it another', async () => {
    const service = started()
    const straight = await service.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4, seed: 2 })
    await train(straight, 0, 2)
    const { path } = await straight.saveState('half').result()
    const half = await logprobsOf(straight)
    await train(straight, 2, 4)
    const ends: number[][] = []
    for (const withOptimizer of [true, false]) {
      const resumed = await service.createTrainingClientFromState(path, { withOptimizer })
      expect(await logprobsOf(resumed)).toEqual(half)
      await train(resumed, 2, 4)
      ends.push(await logprobsOf(resumed))
    }
    const wanted = await logprobsOf(straight)
    expect(ends[0]).toEqual(wanted)
    expect(ends[1]).not.toEqual(wanted)
  })

  test('is sampled as it was trained: its prompt logprobs are those of a forward pass', async () => {
    const service = started()
    const client = await service.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4, seed: 2 })
    await train(client, 0, 2)
    const sampler = await client.saveWeightsAndGetSamplingClient().result()
    const tokens = Array.from({ length: 9 }, (_, i) => (99 * 31 + i * 7) % 256)
    const prompt = await sampler.computeLogprobs(Int32Array.from(tokens)).result()
    expect(prompt[0]).toBeNaN()
    const forward = await logprobsOf(client)
    prompt.slice(1).forEach((logprob, i) => expect(logprob).toBeCloseTo(forward[i]!, 3))
    const greedy = { prompt: Int32Array.from(tokens), params: { maxTokens: 6, temperature: 0 } }
    const [once, twice] = await Promise.all([sampler.sample(greedy).result(), sampler.sample(greedy).result()])
    expect(once.sequences[0]!.tokens).toEqual(twice.sequences[0]!.tokens)
    expect(await sampler.getBaseModel()).toBe('test/tiny')
  })
})
