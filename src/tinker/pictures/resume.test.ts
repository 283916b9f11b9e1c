/** A vision model is trained on captions, saved, gone on from with its optimizer by another client, and cleaned up behind. */
import { expect, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer } from '../testing/fixtures.ts'
import { appendChunk, appendTokens, imageChunk, modelInputLength } from '../wire/modelInput.ts'
import { tensorForKey } from '../wire/datum.ts'
import { pictureRule, pictureTokens } from './pictureRule.ts'
import { pictureSize } from './pictureSize.ts'
import type { Datum } from '../wire/datum.ts'
import type { ForwardBackwardCall } from '../wire/forwardBackward.ts'
import type { Peer } from '../testing/peer.ts'
import type { TrainingClient } from '../trainingClient.ts'

const MODEL = 'Qwen/Qwen3-VL-30B-A3B-Instruct'
const CAPTION = [11, 12, 13]

/** The head of a PNG of 640 × 480: what stands behind it is the server's to read. */
const PICTURE = new Uint8Array(Buffer.from('89504e470d0a1a0a0000000d4948445200000280000001e00802000000', 'hex'))

/** The picture, then its caption, which alone is learnt. */
function captioned(picture: Uint8Array, caption: readonly number[]): Datum {
  const tokens = pictureTokens(pictureSize(picture), pictureRule(MODEL)!)
  const input = appendTokens(appendChunk({ chunks: [] }, imageChunk(picture, tokens)), ...caption.slice(0, -1))
  const length = modelInputLength(input)
  const weights = Array.from({ length }, (_, i) => (i >= length - caption.length ? 1 : 0))
  const targets = weights.map((weight, i) => (weight === 0 ? 0 : caption[i - length + caption.length]!))
  const lossFnInputs = {
    target_tokens: tensorForKey('target_tokens', targets),
    weights: tensorForKey('weights', weights),
  }
  return { modelInput: input, lossFnInputs }
}

async function step(training: TrainingClient): Promise<number> {
  const pass = training.forwardBackward([captioned(PICTURE, CAPTION)], 'cross_entropy')
  await training.optimStep({ learningRate: 1e-4 }).result()
  return (await pass.result()).lossFnOutputs[0]!['logprobs']!.data.length
}

/** What came of the picture: as JSON says it, and as protobuf does. */
function pictureSent(peer: Peer, at: number): unknown {
  const body = peer.requests('forward_backward')[at]!.body as
    | ForwardBackwardCall
    | { forward_backward_input: { data: { model_input: { chunks: unknown[] } }[] } }
  return 'data' in body
    ? body.data[0]!.modelInput.chunks[0]
    : body.forward_backward_input.data[0]!.model_input.chunks[0]
}

test.each(['json', 'protobuf'] as const)('captions are learnt, by %s', async (wire) => {
  const peer = await startPeer({ bodies: wire })
  const first = clientOf(peer, { wire })
  const training = await first.createLoraTrainingClient({ baseModel: MODEL, rank: 8 })
  // 640 × 480 is 20 × 15 blocks of 32 pixels; then two tokens of the caption.
  expect(await step(training)).toBe(302)
  const { path } = await training.saveState('captions').result()
  await first.close()

  const second = clientOf(peer, { wire })
  const resumed = await second.createTrainingClientFromState(path, { withOptimizer: true })
  await step(resumed)
  expect(peer.requests('load_weights')[0]!.body).toMatchObject({ path, optimizer: true })
  for (const at of [0, 1])
    expect(pictureSent(peer, at)).toEqual(
      wire === 'json'
        ? { type: 'image', data: Buffer.from(PICTURE).toString('base64'), format: 'png', expected_tokens: 300 }
        : { type: 'image', data: PICTURE, format: 'png', expectedTokens: 300 },
    )

  const saves = new Set(['weights/captions'])
  peer.routes.set('training_runs/s1:train:0/checkpoints/weights/captions', () =>
    saves.delete('weights/captions')
      ? { status: 204, json: undefined }
      : { status: 404, json: { detail: 'no captions' } },
  )
  const rest = await second.rest()
  await rest.deleteCheckpoint(path)
  expect(saves.size).toBe(0)
  expect(await failureOfRejection(rest.deleteCheckpoint(path))).toMatchObject({ kind: 'notFound' })
})
