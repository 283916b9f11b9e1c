import { afterAll, describe, expect, test } from 'vitest'
import { backendClient, samplePrompt, textDatum, trainBody } from '../service/testing/backendClient.ts'
import type { Json } from '../service/testing/backendClient.ts'

const client = backendClient()
afterAll(() => client.backend.close())

const prompt = samplePrompt('abcd')

async function ask(more: Json, params: Json = {}): Promise<Json> {
  const sampling_params = { max_tokens: 3, seed: 1, stop: [], ...params }
  return client.run('asample', { base_model: 'test/tiny', prompt, sampling_params, ...more })
}

async function refused(more: Json): Promise<unknown> {
  const body = { base_model: 'test/tiny', prompt, sampling_params: { max_tokens: 1 }, ...more }
  const answer = await client.post('asample', body)
  expect(answer.status).toBe(400)
  return answer.body['detail']
}

describe('a sampling request may ask for', () => {
  test('the likeliest tokens at each sampled position; greedy sampling takes the first of them', async () => {
    const { sequences } = await ask({ topk_sample_logprobs: 2, num_samples: 2 }, { temperature: 0 })
    for (const sequence of sequences as Json[]) {
      const rows = sequence['topk_sampled_logprobs'] as [number, number][][]
      expect(rows.map((row) => row[0]![0])).toEqual(sequence['tokens'])
      expect(rows.every((row) => row.length === 2 && row[0]![1] >= row[1]![1])).toBe(true)
      expect(rows[0]![0]![1]).toBeCloseTo((sequence['logprobs'] as number[])[0]!, 4)
    }
    expect(await refused({ topk_sample_logprobs: 65 })).toMatch(/topk_sample_logprobs/)
  })

  test('the end of the prompt only', async () => {
    const whole = await ask({ prompt_logprobs: true, topk_prompt_logprobs: 1 })
    const last = await ask({ prompt_logprobs: true, topk_prompt_logprobs: 1, prompt_logprobs_last_n: 2 })
    expect((whole['prompt_logprobs'] as unknown[]).slice(0, 2)).toEqual([null, expect.any(Number)])
    expect(last['prompt_logprobs']).toEqual([null, null, ...(whole['prompt_logprobs'] as unknown[]).slice(2)])
    expect((last['topk_prompt_logprobs'] as unknown[]).map((row) => row === null)).toEqual([true, true, false, false])
    expect(await refused({ prompt_logprobs: true, prompt_logprobs_last_n: 4 })).toMatch(/from 1 to 3/)
    expect(await refused({ prompt_logprobs_last_n: 1 })).toMatch(/needs prompt_logprobs/)
  })

  test('the log-probabilities of tokens of its choice, dense or sparse', async () => {
    const dense = { dtype: 'int64', shape: [3, 2], data: [98, 5, -1, 7, 100, -1] }
    const result = await ask({ prompt_logprobs: true, target_prompt_logprobs: dense })
    const scores = result['target_prompt_logprobs'] as { data: number[]; shape: number[] }
    const own = result['prompt_logprobs'] as number[]
    expect(scores.shape).toEqual([3, 2])
    expect(scores.data[0]).toBeCloseTo(own[1]!, 4)
    expect(scores.data[4]).toBeCloseTo(own[3]!, 4)
    expect([scores.data[2], scores.data[5]]).toEqual([0, 0])
    const cells = { sparse_crow_indices: [0, 2, 2, 3], sparse_col_indices: [0, 1, 1] }
    const sparse = { dtype: 'int64', shape: [3, 2], data: [98, 5, -1], ...cells }
    const few = (await ask({ target_prompt_logprobs: sparse }))['target_prompt_logprobs'] as Json
    expect(few).toMatchObject(cells)
    expect((few['data'] as number[])[1]).toBeCloseTo(scores.data[1]!, 5)
    expect((few['data'] as number[])[2]).toBe(0)
    const wrong = { dtype: 'int64', shape: [4, 1], data: [1, 2, 3, 4] }
    expect(await refused({ target_prompt_logprobs: wrong })).toMatch(/shape \[3, K\]/)
    expect(await refused({ target_prompt_logprobs: { ...dense, data: [0, 0, 0, 0, 0, 999] } })).toMatch(/vocabulary/)
  })

  test('alternatives to its prompt’s tokens, seeded, at the request’s temperature', async () => {
    const alternatives = async (params: Json): Promise<{ tokens: { data: number[] }; logprobs: { data: number[] } }> =>
      (await ask({ prompt_alt_tokens_k: 8 }, params))['prompt_alt_tokens'] as never
    const [one, same, other] = [await alternatives({}), await alternatives({}), await alternatives({ seed: 2 })]
    expect(one).toEqual(same)
    expect(one.tokens.data).not.toEqual(other.tokens.data)
    expect(one.tokens.data).toHaveLength(24)
    const top = (await ask({ topk_prompt_logprobs: 1 }))['topk_prompt_logprobs'] as [number, number][][]
    const greedy = await alternatives({ temperature: 0 })
    expect(greedy.tokens.data.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => top[1]![0]![0]))
    expect(greedy.logprobs.data[0]).toBeCloseTo(top[1]![0]![1], 4)
  })
})

describe('weights', () => {
  test('published in flight change under the sessions that sample from them', async () => {
    const { model } = await client.newModel()
    const publish = async (seq: number, place: number): Promise<string> => {
      const body = { model_id: model, seq_id: seq, sampling_session_seq_id: place, kind: 'inflight' }
      return (await client.run('save_weights_for_sampler', body))['sampling_session_id'] as string
    }
    const score = async (id: string): Promise<unknown> => {
      const body = { sampling_session_id: id, prompt, prompt_logprobs: true, sampling_params: { max_tokens: 0 } }
      return (await client.run('asample', body))['prompt_logprobs']
    }
    const first = await publish(1, 0)
    const before = await score(first)
    await client.run('forward_backward', trainBody(model, 2, [textDatum('abcd')]))
    await client.run('optim_step', { model_id: model, seq_id: 3, adam_params: { learning_rate: 0.05 } })
    expect(await score(first)).toEqual(before)
    const second = await publish(4, 1)
    expect(second).not.toBe(first)
    expect(await score(first)).toEqual(await score(second))
    expect(await score(first)).not.toEqual(before)
  })

  test('are exported as files, each with an address', async () => {
    const { model } = await client.newModel()
    const saved = await client.run('save_weights_external', { model_id: model, seq_id: 1, path: 'out' })
    expect(saved['path']).toBe(`tinker://${model}/external_weights/out`)
    const route = `training_runs/${model}/checkpoints/external_weights/out/external_weights_urls`
    const { urls } = (await client.call('GET', route)).body as { urls: Record<string, string> }
    expect(Object.keys(urls)).toEqual(['adapter_config.json', 'adapter_model.safetensors'])
    const file = await client.backend.fetch(new Request(urls['adapter_config.json']!))
    expect(await file.json()).toMatchObject({ peft_type: 'LORA' })
    const sampling = { session_id: 'x', sampling_session_seq_id: 0, model_path: saved['path'] }
    expect((await client.post('create_sampling_session', sampling)).status).toBeGreaterThanOrEqual(400)
  })

  test('are copied into a training run of their own, whose state trains on alike', async () => {
    const { session, model } = await client.newModel()
    await client.run('forward_backward', trainBody(model, 1, [textDatum('abcd')]))
    await client.run('optim_step', { model_id: model, seq_id: 2, adam_params: { learning_rate: 0.05 } })
    const { path } = await client.run('save_weights', { model_id: model, seq_id: 3, path: 'one' })
    const copied = await client.post('copy_weights', { source_path: path, session_id: session, model_seq_id: 7 })
    expect(copied.body['tinker_path']).toBe(`tinker://${session}:train:7/weights/one`)
    const again = await client.post('copy_weights', { source_path: path, session_id: session, model_seq_id: 7 })
    expect(again.status).toBe(409)
    const loaded = await client.run('load_weights', {
      session_id: session,
      model_seq_id: 8,
      path: copied.body['tinker_path'],
      optimizer: true,
    })
    const lossOf = async (id: unknown): Promise<unknown> =>
      (
        await client.run('forward', {
          model_id: id,
          forward_input: { data: [textDatum('abcd')], loss_fn: 'cross_entropy' },
        })
      )['metrics']
    expect(await lossOf(loaded['model_id'])).toEqual(await lossOf(model))
    const project = await client.post('copy_weights', { source_path: path, destination_project_id: 'p' })
    expect(project.body['tinker_path']).toMatch(/^tinker:\/\/copy_\d+\/weights\/one$/)
    expect((await client.post('copy_weights', { source_path: path })).status).toBe(400)
  })
})
