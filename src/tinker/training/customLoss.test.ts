/** Losses that the caller computes, and their way through the server's cross-entropy. */
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
import { float32Tensor } from '../wire/tensorData.ts'
import type { Peer } from '../testing/peer.ts'
import type { TrainingClient } from '../trainingClient.ts'
import type { Datum } from '../wire/datum.ts'
import type { ForwardBackwardCall } from '../wire/forwardBackward.ts'
import type { CustomLoss } from './customLoss.ts'

async function training(
  options: Parameters<typeof startPeer>[0] = {},
): Promise<{ peer: Peer; client: TrainingClient }> {
  const peer = await startPeer(options)
  return { peer, client: await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' }) }
}

/** A datum whose logprobs the peer gives as minus an eighth of these numbers. */
function plain(...tokens: readonly number[]): Datum {
  const target_tokens = tensorForKey('target_tokens', tokens)
  return { modelInput: modelInputFromTokens(tokens), lossFnInputs: { target_tokens } }
}

function sentWeights(peer: Peer, pass: number): number[][] {
  const call = peer.requests('forward_backward')[pass]!.body as ForwardBackwardCall
  return call.data.map(({ lossFnInputs }) => Array.from(lossFnInputs['weights']!.data, Number))
}

const vector = (name: string): { input: Record<string, unknown>; expected: Record<string, unknown> } =>
  vectorsOf<Record<string, unknown>, Record<string, unknown>>('custom_loss').find((v) => v.name.startsWith(name))!

describe('the two passes', () => {
  test('send zero weights first and then minus the gradient', async () => {
    const { peer, client } = await training()
    const { expected } = vector('weights sent are minus the gradient')
    const zeros = vector('the forward pass gets zero weights').expected
    const mean: CustomLoss = (_data, [logprobs]) => ({
      loss: -logprobs!.data.reduce((sum, lp) => sum + lp, 0) / 4,
      gradients: [new Float32Array(4).fill(-1 / 4)],
    })
    const result = await client.forwardBackwardCustom([plain(8, 16, 24, 32)], mean).result()
    expect(result.customLoss).toBe(2.5)
    expect(sentWeights(peer, 0)).toEqual([[0, 0, 0, 0]])
    expect(sentWeights(peer, 1)).toEqual(expected['weights'])
    const [first] = peer.requests('forward_backward')
    const weights = (first!.body as ForwardBackwardCall).data[0]!.lossFnInputs['weights']!
    expect(weights).toMatchObject({ dtype: zeros['dtype'], shape: [4] })
    const calls = peer.requests('forward_backward').map((r) => r.body as ForwardBackwardCall)
    expect(calls.map(({ lossFn, forwardOnly, seqId }) => [lossFn, forwardOnly, seqId])).toEqual([
      ['cross_entropy', true, 1],
      ['cross_entropy', false, 2],
    ])
  })

  test('carry a loss over a pair of sequences', async () => {
    const { peer, client } = await training()
    const { input, expected } = vector('preference loss over a pair')
    const { beta, reference_margin: margin } = input as { beta: number; reference_margin: number }
    const sum = (values: Float32Array): number => values.reduce((total, v) => total + v, 0)
    const preference: CustomLoss = (_data, [chosen, rejected]) => {
      const z = beta * (sum(chosen!.data) - sum(rejected!.data) - margin)
      const slope = -beta / (1 + Math.exp(z))
      return {
        loss: Math.log1p(Math.exp(-z)),
        gradients: [new Float32Array(2).fill(slope), new Float32Array(2).fill(-slope)],
      }
    }
    // −1 and −2 against −3 and −1.5, at an eighth a token.
    const result = await client.forwardBackwardCustom([plain(8, 16), plain(24, 12)], preference).result()
    expect(result.customLoss).toBeCloseTo(expected['loss'] as number, 5)
    const weights = expected['weights'] as number[][]
    sentWeights(peer, 1).forEach((row, i) => row.forEach((w, j) => expect(w).toBeCloseTo(weights[i]![j]!, 5)))
  })

  test('keep their place: what comes after finds the gradient of the second', async () => {
    const { peer, client } = await training({ flags: { fwdbwd_max_chunk_len: 1, parallel_fwdbwd_chunks: false } })
    const zero: CustomLoss = (data) => ({ loss: 0, gradients: data.map(() => new Float32Array(1)) })
    const custom = client.forwardBackwardCustom([plain(1), plain(2)], zero)
    const step = client.optimStep()
    await Promise.all([custom.result(), step.result()])
    expect(peer.model.ran).toEqual([
      'forward 1',
      'forward 2',
      'forward_backward 3',
      'forward_backward 4',
      'optim_step 5',
    ])
  })

  test('give the caller’s metrics over the server’s, and name the surrogate’s loss as such', async () => {
    const { client } = await training()
    const loss: CustomLoss = () => ({ loss: 7, metrics: { 'loss:avg': 9, mine: 2 }, gradients: [new Float32Array(1)] })
    const { metrics } = await client.forwardBackwardCustom([plain(1)], loss).result()
    expect(metrics).toEqual({ 'loss:sum': 7, 'surrogate_loss:sum': 1, 'loss:avg': 9, mine: 2, 'chunk:unique': 2 })
  })
})

describe('a custom loss is refused', () => {
  const fine: CustomLoss = (data) => ({ loss: 0, gradients: data.map(() => new Float32Array(1)) })

  test('before anything is sent: other inputs, no targets, no data', async () => {
    const { peer, client } = await training()
    const { keys } = vector('other loss_fn_inputs keys are refused').input as { keys: string[] }
    const inputs = Object.fromEntries(keys.map((key) => [key, tensorForKey(key, [1])]))
    const other = { modelInput: modelInputFromTokens([1]), lossFnInputs: inputs }
    const bare = { modelInput: modelInputFromTokens([1]), lossFnInputs: {} }
    for (const data of [[other], [bare], []])
      expect((await failureOfRejection(client.forwardBackwardCustom(data, fine).result())).kind).toBe('rejected')
    expect(peer.requests('forward_backward')).toHaveLength(0)
    expect(client.lastSeqId).toBe(0)
  })

  test.each<[string, CustomLoss]>([
    ['too few gradients', () => ({ loss: 0, gradients: [] })],
    ['a gradient of another length', () => ({ loss: 0, gradients: [new Float32Array(2)] })],
    ['a gradient that is no number', () => ({ loss: 0, gradients: [Float32Array.of(NaN)] })],
  ])('after the first pass: %s', async (_name, loss) => {
    const { peer, client } = await training()
    const failure = await failureOfRejection(client.forwardBackwardCustom([datum(1)], loss).result())
    expect(failure).toMatchObject({ kind: 'rejected' })
    await client.optimStep().result()
    expect(peer.model.ran).toEqual(['forward 1', 'optim_step 2'])
  })

  test('with what it threw itself, and the next operation goes on', async () => {
    const { client } = await training()
    const bug = new RangeError('my own')
    const custom = client.forwardBackwardCustom([datum(1)], () => {
      throw bug
    })
    await expect(custom.result()).rejects.toBe(bug)
    await client.optimStep().result()
  })
})

test('a custom loss that waits for ever can be cancelled, and does not stop what comes after', async () => {
  const { peer, client } = await training()
  const custom = client.forwardBackwardCustom([datum(1)], () => new Promise(() => undefined))
  await until(() => peer.model.ran.length === 1)
  const asked = Date.now()
  setTimeout(() => custom.cancel(), 30)
  expect((await failureOfRejection(custom.result())).kind).toBe('aborted')
  expect(Date.now() - asked).toBeLessThan(1000)
  await client.optimStep().result()
})

test('a cross-entropy of one’s own makes the update of the built-in one', async () => {
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
  const tokens = [5, 9, 2, 44, 17]
  const weights = float32Tensor([1, 0, 2, 0.5])
  const data = [
    {
      modelInput: modelInputFromTokens(tokens.slice(0, -1)),
      lossFnInputs: { target_tokens: tensorForKey('target_tokens', tokens.slice(1)), weights },
    },
  ]
  const own: CustomLoss = (_data, [logprobs]) => ({
    loss: -logprobs!.data.reduce((sum, lp, i) => sum + lp * weights.data[i]!, 0),
    gradients: [weights.data.map((w) => -w)],
  })
  const fingerprints: number[][] = []
  const losses: number[] = []
  for (const custom of [true, false]) {
    const client = await service.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4, seed: 3 })
    for (let step = 0; step < 3; step++) {
      const pass = custom ? client.forwardBackwardCustom(data, own) : client.forwardBackward(data, 'cross_entropy')
      losses.push((await pass.result()).metrics['loss:sum']!)
      await client.optimStep({ learningRate: 0.01 }).result()
    }
    const after = await client.forward(data, 'cross_entropy').result()
    fingerprints.push(Array.from(after.lossFnOutputs[0]!['logprobs']!.data, Number))
  }
  expect(fingerprints[0]).toEqual(fingerprints[1])
  losses.slice(0, 3).forEach((loss, i) => expect(loss).toBeCloseTo(losses[i + 3]!, 4))
})
