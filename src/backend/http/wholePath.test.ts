import { afterAll, describe, expect, test } from 'vitest'
import { decodeForwardBackwardOutputProto } from '../../tinker/wire/protoForwardBackwardOutput.ts'
import { encodeForwardBackwardProto } from '../../tinker/wire/protoForwardBackward.ts'
import { decodeSampleResultProto } from '../../tinker/wire/protoSample.ts'
import { modelInputFromTokens } from '../../tinker/wire/modelInput.ts'
import { tensorForKey } from '../../tinker/wire/datum.ts'
import { memoryBlobStore } from '../storage/blobStore.ts'
import { backendClient, samplePrompt, textDatum, trainBody } from '../service/testing/backendClient.ts'
import type { Json } from '../service/testing/backendClient.ts'

const adam = { learning_rate: 0.01 }
const storage = memoryBlobStore()
const client = backendClient({ storage })
afterAll(() => client.backend.close())

function lossOf(result: Json): number {
  return (result['metrics'] as Record<string, number>)['loss:sum']!
}

describe('a client that trains, saves, samples and resumes', () => {
  let model: string
  let session: string
  let seq = 0
  const first: number[] = []

  test('lowers the loss by pipelined forward_backward and optim_step', async () => {
    ;({ session, model } = await client.newModel())
    expect(model).toBe(`${session}:train:0`)
    const ids: string[] = []
    const steps: string[] = []
    for (let step = 0; step < 20; step++) {
      const forward = await client.post('forward_backward', trainBody(model, ++seq, [textDatum('hello world')]))
      ids.push(forward.body['request_id'] as string)
      const optim = await client.post('optim_step', { model_id: model, seq_id: ++seq, adam_params: adam })
      steps.push(optim.body['request_id'] as string)
    }
    for (const id of ids) first.push(lossOf(await client.poll(id)))
    const last = await client.poll(steps.at(-1)!)
    expect(last['metrics']).toMatchObject({ 'optimizer_step:max': 20 })
    expect(first.every(Number.isFinite)).toBe(true)
    expect(first.at(-1)!).toBeLessThan(first[0]! / 2)
  })

  test('gets the same numbers in protobuf as in JSON', async () => {
    const text = [...new TextEncoder().encode('hello world')]
    const call = {
      modelId: model,
      data: [
        {
          modelInput: modelInputFromTokens(text.slice(0, -1)),
          lossFnInputs: {
            target_tokens: tensorForKey('target_tokens', text.slice(1)),
            weights: tensorForKey(
              'weights',
              text.slice(1).map(() => 1),
            ),
          },
        },
      ],
      lossFn: 'cross_entropy',
      forwardOnly: true,
    }
    const submitted = await client.backend.fetch(
      new Request('http://backend/some/prefix/api/v1/forward_backward', {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: encodeForwardBackwardProto(call),
      }),
    )
    const { request_id: id } = (await submitted.json()) as { request_id: string }
    const json = await client.poll(id)
    const proto = decodeForwardBackwardOutputProto(await client.pollProto(id))
    if (!proto.ok) throw new Error(proto.error)
    const [outputs] = json['loss_fn_outputs'] as [{ logprobs: { data: number[]; shape: number[] } }]
    expect(outputs.logprobs.shape).toEqual([text.length - 1])
    expect(Array.from(proto.value.lossFnOutputs[0]!['logprobs']!.data, Number)).toEqual(outputs.logprobs.data)
    expect(proto.value.metrics['loss:sum']).toBe(lossOf(json))
    expect(lossOf(json)).toBeCloseTo(-outputs.logprobs.data.reduce((a, b) => a + b, 0), 3)
  })

  test('samples what it learned, through ephemeral and through named weights, with equal bytes', async () => {
    const ephemeral = await client.run('save_weights_for_sampler', {
      model_id: model,
      sampling_session_seq_id: 0,
      seq_id: ++seq,
    })
    const named = await client.run('save_weights_for_sampler', { model_id: model, path: 'final', seq_id: ++seq })
    expect(named['path']).toBe(`tinker://${model}/sampler_weights/final`)
    const opened = await client.post('create_sampling_session', {
      session_id: session,
      sampling_session_seq_id: 1,
      model_path: named['path'],
    })
    const results: Uint8Array[] = []
    for (const sampler of [ephemeral['sampling_session_id'], opened.body['sampling_session_id']]) {
      const submitted = await client.post('asample', {
        sampling_session_id: sampler,
        seq_id: 0,
        num_samples: 2,
        prompt: samplePrompt('hello '),
        sampling_params: { max_tokens: 6, temperature: 0.7, seed: 11, stop: 'd' },
        prompt_logprobs: true,
        topk_prompt_logprobs: 3,
      })
      const id = submitted.body['request_id'] as string
      results.push(await client.pollProto(id))
    }
    expect(results[0]).toEqual(results[1])
    const decoded = decodeSampleResultProto(results[0]!)
    if (!decoded.ok) throw new Error(decoded.error)
    const { sequences, promptLogprobs, topkPromptLogprobs } = decoded.value
    expect(new TextDecoder().decode(Uint8Array.from(sequences[0]!.tokens))).toBe('world')
    expect(sequences.map((s) => s.stopReason)).toContain('stop')
    expect(sequences[0]!.logprobs).toHaveLength(sequences[0]!.tokens.length)
    expect(promptLogprobs).toHaveLength(6)
    expect(promptLogprobs![0]).toBeNaN()
    expect(topkPromptLogprobs![0]).toBeNull()
    const [best] = topkPromptLogprobs![5]!
    expect(best!.logprob).toBeGreaterThanOrEqual(promptLogprobs![5]!)
  })

  test('resumes from saved state exactly where it was, in another process over the same storage', async () => {
    const saved = await client.run('save_weights', { model_id: model, path: 'state', seq_id: ++seq })
    const path = saved['path'] as string
    const step = async (c: typeof client, m: string, from: number): Promise<number[]> => {
      const losses: number[] = []
      for (let i = 0; i < 3; i++) {
        losses.push(lossOf(await c.run('forward_backward', trainBody(m, from + 2 * i, [textDatum('another text')]))))
        await c.run('optim_step', { model_id: m, seq_id: from + 2 * i + 1, adam_params: adam })
      }
      return losses
    }
    const straight = await step(client, model, seq + 1)

    const other = backendClient({ storage })
    const info = await other.post('weights_info', { tinker_path: path })
    expect(info.body).toMatchObject({ base_model: 'test/tiny', is_lora: true, lora_rank: 4, train_mlp: true })
    const fresh = await other.newModel({ rank: 4, seed: 99 })
    const loaded = await other.run('load_weights', { model_id: fresh.model, seq_id: 1, path, optimizer: true })
    expect(loaded).toMatchObject({ model_id: fresh.model })
    expect(await step(other, fresh.model, 2)).toEqual(straight)

    const created = await other.run('load_weights', {
      session_id: fresh.session,
      model_seq_id: 5,
      path,
      optimizer: true,
    })
    expect(created).toEqual({ path, model_id: `${fresh.session}:train:5`, type: 'load_weights' })
    expect(await step(other, created['model_id'] as string, 1)).toEqual(straight)
    await other.backend.close()
  })

  test('lists, publishes, limits and deletes the checkpoints', async () => {
    const runs = await client.call('GET', 'training_runs?limit=10')
    expect(runs.body).toMatchObject({ cursor: { offset: 0, limit: 10 } })
    const run = await client.call('GET', `training_runs/${model}`)
    expect(run.body).toMatchObject({ training_run_id: model, base_model: 'test/tiny', is_lora: true, lora_rank: 4 })
    const list = await client.call('GET', `training_runs/${model}/checkpoints`)
    const ids = (list.body['checkpoints'] as Json[]).map((c) => c['checkpoint_id'])
    expect(new Set(ids)).toEqual(new Set(['weights/state', 'sampler_weights/final']))
    const route = `training_runs/${encodeURIComponent(model)}/checkpoints/weights/state`
    expect((await client.call('POST', `${route}/publish`)).status).toBe(200)
    expect((await client.call('POST', `${route}/publish`)).status).toBe(409)
    expect((await client.call('DELETE', `${route}/publish`)).status).toBe(200)
    expect((await client.call('PUT', `${route}/ttl`, { ttl_seconds: 60 })).status).toBe(200)
    const [found] = (await client.call('GET', 'checkpoints')).body['checkpoints'] as Json[]
    expect(found).toMatchObject({
      checkpoint_type: 'training',
      public: false,
      expires_at: expect.any(String) as string,
    })
    expect((await client.call('DELETE', route)).status).toBe(200)
    expect((await client.call('DELETE', route)).status).toBe(404)
  })
})
