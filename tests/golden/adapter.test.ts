/** Adapters in PEFT's files become checkpoints: one that PEFT saved (models/folders.py), and this server's own archives. */
import { readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { memoryBlobStore } from '#src/backend/index.ts'
import { backendClient, textDatum, trainBody } from '#src/backend/service/testing/backendClient.ts'
import { readSafetensors, writeSafetensors } from '#src/backend/engine/index.ts'
import { memorySink } from '#src/tinker/archives/sinks.ts'
import { unpackArchive } from '#src/tinker/archives/unpack.ts'
import { readAdapterFolder } from '#server/adapterFolder.ts'
import { readModelFolder } from '#server/modelFolder.ts'
import type { BackendClient, Json } from '#src/backend/service/testing/backendClient.ts'
import type { AdapterImport } from '#src/backend/index.ts'

const folders = fileURLToPath(new URL('./folders/', import.meta.url))
const BASE = 'local/f16-untied-grouped'
const base = await readModelFolder(`${folders}f16-untied-grouped`)
const saved = await readAdapterFolder(`from-peft=${folders}adapter`)
const expected = JSON.parse(readFileSync(`${folders}expected.json`, 'utf8')) as Record<
  string,
  { adapter: { sequences: { ids: number[]; logprobs: number[] }[] } }
>
const { sequences } = expected['f16-untied-grouped']!.adapter
const chunks = (tokens: number[]): Json => ({ chunks: [{ type: 'encoded_text', tokens }] })

function opened(storage = memoryBlobStore()): BackendClient {
  return backendClient({ models: [base], storage })
}

async function newSession(client: BackendClient): Promise<string> {
  return (await client.post('create_session', {})).body['session_id'] as string
}

/** A model with the adapter's rank that then takes over a checkpoint, as SDKs do it. */
async function trainedOn(client: BackendClient, path: string, optimizer: boolean, rank = 2): Promise<string> {
  const session_id = await newSession(client)
  const create = { session_id, model_seq_id: 0, base_model: BASE, lora_config: { rank } }
  const model_id = (await client.run('create_model', create))['model_id'] as string
  const loaded = await client.run('load_weights', { model_id, seq_id: 1, path, optimizer })
  expect(loaded).toMatchObject({ type: 'load_weights' })
  return model_id
}

function expectClose(ours: readonly (number | null)[], theirs: readonly number[]): void {
  expect(ours).toHaveLength(theirs.length)
  expect(Math.max(...theirs.map((x, i) => Math.abs(x - ours[i]!)))).toBeLessThan(1e-4)
}

describe('an adapter that PEFT saved', () => {
  test('gives the log-probabilities that it gives there, to samplers and to models', async () => {
    const client = opened()
    const { sampler, training, baseModel } = await client.backend.importAdapter(saved)
    expect(baseModel).toBe(BASE)
    const session_id = await newSession(client)
    const open = { session_id, sampling_session_seq_id: 0, model_path: sampler }
    const { sampling_session_id } = (await client.post('create_sampling_session', open)).body
    const model = await trainedOn(client, training, false)
    for (const [i, { ids, logprobs }] of sequences.entries()) {
      const ask = { prompt: chunks(ids), sampling_params: { max_tokens: 1 }, prompt_logprobs: true }
      const sampled = await client.run('asample', { sampling_session_id, seq_id: i, ...ask })
      expectClose((sampled['prompt_logprobs'] as (number | null)[]).slice(1), logprobs)
      const datum = { model_input: chunks(ids.slice(0, -1)), loss_fn_inputs: { target_tokens: { data: ids.slice(1), dtype: 'int64' } } }
      const out = await client.run('forward_backward', trainBody(model, i + 2, [datum]))
      const [first] = out['loss_fn_outputs'] as { logprobs: { data: number[] } }[]
      expectClose(first!.logprobs.data, logprobs)
    }
  })

  test('is one checkpoint however often it is imported, and is listed', async () => {
    const storage = memoryBlobStore()
    const paths = await opened(storage).backend.importAdapter(saved)
    const again = opened(storage)
    expect(await again.backend.importAdapter(saved)).toEqual(paths)
    const { body } = await again.call('GET', 'checkpoints')
    const listed = (body['checkpoints'] as Json[]).map((c) => c['tinker_path'])
    expect(listed.toSorted()).toEqual([paths.sampler, paths.training].toSorted())
  })
})

describe('an adapter that names a folder of another machine', () => {
  const config = JSON.parse(new TextDecoder().decode(saved.files['adapter_config.json'])) as Json
  const elsewhere = new TextEncoder().encode(JSON.stringify({ ...config, base_model_name_or_path: '/home/me/model' }))
  const adapter: AdapterImport = { ...saved, files: { ...saved.files, 'adapter_config.json': elsewhere } }
  const served = async (...names: string[]): Promise<string> => {
    const read = (name: string): ReturnType<typeof readModelFolder> => readModelFolder(`${name}=${folders}${name.split('/')[1]}`)
    const client = backendClient({ models: await Promise.all(names.map(read)) })
    return (await client.backend.importAdapter(adapter)).baseModel
  }

  test('is put on the one model that it fits', async () => {
    const all = ['a/f32-tied-many', 'a/f16-untied-grouped', 'a/bf16-untied-one']
    expect(await served(...all)).toBe('a/f16-untied-grouped')
  })

  test('is refused where it fits none or several', async () => {
    await expect(served('a/f32-tied-many', 'a/bf16-untied-one')).rejects.toThrow(/"\/home\/me\/model" and fits none of the models here: a\/f32/)
    await expect(served('a/f16-untied-grouped', 'b/f16-untied-grouped')).rejects.toThrow(/say which of a\/f16-untied-grouped, b\/f16-untied-grouped/)
  })
})

test('an archive of this server comes back with its optimizer: the next step is the same bit for bit', async () => {
  const client = opened()
  const session_id = await newSession(client)
  const create = { session_id, model_seq_id: 0, base_model: BASE, lora_config: { rank: 4, seed: 1 } }
  const model_id = (await client.run('create_model', create))['model_id'] as string
  const next = async (on: BackendClient, model: string, seq: number): Promise<unknown> => {
    const out = await on.run('forward_backward', trainBody(model, seq, [textDatum('abcab')]))
    await on.run('optim_step', { model_id: model, seq_id: seq + 1, adam_params: { learning_rate: 0.01 } })
    return out['loss_fn_outputs']
  }
  await next(client, model_id, 1)
  await next(client, model_id, 3)
  await client.run('save_weights', { model_id, seq_id: 5, path: 'two' })
  const straight = [await next(client, model_id, 6), await next(client, model_id, 8)]
  const { body } = await client.call('GET', `training_runs/${model_id}/checkpoints/weights/two/archive`)
  const answer = await client.backend.fetch(new Request(body['url'] as string))
  const sink = memorySink()
  expect(await unpackArchive(answer.body!, sink)).toMatchObject({ ok: true })
  const files = Object.fromEntries(sink.files)
  const other = opened()
  const { training } = await other.backend.importAdapter({ name: 'two', files })
  const model = await trainedOn(other, training, true, 4)
  expect([await next(other, model, 2), await next(other, model, 4)]).toEqual(straight)
})

describe('what cannot be taken over is refused in words', () => {
  const config = JSON.parse(new TextDecoder().decode(saved.files['adapter_config.json'])) as Json
  const tensors = readSafetensors(saved.files['adapter_model.safetensors']!)
  const name = 'base_model.model.model.layers.1.mlp.up_proj.lora_A.weight'
  const head = 'base_model.model.lm_head.base_layer.weight'
  const configured = (change: Json): AdapterImport => ({
    ...saved,
    files: { ...saved.files, 'adapter_config.json': new TextEncoder().encode(JSON.stringify({ ...config, ...change })) },
  })
  const filled = (change: (given: Map<string, { shape: readonly number[]; data: Float32Array }>) => void): AdapterImport => {
    const given = new Map(tensors)
    change(given)
    return { ...saved, files: { ...saved.files, 'adapter_model.safetensors': writeSafetensors(given) } }
  }

  test.each<[string, AdapterImport]>([
    ['peft_type is "IA3"', configured({ peft_type: 'IA3' })],
    ['sets use_dora', configured({ use_dora: true })],
    ['sets rank_pattern', configured({ rank_pattern: { q_proj: 8 } })],
    ['sets modules_to_save', configured({ modules_to_save: ['embed_tokens'] })],
    ['trains biases', configured({ bias: 'all' })],
    ['rank 3 is not a power of two', configured({ r: 3 })],
    ['need [4, 48]', configured({ r: 4 })],
    ['no numbers r and lora_alpha', configured({ r: '2' })],
    ['which has no place in this base model', filled((given) => given.set('x.mlp.lora_A.weight', tensors.get(name)!))],
    [`but not ${name}`, filled((given) => given.delete(name))],
    [
      'made on other weights',
      filled((given) => given.set(head, { ...tensors.get(head)!, data: tensors.get(head)!.data.map((x) => 1 - x) })),
    ],
    ['holds non-finite numbers', filled((given) => given.set(name, { ...tensors.get(name)!, data: tensors.get(name)!.data.map(() => NaN) }))],
    ['there is no base model "a/b"', { ...saved, baseModel: 'a/b' }],
    ['has no adapter_model.safetensors', { ...saved, files: { 'adapter_config.json': saved.files['adapter_config.json']! } }],
    ['cannot name a checkpoint', { ...saved, name: '../up' }],
  ])('%s', async (words, adapter) => {
    const client = opened()
    await expect(client.backend.importAdapter(adapter)).rejects.toThrow(words)
    expect((await client.call('GET', 'checkpoints')).body['checkpoints']).toEqual([])
  })

  test('a folder that is none, or that holds a pickled adapter', async () => {
    await expect(readAdapterFolder(`${folders}nowhere`)).rejects.toThrow('there is no folder')
    const folder = await mkdtemp(join(tmpdir(), 'tunegraph-adapter-'))
    await writeFile(join(folder, 'adapter_model.bin'), 'x')
    await expect(readAdapterFolder(folder)).rejects.toThrow('save it as safetensors')
  })
})

test('rank-stabilised scaling and layers left alone are computed as PEFT computes them', async () => {
  const client = opened()
  const tensors = readSafetensors(saved.files['adapter_model.safetensors']!)
  const config = JSON.parse(new TextDecoder().decode(saved.files['adapter_config.json'])) as Json
  const only = new Map([...tensors].filter(([name]) => /q_proj|v_proj/.test(name)))
  const json = (value: Json): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  const files = { 'adapter_model.safetensors': writeSafetensors(only) }
  // 5 / 2 = 5/√2 / √2.
  const [plain, stable] = await Promise.all(
    [config, { ...config, use_rslora: true, lora_alpha: 5 / Math.SQRT2 }].map(async (own) =>
      client.backend.importAdapter({ name: 'some', files: { ...files, 'adapter_config.json': json(own) } }),
    ),
  )
  expect(plain!.training).not.toBe(stable!.training)
  const { body } = await client.post('weights_info', { tinker_path: plain!.training })
  expect(body).toMatchObject({ lora_rank: 2, train_attn: true, train_mlp: false, train_unembed: false })
  const session_id = await newSession(client)
  const scores = async (path: string, seq: number): Promise<number[]> => {
    const open = { session_id, sampling_session_seq_id: seq, model_path: path }
    const { sampling_session_id } = (await client.post('create_sampling_session', open)).body
    const ask = { prompt: chunks(sequences[1]!.ids), sampling_params: { max_tokens: 1 }, prompt_logprobs: true }
    return ((await client.run('asample', { sampling_session_id, seq_id: 0, ...ask }))['prompt_logprobs'] as number[]).slice(1)
  }
  const [a, b] = [await scores(plain!.sampler, 0), await scores(stable!.sampler, 1)]
  expectClose(b, a)
  expect(Math.max(...a.map((x, i) => Math.abs(x - sequences[1]!.logprobs[i]!)))).toBeGreaterThan(0.01)
})
