import { afterAll, expect, test } from 'vitest'
import { seededRng } from '../../base/rng.ts'
import { encodeForwardBackwardProto } from '../../tinker/wire/protoForwardBackward.ts'
import { modelInputFromTokens } from '../../tinker/wire/modelInput.ts'
import { tensorForKey } from '../../tinker/wire/datum.ts'
import { backendClient, samplePrompt, textDatum, trainBody } from '../service/testing/backendClient.ts'
import type { Rng } from '../../base/rng.ts'
import type { Json } from '../service/testing/backendClient.ts'

const faults: unknown[] = []
const client = backendClient({ holdMs: 50, onError: (error) => faults.push(error) })
afterAll(() => client.backend.close())

const HUGE = '1' + '0'.repeat(30)
const odd = [
  '""',
  'null',
  'true',
  '-1',
  '0',
  '1e308',
  HUGE,
  '[]',
  '{}',
  '[[]]',
  '"x"',
  '"\\u0000"',
  '"tinker://a/weights/../.."',
  '1.5',
  '{"a":{"b":[1]}}',
]
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']
const PATHS = [
  'training_runs/%2e%2e/checkpoints/weights/%2e%2e',
  'training_runs//checkpoints',
  'sessions/%',
  'samplers/__proto__',
  'training_runs/constructor',
  'checkpoints?offset=-1',
  '../../etc/passwd',
  'retrieve_future/',
  'sessions/toString/finish',
  'training_runs/a/checkpoints/weights/b/ttl',
]

/** JSON text with one value, somewhere, replaced by something odd, removed, or cut off. */
function mutate(body: Json, rng: Rng): string {
  const text = JSON.stringify(body)
  const how = rng.int(10)
  if (how === 0) return text.slice(0, rng.int(text.length))
  if (how === 1) return odd[rng.int(odd.length)]!
  const values = [...text.matchAll(/(?<=[:[,])("[^"]*"|-?\d+(\.\d+)?|true|false|\[[^[\]]*\]|\{[^{}]*\})(?=[,\]}])/g)]
  const target = values[rng.int(values.length)]
  if (target === undefined) return text
  return text.slice(0, target.index) + odd[rng.int(odd.length)]! + text.slice(target.index + target[0].length)
}

test('a thousand malformed requests get a 4xx with words, or are harmless; the model they aimed at is unharmed', async () => {
  const rng = seededRng(20261122)
  const { model, session } = await client.newModel()
  const { model: bystander } = await client.newModel({ rank: 2, seed: 1 })
  const before = await client.run('forward', {
    model_id: bystander,
    forward_input: { data: [textDatum('hello')], loss_fn: 'cross_entropy' },
  })
  const bodies: readonly [string, Json][] = [
    ['create_session', { tags: ['a'], user_metadata: { a: 1 }, sdk_version: 'x' }],
    ['session_heartbeat', { session_id: session }],
    [
      'create_model',
      { session_id: session, model_seq_id: 3, base_model: 'test/tiny', lora_config: { rank: 3, seed: 1 } },
    ],
    ['get_info', { model_id: model }],
    ['forward_backward', trainBody(model, 1, [textDatum('abc')])],
    ['forward_backward', trainBody(model, 1, [textDatum('abc')], 'ppo')],
    ['forward', { model_id: model, forward_input: { data: [textDatum('ab')], loss_fn: 'cross_entropy' } }],
    ['optim_step', { model_id: model, seq_id: 2, adam_params: { learning_rate: 1e-4, beta1: 0.9 } }],
    ['save_weights', { model_id: model, path: 'a/b', ttl_seconds: 5 }],
    ['save_weights_for_sampler', { model_id: model, sampling_session_seq_id: 5 }],
    ['load_weights', { model_id: model, seq_id: 7, path: 'tinker://a/weights/b', optimizer: true }],
    ['weights_info', { tinker_path: 'tinker://a/weights/b' }],
    ['create_sampling_session', { session_id: session, sampling_session_seq_id: 1, base_model: 'test/tiny' }],
    [
      'asample',
      {
        base_model: 'test/tiny',
        prompt: samplePrompt('ab'),
        num_samples: 2,
        sampling_params: { max_tokens: 2, stop: ['x'], seed: 4 },
      },
    ],
    ['retrieve_future', { request_id: 'req_99999' }],
    ['sessions/x/project', { project_id: 'p' }],
  ]
  const statuses = new Map<number, number>()
  const check = (status: number, body: Json, what: string): void => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status < 400) return
    expect(status, `${what}: ${JSON.stringify(body)}`).toBeLessThan(500)
    expect(String(body['detail']).length, what).toBeGreaterThan(10)
    expect(body['category'], what).toBe('user')
  }
  for (let i = 0; i < 800; i++) {
    const [path, body] = bodies[rng.int(bodies.length)]!
    const text = mutate(body, rng)
    const method = rng.int(12) === 0 ? METHODS[rng.int(METHODS.length)]! : 'POST'
    const answer = await client.call(method, path, method === 'GET' ? undefined : text)
    check(answer.status, answer.body, `${method} ${path} ${text.slice(0, 300)}`)
  }
  for (let i = 0; i < 200; i++) {
    const method = METHODS[rng.int(METHODS.length)]!
    const path = PATHS[rng.int(PATHS.length)]!
    const answer = await client.call(method, path, method === 'GET' ? undefined : odd[rng.int(odd.length)])
    check(answer.status, answer.body, `${method} ${path}`)
  }
  expect(faults).toEqual([])
  expect(statuses.get(400)!).toBeGreaterThan(200)
  const after = await client.run('forward', {
    model_id: bystander,
    forward_input: { data: [textDatum('hello')], loss_fn: 'cross_entropy' },
  })
  expect(after['metrics']).toEqual(before['metrics'])
})

test('five hundred broken protobuf bodies are refused or run, and never fault', async () => {
  const rng = seededRng(7)
  const { model } = await client.newModel()
  const tokens = [104, 101, 108, 108, 111]
  const whole = encodeForwardBackwardProto({
    modelId: model,
    data: [
      {
        modelInput: modelInputFromTokens(tokens),
        lossFnInputs: { target_tokens: tensorForKey('target_tokens', tokens) },
      },
    ],
    lossFn: 'cross_entropy',
    forwardOnly: true,
  })
  const seen = new Set<number>()
  for (let i = 0; i < 500; i++) {
    const bytes = rng.int(3) === 0 ? whole.slice(0, rng.int(whole.length)) : whole.slice()
    for (let n = rng.int(4); n > 0 && bytes.length > 0; n--) bytes[rng.int(bytes.length)] = rng.int(256)
    const request = new Request('http://backend/api/v1/forward_backward', {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: bytes,
    })
    const answer = await client.backend.fetch(request)
    seen.add(answer.status)
    expect(answer.status).toBeLessThan(500)
    if (answer.status === 200) await client.poll(((await answer.json()) as { request_id: string }).request_id)
  }
  expect(faults).toEqual([])
  expect(seen).toContain(400)
})
