/** Bodies and order of requests, as the client sends them in a conversation. */
import { clientConfigResponse } from '#src/tinker/wire/responses.ts'
import { readShape } from '#src/tinker/wire/shape.ts'
import { ok } from 'node:assert/strict'
import { check, elsewhere, same } from '../vector.ts'
import { datumOf, settled, withService } from '../conversation.ts'
import type { Peer } from '#src/tinker/testing/peer.ts'
import type { ServiceClient } from '#src/tinker/serviceClient.ts'
import type { SamplingParams } from '#src/tinker/wire/sample.ts'

type Args = Record<string, unknown>
type Request = { method?: string; path?: string; args?: Args } & Args
type Act = (service: ServiceClient, args: Args) => Promise<unknown>

/** Ids and numbers are those of the conversation at hand; everything else must be as the vector says. */
const OURS = [
  'session_id',
  'model_id',
  'seq_id',
  'sampling_session_id',
  'sampling_session_seq_id',
  'model_seq_id',
  'sdk_version',
]

const newModel = (service: ServiceClient, base = 'tiny') => service.createLoraTrainingClient({ baseModel: base })

const ACTS: Readonly<Record<string, Act>> = {
  session_heartbeat: async (service) => {
    await newModel(service)
    await new Promise((resolve) => setTimeout(resolve, 60))
  },
  'client/config': (service) => newModel(service),
  'auth/token': (service) => newModel(service),
  create_model: (service, args) =>
    service.createLoraTrainingClient({
      baseModel: String(args['base_model']),
      ...(typeof args['rank'] === 'number' ? { rank: args['rank'] } : {}),
      ...(typeof args['seed'] === 'number' ? { seed: args['seed'] } : {}),
    }),
  optim_step: async (service, args) => {
    const adam = (args['adam_params'] ?? {}) as Record<string, number>
    const named = Object.entries(adam).map(([key, value]) => [camel(key), value])
    await (await newModel(service)).optimStep(Object.fromEntries(named) as object).result()
  },
  save_weights: async (service, args) => {
    const { name = 'ck', ttl_seconds: ttlSeconds, overwrite } = args
    const options = {
      ...(typeof ttlSeconds === 'number' ? { ttlSeconds } : {}),
      ...(overwrite === true ? { overwrite: true } : {}),
    }
    await (await newModel(service)).saveState(String(name), options).result()
  },
  save_weights_for_sampler: async (service, { name }) => {
    const training = await newModel(service)
    await (
      name === undefined ? training.saveWeightsAndGetSamplingClient() : training.saveWeightsForSampler(String(name))
    ).result()
  },
  load_weights: async (service, args) => {
    const path = String(args['path'])
    if ('session_id' in args)
      await service.createTrainingClientFromState(path, { withOptimizer: args['optimizer'] === true })
    else await (await newModel(service)).loadState(path).result()
  },
  create_sampling_session: (service, args) =>
    service.createSamplingClient(
      args['model_path'] === undefined
        ? { baseModel: String(args['base_model']) }
        : { modelPath: String(args['model_path']) },
    ),
  asample: async (service, args) => {
    const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
    const given = (args['sampling_params'] ?? {}) as Record<string, unknown>
    const params = Object.fromEntries(Object.entries(given).map(([key, value]) => [camel(key), value]))
    await sampler
      .sample({
        prompt: Int32Array.from(args['prompt'] as number[]),
        numSamples: Number(args['num_samples'] ?? 1),
        params: params as SamplingParams,
        ...(args['include_prompt_logprobs'] === true ? { includePromptLogprobs: true } : {}),
        ...(args['topk_prompt_logprobs'] ? { topkPromptLogprobs: Number(args['topk_prompt_logprobs']) } : {}),
      })
      .result()
  },
  unload_model: async (service) => (await newModel(service)).unloadModel().result(),
  weights_info: async (service, args) => (await service.rest()).weightsInfo(String(args['tinker_path'])),
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase())
}

export const jsonRequest = check<Request, Record<string, unknown>>(async (input, expected) => {
  if ('publish' in input) return publishing(expected)
  const path = String(input.path).replace('/api/v1/', '')
  if (path.endsWith('/ttl')) return timeLimit(path, input['ttl_seconds'] as number | null, expected)
  const act = ACTS[path]
  if (act === undefined) return elsewhere(`the client never asks for ${path}`)
  const creates = path === 'load_weights' && 'session_id' in (input.args ?? {})
  const flags = {
    ...(creates ? { create_model_via_load_weights: true } : {}),
    ...(path === 'auth/token' ? { pjwt_auth_enabled: true } : {}),
  }
  await withService({ flags, config: { tuning: { heartbeatMs: 10 } } }, async ({ peer, service }) => {
    await settled(act(service, { ...input, ...input.args }).then(() => undefined))
    const sent = peer.requests(path)[0]
    ok(sent !== undefined, `nothing was sent to ${path}`)
    const body = sent.body as Record<string, unknown>
    const ids = OURS.filter((id) => id in body && id in expected).map((id) => [id, expected[id]])
    same({ ...body, ...Object.fromEntries(ids) }, expected)
    if (input.method !== undefined) same(sent.method, input.method)
  })
})

const CHECKPOINT = 'tinker://r/weights/1'

async function publishing(expected: Record<string, unknown>): Promise<void> {
  await withService({}, async ({ peer, service }) => {
    const path = String(expected['path']).replace('/api/v1/', '')
    peer.fault(path, { status: 204 }, { status: 204 })
    await (await service.rest()).publishCheckpoint(CHECKPOINT)
    await (await service.rest()).unpublishCheckpoint(CHECKPOINT)
    const sent = peer.requests(path)
    same(
      sent.map(({ method }) => method),
      ['POST', 'DELETE'],
    )
    same(
      sent.map(({ body }) => body ?? null),
      [expected['publish_body'], expected['unpublish_body']],
    )
  })
}

async function timeLimit(path: string, seconds: number | null, expected: Record<string, unknown>): Promise<void> {
  await withService({}, async ({ peer, service }) => {
    peer.fault(path, { status: 200, body: '{}' })
    await (await service.rest()).setCheckpointTtl(CHECKPOINT, seconds)
    same(peer.requests(path)[0]?.body, expected)
    same(peer.requests(path)[0]?.method, 'PUT')
  })
}

type Turns = { parallel_fwdbwd_chunks: boolean; chunks: number; then: string }

/** Requests of one pass and of the operation after it, in the order in which they arrived. */
export const turnOrder = check<Turns, string[]>(async (input, expected) => {
  const flags = { parallel_fwdbwd_chunks: input.parallel_fwdbwd_chunks, fwdbwd_max_chunk_len: 1 }
  await withService({ flags }, async ({ peer, service }) => {
    const training = await newModel(service)
    const data = Array.from({ length: input.chunks }, (_, i) => datumOf([i, i + 1]))
    const pass = training.forwardBackward(data, 'cross_entropy')
    const step = training.optimStep()
    await Promise.all([pass.result(), step.result()])
    const seen = peer.seen.flatMap(({ path, body }) => orderedAs(path, body as Record<string, unknown>))
    const first = Math.min(...seen.map(([, seqId]) => seqId)) - 1
    same(
      seen.map(([what, seqId]) => `${what === 'chunk' ? `chunk${seqId - first}` : what}(seq_id ${seqId - first})`),
      expected,
    )
  })
})

function orderedAs(path: string, body: Record<string, unknown> | undefined): [string, number][] {
  if (path === 'forward_backward') return [['chunk', Number(body?.['seqId'] ?? body?.['seq_id'])]]
  return path === 'optim_step' ? [['optim_step', Number(body?.['seq_id'])]] : []
}

export const modelId = check<{ session_id?: string; model_seq_id?: number; model_data?: object }, unknown>(
  async (input, expected) => {
    if (input.model_data !== undefined) {
      await withService({}, async ({ peer, service }) => {
        const training = await newModel(service)
        peer.fault('get_info', {
          status: 200,
          body: JSON.stringify({ model_id: training.modelId, model_data: input.model_data }),
        })
        const { tokenizerId } = await training.getInfo()
        same({ model_data: { tokenizer_id: tokenizerId } }, expected)
      })
      return
    }
    await withService({ flags: { create_model_via_load_weights: true } }, async ({ service }) => {
      const models = []
      for (let i = 0; i <= (input.model_seq_id ?? 0); i++)
        models.push(await service.createTrainingClientFromState(CHECKPOINT, { withOptimizer: true }))
      same(models.at(-1)?.modelId.replace(/^.*?:train/, `${input.session_id}:train`), expected)
    })
  },
)

type Archive = { status: number; Location?: string; Expires?: string; body?: object; now?: string }

export const archiveUrl = check<Archive, { url?: string; expires?: string; throws?: string }>(
  async ({ status, Location: location, Expires: expires, body }, expected) => {
    await withService({}, async ({ peer, service }) => {
      const headers = { ...(location && { location }), ...(expires && { expires }) }
      const fault = { status, headers, ...(body && { body: JSON.stringify(body) }) }
      peer.fault('training_runs/r/checkpoints/weights/1/archive', fault)
      const asked = Date.now()
      const answer = await settled((await service.rest()).checkpointArchiveUrl(CHECKPOINT))
      if (expected.throws !== undefined) return same(answer.ok, false)
      ok(answer.ok, answer.ok ? '' : answer.error.message)
      same(answer.value.url, expected.url)
      const until = Date.parse(String(answer.value.expires))
      if (body !== undefined || expires !== undefined) return same(until, Date.parse(String(expected.expires)))
      ok(until - asked >= 15 * 60_000 - 1000 && until - asked < 15 * 60_000 + 5000)
    })
  },
)

type Idempotency = { method?: string; http_attempts?: number; outer_attempts?: number }

/** The name before the digits says which client it is, so only the rest can be as the official one's. */
export const idempotency = check<Idempotency, { header?: string; same_for_all_attempts?: boolean }>(
  async (input, expected) => {
    if (input.http_attempts === undefined)
      elsewhere('this client has one retry loop, so all attempts of a call share one key')
    await withService({}, async ({ peer, service }) => {
      const lost = Array.from({ length: input.http_attempts! - 1 }, () => ({ status: 503 }))
      peer.fault('weights_info', ...lost)
      await (await service.rest()).weightsInfo(CHECKPOINT)
      const keys = keysOf(peer, 'weights_info', String(expected.header).toLowerCase())
      same(keys.length, input.http_attempts)
      same(new Set(keys).size === 1, expected.same_for_all_attempts)
    })
  },
)

function keysOf(peer: Peer, path: string, header: string): unknown[] {
  return peer.requests(path).map(({ headers }) => headers[header])
}

type Config = Record<string, unknown>

export const config = check<Config | unknown[], Config>((input, expected) => {
  if (Array.isArray(input) || 'base' in input)
    elsewhere('addresses, proxies and logs of Tinkex: in a page they are the platform\u2019s, and keys are never shown')
  const read = readShape(clientConfigResponse, input)
  ok(read.ok, read.ok ? '' : read.error)
  const known = Object.keys(expected).map((name) => [name, (read.value as Config)[name]])
  same(Object.fromEntries(known), expected)
})
