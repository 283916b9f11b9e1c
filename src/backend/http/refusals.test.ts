import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backendClient, samplePrompt, textDatum, trainBody } from '../service/testing/backendClient.ts'
import { TINY_VOCAB, TINY_WINDOW } from '../service/testing/tinyModel.ts'
import type { Json } from '../service/testing/backendClient.ts'

const client = backendClient()
let model: string
let session: string
beforeAll(async () => {
  ;({ model, session } = await client.newModel())
})
afterAll(() => client.backend.close())

const rank = (lora: Json): Json => ({
  session_id: session,
  model_seq_id: 40,
  base_model: 'test/tiny',
  lora_config: lora,
})
const ints = (data: number[]): Json => ({ data, dtype: 'int64', shape: [data.length] })
const floats = (data: number[]): Json => ({ data, dtype: 'float32', shape: [data.length] })
const datum = (tokens: number[], inputs: Json): Json => ({
  model_input: { chunks: [{ tokens }] },
  loss_fn_inputs: inputs,
})
const rl = (more: Json): Json => {
  const inputs = { target_tokens: ints([2, 3]), logprobs: floats([-1, -1]), advantages: floats([1, 1]), ...more }
  return trainBody(model, 0, [datum([1, 2], inputs)], 'importance_sampling')
}
const ce = (tokens: number[], inputs: Json): Json => trainBody(model, 0, [datum(tokens, inputs)])
const sample = (params: Json, more: Json = {}): Json => ({
  base_model: 'test/tiny',
  prompt: samplePrompt('hi'),
  sampling_params: { max_tokens: 4, ...params },
  ...more,
})

/** What is refused at once: path, body, status, and words of the message. */
const refused: readonly [string, string, () => Json, number, RegExp][] = [
  ['a rank that is no power of two', 'create_model', () => rank({ rank: 12 }), 400, /power of two.*not 12/],
  ['a rank above the limit', 'create_model', () => rank({ rank: 128 }), 400, /from 1 to 64/],
  ['a rank of zero', 'create_model', () => rank({ rank: 0 }), 400, /power of two/],
  [
    'nothing to train',
    'create_model',
    () => rank({ rank: 4, train_attn: false, train_mlp: false, train_unembed: false }),
    400,
    /nothing would be trained/,
  ],
  [
    'an unknown base model',
    'create_model',
    () => ({ ...rank({ rank: 4 }), base_model: 'Qwen/Qwen9' }),
    400,
    /no base model "Qwen\/Qwen9".*test\/tiny/,
  ],
  [
    'an unknown session',
    'create_model',
    () => ({ ...rank({ rank: 4 }), session_id: 'nope' }),
    404,
    /no session "nope"/,
  ],
  ['an unknown model', 'forward_backward', () => trainBody('nope', 1, [textDatum('ab')]), 404, /no live model "nope"/],
  [
    'an unknown loss',
    'forward_backward',
    () => trainBody(model, 0, [textDatum('ab')], 'mse'),
    400,
    /no loss "mse".*cross_entropy/,
  ],
  ['no data', 'forward_backward', () => trainBody(model, 0, []), 400, /no data/],
  [
    'an extra key in an RL datum',
    'forward_backward',
    () => rl({ mask: floats([1, 1]) }),
    400,
    /'mask'.*importance_sampling does not take/,
  ],
  ['weights in an RL datum', 'forward_backward', () => rl({ weights: floats([1, 1]) }), 400, /'weights'/],
  [
    'a missing key',
    'forward_backward',
    () => ce([1, 2], { weights: floats([1, 1]) }),
    400,
    /data\[0\].*lacks 'target_tokens'/,
  ],
  [
    'a token outside the vocabulary',
    'forward_backward',
    () => ce([1, TINY_VOCAB], { target_tokens: ints([2, 3]) }),
    400,
    /token 260 at 1.*0 to 259/,
  ],
  [
    'a negative target',
    'forward_backward',
    () => ce([1, 2], { target_tokens: ints([2, -1]) }),
    400,
    /target_tokens has the token -1/,
  ],
  [
    'fewer targets than tokens',
    'forward_backward',
    () => ce([1, 2, 3], { target_tokens: ints([2, 3]) }),
    400,
    /3 input tokens but target_tokens of shape \[2\]/,
  ],
  [
    'weights of another length',
    'forward_backward',
    () => ce([1, 2], { target_tokens: ints([2, 3]), weights: floats([1]) }),
    400,
    /weights has 1 values; it needs 2/,
  ],
  [
    'a sequence beyond the window',
    'forward_backward',
    () => trainBody(model, 0, [textDatum('x'.repeat(TINY_WINDOW + 2))]),
    400,
    /65 tokens; the context window.*64/,
  ],
  [
    'a setting that the loss lacks',
    'forward_backward',
    () => ({
      model_id: model,
      forward_backward_input: { data: [textDatum('ab')], loss_fn: 'cross_entropy', loss_fn_config: { beta: 1 } },
    }),
    400,
    /no setting 'beta'/,
  ],
  [
    'an image',
    'forward_backward',
    () =>
      trainBody(model, 0, [
        { ...textDatum('ab'), model_input: { chunks: [{ type: 'image', data: '', format: 'png' }] } },
      ]),
    400,
    /text only/,
  ],
  [
    'a huge sparse shape',
    'forward_backward',
    () =>
      ce([1], {
        target_tokens: {
          data: [],
          dtype: 'int64',
          shape: [1, 2e9],
          sparse_crow_indices: [0, 0],
          sparse_col_indices: [],
        },
      }),
    400,
    /sparse with more than|shape of more than/,
  ],
  [
    'a negative learning rate',
    'optim_step',
    () => ({ model_id: model, adam_params: { learning_rate: -1 } }),
    400,
    /learning_rate must be a number from 0, not -1/,
  ],
  [
    'a beta of one',
    'optim_step',
    () => ({ model_id: model, adam_params: { beta2: 1 } }),
    400,
    /beta2 must be from 0 to below 1/,
  ],
  [
    'a name with a path in it',
    'save_weights',
    () => ({ model_id: model, path: '../../etc/passwd' }),
    400,
    /cannot name a checkpoint/,
  ],
  ['a name of dots', 'save_weights', () => ({ model_id: model, path: '..' }), 400, /cannot name a checkpoint/],
  ['an endless name', 'save_weights', () => ({ model_id: model, path: 'x'.repeat(300) }), 400, /1 to 255/],
  [
    'a time to live of zero',
    'save_weights',
    () => ({ model_id: model, path: 'a', ttl_seconds: 0 }),
    400,
    /ttl_seconds must be positive/,
  ],
  [
    'a sampler save without a name or number',
    'save_weights_for_sampler',
    () => ({ model_id: model }),
    400,
    /either path/,
  ],
  [
    'a path that is none',
    'load_weights',
    () => ({ model_id: model, seq_id: 1, path: 'somewhere', optimizer: false }),
    400,
    /starts with tinker:\/\//,
  ],
  [
    'a checkpoint that is not there',
    'load_weights',
    () => ({ model_id: model, seq_id: 1, path: 'tinker://a/weights/b' }),
    404,
    /no checkpoint tinker:\/\/a\/weights\/b/,
  ],
  ['weights info of nothing', 'weights_info', () => ({ tinker_path: 'tinker://a/weights/b' }), 404, /no checkpoint/],
  [
    'a sampler over nothing',
    'create_sampling_session',
    () => ({ session_id: session, sampling_session_seq_id: 9 }),
    400,
    /base_model or model_path/,
  ],
  [
    'a sampling session that is not there',
    'asample',
    () => sample({}, { sampling_session_id: 'nope' }),
    404,
    /no sampling session "nope"/,
  ],
  [
    'prompt and answer beyond the window',
    'asample',
    () => sample({ max_tokens: TINY_WINDOW }),
    400,
    /prompt's 2 tokens and max_tokens 64 together exceed.*64/,
  ],
  ['an empty prompt', 'asample', () => sample({}, { prompt: { chunks: [] } }), 400, /prompt is empty/],
  [
    'a prompt token outside the vocabulary',
    'asample',
    () => sample({}, { prompt: { chunks: [{ tokens: [5, 9999] }] } }),
    400,
    /token 9999 at 1/,
  ],
  [
    'a negative temperature',
    'asample',
    () => sample({ temperature: -0.1 }),
    400,
    /temperature must be a number from 0/,
  ],
  ['a top_p of zero', 'asample', () => sample({ top_p: 0 }), 400, /top_p must be above 0/],
  ['no samples', 'asample', () => sample({}, { num_samples: 0 }), 400, /num_samples must be from 1/],
  ['a stop token outside the vocabulary', 'asample', () => sample({ stop: [4000] }), 400, /stop token 4000/],
  ['an empty stop string', 'asample', () => sample({ stop: [''] }), 400, /stop string must not be empty/],
  ['mixed stops', 'asample', () => sample({ stop: ['a', 3] }), 400, /stop/],
  ['an unknown future', 'retrieve_future', () => ({ request_id: 'nope' }), 404, /no request "nope"/],
  [
    'a body of the wrong shape',
    'retrieve_future',
    () => ({ request_id: 7 }),
    400,
    /request_id must be a string, not 7/,
  ],
]

describe('the service refuses', () => {
  test.each(refused)('%s', async (_what, path, body, status, words) => {
    const answer = await client.post(path, body())
    expect(answer.status).toBe(status)
    expect(answer.body['category']).toBe('user')
    expect(answer.body['detail']).toMatch(words)
  })

  test('paths and methods that it does not have', async () => {
    expect(await client.call('GET', 'asample')).toMatchObject({
      status: 405,
      body: { detail: '/api/v1/asample takes POST' },
    })
    expect((await client.post('no_such_thing', {})).status).toBe(404)
    expect((await client.call('GET', 'training_runs/nope')).status).toBe(404)
    expect((await client.call('DELETE', 'training_runs/a/checkpoints/weights/b/c')).status).toBe(400)
    expect((await client.call('GET', 'checkpoints?limit=abc')).status).toBe(400)
    expect((await client.call('GET', 'samplers/nope')).status).toBe(404)
  })

  test('a step without a gradient, and says why, but only when it comes to it', async () => {
    const result = await client.run('optim_step', { model_id: model, adam_params: {} })
    expect(result).toMatchObject({ category: 'user', error: expect.stringMatching(/no gradient to apply/) as string })
  })

  test('a second checkpoint of one name, unless it may overwrite', async () => {
    const save = (more: Json): Promise<Json> => client.run('save_weights', { model_id: model, path: 'twice', ...more })
    expect(await save({})).toMatchObject({ path: `tinker://${model}/weights/twice` })
    expect(await save({})).toMatchObject({ category: 'user', error: expect.stringMatching(/exists already/) as string })
    expect(await save({ overwrite: true })).toMatchObject({ path: `tinker://${model}/weights/twice` })
  })

  test('training state where sampler weights are wanted, and the other way round', async () => {
    await client.run('save_weights', { model_id: model, path: 'mixed' })
    await client.run('save_weights_for_sampler', { model_id: model, path: 'mixed' })
    const sampler = await client.post('create_sampling_session', {
      session_id: session,
      sampling_session_seq_id: 9,
      model_path: `tinker://${model}/weights/mixed`,
    })
    expect(sampler).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(/holds training state/) as string },
    })
    const load = { session_id: session, model_seq_id: 30, path: `tinker://${model}/sampler_weights/mixed` }
    const loaded = await client.post('load_weights', { ...load, optimizer: false })
    expect(loaded).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(/holds sampler weights/) as string },
    })
  })

  test('loading into a model that has been used, or that has another rank', async () => {
    const path = `tinker://${model}/weights/mixed`
    const used = await client.post('load_weights', { model_id: model, seq_id: 99, path, optimizer: false })
    expect(used.body['detail']).toMatch(/first operation only \(seq_id 99\)/)
    const other = await client.newModel({ rank: 8 })
    const wrong = await client.post('load_weights', { model_id: other.model, seq_id: 1, path, optimizer: false })
    expect(wrong.body['detail']).toMatch(/LoRA rank 4; the model has 8/)
    const bare = await client.post('load_weights', { model_id: other.model, seq_id: 1, path, optimizer: true })
    expect(bare.body['detail']).toMatch(/no optimizer state/)
  })
})
