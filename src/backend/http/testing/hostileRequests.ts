/** Requests that no honest client sends, seeded: mutated bodies, hostile names, impossible tensors, broken protobuf. */
import { encodeForwardBackwardProto } from '../../../tinker/wire/protoForwardBackward.ts'
import { modelInputFromTokens } from '../../../tinker/wire/modelInput.ts'
import { tensorForKey } from '../../../tinker/wire/datum.ts'
import { samplePrompt, textDatum, trainBody } from '../../service/testing/backendClient.ts'
import type { Rng } from '../../../base/rng.ts'
import type { Json } from '../../service/testing/backendClient.ts'

export type HostileRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer> | null
}

/** What the requests are aimed at. */
export type Aims = {
  readonly session: string
  readonly model: string
  readonly sampler: string
  readonly future: string
}

const HUGE = '1' + '0'.repeat(30)
const ODD = [
  '""',
  'null',
  'true',
  '-1',
  '0',
  '1e308',
  HUGE,
  '-9007199254740993',
  '[]',
  '{}',
  '[[]]',
  '"x"',
  '"\\u0000"',
  '"\\ud800"',
  '"tinker://a/weights/../.."',
  '1.5',
  '{"a":{"b":[1]}}',
  '{"__proto__":{"x":1}}',
  `"${'a'.repeat(5000)}"`,
  `[${'['.repeat(200)}${']'.repeat(200)}]`,
]
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']
const NAMES = [
  '../../etc/passwd',
  '..',
  '.',
  'a/b',
  'a\\b',
  '/absolute',
  'C:\\windows',
  'nul\u0000byte',
  '%2e%2e%2f',
  '..%5c..',
  '__proto__',
  'constructor',
  'toString',
  'ein Leerzeichen',
  '\u202egpj.exe',
  'ü'.repeat(200),
  'a'.repeat(300),
  '',
]
const PATHS = [
  'training_runs//checkpoints',
  'sessions/%',
  'checkpoints?offset=-1',
  'checkpoints?limit=1e99',
  'training_runs?limit=x',
  '../../etc/passwd',
  'audit?day=2026-13-45',
  'audit?event_type=everything',
  'billing/usage/events?starting_on=0&ending_before=NaN',
  'billing/usage/events?starting_on=2026-01-01T00:00:00Z&ending_before=2027-01-01T00:00:00Z',
  'downloads/0/../../../x',
  'retrieve_future/',
  'sessions/toString/finish',
]

export function bodiesFor({ session, model, sampler, future }: Aims): readonly (readonly [path: string, body: Json])[] {
  const target = { type: 'sampling_session', sampling_session_id: sampler, cloned_sampler_id: 0 }
  const ask = { prompt: samplePrompt('ab'), num_samples: 2, sampling_params: { max_tokens: 2, stop: ['x'], seed: 4 } }
  return [
    ['client/config', { sdk_version: '0.38.0' }],
    ['auth/token', {}],
    ['create_session', { tags: ['a'], user_metadata: { a: 1 }, sdk_version: 'x', display_name: 'n' }],
    ['session_heartbeat', { session_id: session }],
    ['sessions/search', { display_name: 'n', user_metadata: { a: '1' }, limit: 3, statuses: [{ type: 'active' }] }],
    [
      'create_model',
      { session_id: session, model_seq_id: 3, base_model: 'test/tiny', lora_config: { rank: 3, seed: 1 } },
    ],
    ['get_info', { model_id: model }],
    ['forward_backward', trainBody(model, 1, [textDatum('abc')])],
    ['forward_backward', trainBody(model, 1, [textDatum('abc')], 'ppo')],
    ['forward', { model_id: model, forward_input: { data: [textDatum('ab')], loss_fn: 'cross_entropy' } }],
    ['optim_step', { model_id: model, seq_id: 2, adam_params: { learning_rate: 1e-4, beta1: 0.9, grad_clip_norm: 1 } }],
    ['save_weights', { model_id: model, path: 'a', seq_id: 4, ttl_seconds: 5, overwrite: true }],
    ['save_weights_for_sampler', { model_id: model, sampling_session_seq_id: 5, kind: 'snapshot' }],
    ['save_weights_external', { model_id: model, path: 'a', ttl_seconds: 4000 }],
    ['copy_weights', { source_path: `tinker://${model}/weights/a`, destination_project_id: 'p' }],
    ['load_weights', { model_id: model, seq_id: 7, path: 'tinker://a/weights/b', optimizer: true }],
    ['weights_info', { tinker_path: 'tinker://a/weights/b' }],
    ['create_sampling_session', { session_id: session, sampling_session_seq_id: 1, base_model: 'test/tiny' }],
    ['asample', { base_model: 'test/tiny', ...ask, prompt_logprobs: true, topk_prompt_logprobs: 2 }],
    ['asample', { sampling_session_id: sampler, seq_id: 9, ...ask, prompt_alt_tokens_k: 2 }],
    ['retrieve_future', { request_id: future, allow_metadata_only: true }],
    ['retrieve_futures', { target, prev_cursor: 0, timeout: 0, retrieved_request_ids: ['r'] }],
    ['cancel_future', { request_id: future }],
    ['join_sampling_session', { sampling_session_id: sampler }],
    ['sessions/x/project', { project_id: 'p' }],
    [`sessions/x/finish`, { reason: { type: 'success' }, detail: 'd' }],
    [`training_runs/${model}/checkpoints/weights/a/ttl`, { ttl_seconds: 5 }],
  ]
}

/** JSON text with one value, somewhere, replaced by something odd, removed, or cut off. */
function mutate(body: Json, rng: Rng): string {
  const text = JSON.stringify(body)
  const how = rng.int(10)
  if (how === 0) return text.slice(0, rng.int(text.length))
  if (how === 1) return pick(rng, ODD)
  // Sound ones in between: state that later ones can aim at.
  if (how === 2) return text
  const values = [...text.matchAll(/(?<=[:[,])("[^"]*"|-?\d+(\.\d+)?|true|false|\[[^[\]]*\]|\{[^{}]*\})(?=[,\]}])/g)]
  const target = values[rng.int(Math.max(1, values.length))]
  if (target === undefined) return text
  return text.slice(0, target.index) + pick(rng, ODD) + text.slice(target.index + target[0].length)
}

function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[rng.int(list.length)]!
}

/** A tensor that cannot be: wrong lengths, impossible shapes, sparse indices that point nowhere. */
function oddTensor(rng: Rng): Json {
  const n = pick(rng, [-1, 0, 1, 2, 3, 4096, 2 ** 31, 2 ** 53])
  return {
    dtype: pick(rng, ['int64', 'float32', 'int32', '']),
    data: pick<unknown>(rng, [
      [],
      [1, 2],
      [-1, 260],
      [99999, 3],
      ['a', 'b'],
      [1.5, 2.5],
      [1e300, 1],
      'x',
      [2 ** 53, 1],
    ]),
    shape: pick<unknown>(rng, [[n], [2], [2, n], [n, n], [], [-2, -1], [1.5], null, [0, 2 ** 40]]),
    ...(rng.int(3) === 0
      ? {
          sparse_crow_indices: pick(rng, [[0, 1, 2], [0], [2, 1, 0], [0, 9, 9], [-1, 0, 2], []]),
          sparse_col_indices: pick(rng, [[0, 1], [0], [-1, 0], [5, 2 ** 31], []]),
        }
      : {}),
  }
}

function oddTraining({ model }: Aims, rng: Rng): HostileRequest {
  const loss = pick(rng, ['cross_entropy', 'importance_sampling', 'ppo', 'cispo', 'dro', 'gspo', '__proto__', ''])
  const keys = ['target_tokens', 'weights', 'logprobs', 'advantages', '__proto__', 'clip']
  const inputs = Object.fromEntries(keys.filter(() => rng.int(2) === 0).map((key) => [key, oddTensor(rng)]))
  const chunks = pick<unknown>(rng, [
    [{ tokens: [97, 98] }],
    [{ tokens: [] }],
    [{ tokens: [-1] }],
    [{ tokens: [260] }],
    [{ tokens: Array.from({ length: 100 }, () => 97) }],
    [{ type: 'image', data: '!!', format: 'png' }],
    [{ type: 'dmel', dmel: 'AAAA' }],
    [{ type: 'image_asset_pointer', location: '../x', format: 'png' }],
    [],
    'x',
  ])
  const config = pick<unknown>(rng, [
    null,
    {},
    { beta: 1e308 * 10 },
    { beta: 'x' },
    { clip_low_threshold: 9 },
    { x: 1 },
    [],
  ])
  const seq = pick<unknown>(rng, [1, 2, 3, -1, 0, 1.5, '1', null, 2 ** 53])
  const data = [{ model_input: { chunks }, loss_fn_inputs: inputs }]
  return post('forward_backward', {
    model_id: model,
    seq_id: seq,
    forward_backward_input: { data, loss_fn: loss, loss_fn_config: config },
  })
}

function oddName({ model, session }: Aims, rng: Rng): HostileRequest {
  const name = pick(rng, NAMES)
  const address = `tinker://${pick(rng, [model, '..', name])}/${pick(rng, ['weights', 'sampler_weights', '..'])}/${name}`
  const route = `training_runs/${pick(rng, [model, encodeURIComponent(name), '%2e%2e'])}/checkpoints`
  return pick(rng, [
    () => post('save_weights', { model_id: model, path: name }),
    () => post('save_weights_for_sampler', { model_id: model, path: name }),
    () => post('save_weights_external', { model_id: model, path: name }),
    () => post('copy_weights', { source_path: address, destination_project_id: name }),
    () => post('load_weights', { model_id: model, path: address, optimizer: false }),
    () => post('weights_info', { tinker_path: address }),
    () => post('create_sampling_session', { session_id: session, sampling_session_seq_id: 2, model_path: address }),
    () => bare('GET', `${route}/weights/${encodeURIComponent(name)}/archive`),
    () => bare('DELETE', `${route}/${pick(rng, ['weights', 'x', '..'])}/${encodeURIComponent(name)}`),
    () => bare('POST', `${route}/weights/${name.replace(/[^!-~]/g, '')}/publish`),
    () => bare('GET', `samplers/${encodeURIComponent(name)}`),
    () => bare('GET', `downloads/${encodeURIComponent(name)}/x`),
    () => bare('GET', `sessions/${encodeURIComponent(name)}/trace_export`),
  ])()
}

/** A whole message with bits changed, cut off, or with lengths that reach beyond the end. */
function oddProtobuf({ model }: Aims, rng: Rng): HostileRequest {
  const tokens = pick(rng, [[104, 101, 108], [-1, 2 ** 31 - 1], [104], [5, 259, 260]])
  const inputs = {
    target_tokens: tensorForKey('target_tokens', tokens),
    weights: tensorForKey(
      'weights',
      tokens.map(() => pick(rng, [1, NaN, -Infinity, 1e38])),
    ),
  }
  const whole = encodeForwardBackwardProto({
    modelId: model,
    data: [{ modelInput: modelInputFromTokens(tokens), lossFnInputs: inputs }],
    lossFn: pick(rng, ['cross_entropy', 'ppo', 'x']),
    lossFnConfig: pick<Record<string, number>>(rng, [{}, { beta: NaN }, { clip_low_threshold: Infinity }]),
    forwardOnly: rng.int(2) === 0,
  })
  const bytes = rng.int(3) === 0 ? whole.slice(0, rng.int(whole.length)) : whole.slice()
  for (let n = rng.int(5); n > 0 && bytes.length > 0; n--) bytes[rng.int(bytes.length)] = rng.int(256)
  const noise = Uint8Array.from({ length: rng.int(40) }, () => rng.int(256))
  const body = rng.int(8) === 0 ? noise : bytes
  return { method: 'POST', path: 'forward_backward', headers: { 'content-type': 'application/x-protobuf' }, body }
}

function oddFuture({ future, sampler }: Aims, rng: Rng): HostileRequest {
  const id = pick(rng, [future, 'req_0', '', 'req_1-1', '__proto__', '1e999', '../x', `${future}0`])
  const target = { sampling_session_id: pick(rng, [sampler, id]), cloned_sampler_id: pick(rng, [0, -1, 1e15]) }
  return pick(rng, [
    () => post('retrieve_future', { request_id: id }),
    () => post('cancel_future', { request_id: id }),
    () =>
      post('retrieve_futures', {
        target,
        timeout: 0,
        prev_cursor: pick(rng, [0, -1, 1e15, 0.5]),
        retrieved_request_ids: [id],
      }),
  ])()
}

function post(path: string, body: unknown): HostileRequest {
  return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function bare(method: string, path: string): HostileRequest {
  return { method, path, headers: { 'content-type': 'application/json' }, body: null }
}

export function hostileRequest(aims: Aims, bodies: ReturnType<typeof bodiesFor>, rng: Rng): HostileRequest {
  const kind = rng.int(20)
  if (kind < 4) return oddProtobuf(aims, rng)
  if (kind < 8) return oddTraining(aims, rng)
  if (kind < 11) return oddName(aims, rng)
  if (kind < 13) return oddFuture(aims, rng)
  if (kind < 14) {
    const method = pick(rng, METHODS)
    const body = method === 'GET' || method === 'HEAD' ? null : pick(rng, ODD)
    return { method, path: pick(rng, PATHS), headers: {}, body }
  }
  const [path, body] = pick(rng, bodies)
  const encoding: Record<string, string> =
    rng.int(30) === 0 ? { 'content-encoding': pick(rng, ['gzip', 'zstd', 'br', '../x']) } : {}
  const type = rng.int(30) === 0 ? 'application/x-protobuf' : 'application/json'
  return { method: 'POST', path, headers: { 'content-type': type, ...encoding }, body: mutate(body, rng) }
}
