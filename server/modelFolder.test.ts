/** Qwen3 folders of many forms, written to disk with random weights and served. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { clientOf } from '#src/backend/service/testing/backendClient.ts'
import { openNodeBackend } from './nodeBackend.ts'
import { partName, rounded, writeModelFolder } from './testing/modelFolders.ts'
import type { FolderForm } from './testing/modelFolders.ts'

async function folder(form: FolderForm): Promise<string> {
  return writeModelFolder(await mkdtemp(join(tmpdir(), 'tunegraph-model-')), form)
}

/** Log-probabilities before and after a step of training, and what is then sampled. */
async function lesson(dir: string): Promise<{ before: number[]; after: number[]; tokens: number[] }> {
  const client = clientOf(await openNodeBackend({ modelDir: `test/random=${dir}`, shards: 0 }))
  const session_id = (await client.post('create_session', {})).body['session_id']
  const lora_config = { rank: 4, seed: 1 }
  const created = await client.run('create_model', {
    session_id,
    model_seq_id: 0,
    base_model: 'test/random',
    lora_config,
  })
  const model_id = created['model_id']
  const datum = {
    model_input: { chunks: [{ tokens: [1, 2, 3, 4, 5, 6] }] },
    loss_fn_inputs: { target_tokens: { data: [2, 3, 4, 5, 6, 7], dtype: 'int64' } },
  }
  const train = async (): Promise<number[]> => {
    const input = { data: [datum], loss_fn: 'cross_entropy' }
    const out = await client.run('forward_backward', { model_id, forward_backward_input: input })
    const [first] = out['loss_fn_outputs'] as { logprobs: { data: number[] } }[]
    await client.run('optim_step', { model_id, adam_params: { learning_rate: 0.05 } })
    return first!.logprobs.data
  }
  const [before, after] = [await train(), await train()]
  const sampler = await client.run('save_weights_for_sampler', { model_id, sampling_session_seq_id: 0 })
  const sampled = await client.run('asample', {
    sampling_session_id: sampler['sampling_session_id'],
    seq_id: 0,
    prompt: { chunks: [{ tokens: [1, 2] }] },
    sampling_params: { max_tokens: 4, temperature: 0, stop: [] },
  })
  await client.backend.close()
  const [sequence] = sampled['sequences'] as { tokens: number[] }[]
  return { before, after, tokens: sequence!.tokens }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

describe('a folder on disk', () => {
  test.each<[string, FolderForm]>([
    ['f32, tied', { dtype: 'F32' }],
    ['f32, untied', { dtype: 'F32', config: { tie_word_embeddings: false } }],
    ['f16, tied', { dtype: 'F16' }],
    ['f16, untied', { dtype: 'F16', config: { tie_word_embeddings: false } }],
    ['bf16, tied', { dtype: 'BF16' }],
    ['bf16, untied', { dtype: 'BF16', config: { tie_word_embeddings: false } }],
    ['one layer, one key-value head', { dtype: 'F32', config: { num_hidden_layers: 1, num_key_value_heads: 1 } }],
    ['as many key-value heads as heads', { dtype: 'F32', config: { num_key_value_heads: 4 } }],
    ['heads wider than the model', { dtype: 'F32', config: { head_dim: 48 } }],
    [
      'three layers, one head',
      { dtype: 'F32', config: { num_hidden_layers: 3, num_attention_heads: 1, num_key_value_heads: 1 } },
    ],
    ['a large vocabulary', { dtype: 'BF16', config: { vocab_size: 5003 } }],
    [
      'other positions, as transformers 5 writes them',
      { dtype: 'F32', config: { rope_parameters: { rope_type: 'default', rope_theta: 1e6 } } },
    ],
    ['a head beside a tied table', { dtype: 'F32', spareHead: true }],
    ['weights in three files', { dtype: 'BF16', weights: 'split' }],
  ])('with %s trains and samples', async (_name, form) => {
    const { before, after, tokens } = await lesson(await folder(form))
    expect(before.every((lp) => lp < 0 && Number.isFinite(lp))).toBe(true)
    expect(sum(after)).toBeGreaterThan(sum(before))
    expect(tokens).toHaveLength(4)
  })

  test.each(['F16', 'BF16'] as const)('in %s gives the numbers of its rounded weights, bit for bit', async (dtype) => {
    const half = await lesson(await folder({ dtype }))
    const whole = await lesson(await folder({ dtype: 'F32', round: (x) => rounded(x, dtype) }))
    expect(half).toEqual(whole)
    expect(await lesson(await folder({ dtype, weights: 'split' }))).toEqual(half)
    expect(half.before).not.toEqual((await lesson(await folder({ dtype: 'F32' }))).before)
  })
})

describe('a folder that this server cannot hold is refused before it serves', () => {
  test.each<[RegExp, FolderForm]>([
    [/model_type is "llama"; only "qwen3"/, { dtype: 'F32', config: { model_type: 'llama' } }],
    [/hidden_size is 40; the kernels need a multiple of 16/, { dtype: 'F32', config: { hidden_size: 40 } }],
    [/rope type "yarn" is not supported/, { dtype: 'F32', config: { rope_parameters: { rope_type: 'yarn' } } }],
    [
      /it has \d+ million parameters; this server holds at most 200 million/,
      { dtype: 'F32', config: { num_hidden_layers: 40, hidden_size: 4096, intermediate_size: 14336 }, weights: 'none' },
    ],
    [/keeps its weights in pytorch_model\.bin; convert them/, { dtype: 'F32', weights: 'pickled' }],
  ])('%s', async (words, form) => {
    await expect(openNodeBackend({ modelDir: `a/b=${await folder(form)}`, shards: 0 })).rejects.toThrow(words)
  })

  test.each<[RegExp, FolderForm]>([
    [/lm_head\.weight is missing/, { dtype: 'F32', config: { tie_word_embeddings: false }, without: 'lm_head.weight' }],
    [/model\.norm\.weight is missing/, { dtype: 'F32', without: 'model.norm.weight' }],
    [/has dtype I8; expected F32, F16 or BF16/, { dtype: 'I8' }],
    [/truncated/, { dtype: 'F32', weights: 'cut' }],
  ])('by its weights: %s', async (words, form) => {
    const backend = await openNodeBackend({ modelDir: `a/b=${await folder(form)}`, shards: 0 })
    await expect(backend.prepare()).rejects.toThrow(words)
    await backend.close()
  })

  const INDEX = 'model.safetensors.index.json'
  type Index = { weight_map: Record<string, string> }

  async function split(change: (dir: string, index: Index) => unknown): Promise<string> {
    const dir = await folder({ dtype: 'F16', weights: 'split' })
    const index = JSON.parse(await readFile(join(dir, INDEX), 'utf8')) as Index
    await change(dir, index)
    await writeFile(join(dir, INDEX), JSON.stringify(index))
    return dir
  }

  test.each<[RegExp, (dir: string, index: Index) => unknown]>([
    [/lacks model-00002-of-00003\.safetensors, where its .*index\.json says/, (dir) => rm(join(dir, partName(1)))],
    [
      /is in "\.\.\/x\.safetensors", which is no safetensors file of this folder/,
      (_, i) => (i.weight_map['x'] = '../x.safetensors'),
    ],
    [/it has no weight_map/, (_, i) => (i.weight_map = null as unknown as Index['weight_map'])],
    [/its weight_map is empty/, (_, i) => (i.weight_map = {})],
  ])('by an index of several files: %s', async (words, change) => {
    await expect(openNodeBackend({ modelDir: `a/b=${await split(change)}`, shards: 0 })).rejects.toThrow(words)
  })

  const FIRST = 'model.embed_tokens.weight'
  test.each<[RegExp, (dir: string, index: Index) => unknown]>([
    [
      /model\.embed_tokens\.weight is in model-00001.* and again in model-00003/,
      (dir) => copyFile(join(dir, partName(0)), join(dir, partName(2))),
    ],
    [
      /says that model\.embed_tokens\.weight is in model-00003.*, but model-00001.* has it/,
      (_, i) => (i.weight_map[FIRST] = partName(2)),
    ],
    [
      /says that lm_head\.weight is in model-00001.*, which does not have it/,
      (_, i) => (i.weight_map['lm_head.weight'] = partName(0)),
    ],
    [
      /model-00001.* has model\.embed_tokens\.weight, of which the index says nothing/,
      (_, i) => delete i.weight_map[FIRST],
    ],
    [
      /model-00002-of-00003\.safetensors: .*truncated/,
      async (dir) => writeFile(join(dir, partName(1)), (await readFile(join(dir, partName(1)))).subarray(0, -9)),
    ],
  ])('by weights in several files: %s', async (words, change) => {
    const backend = await openNodeBackend({ modelDir: `a/b=${await split(change)}`, shards: 0 })
    await expect(backend.prepare()).rejects.toThrow(words)
    await backend.close()
  })

  test('with a config.json that is none', async () => {
    const dir = await folder({ dtype: 'F32' })
    await writeFile(join(dir, 'config.json'), '{')
    await expect(openNodeBackend({ modelDir: dir, shards: 0 })).rejects.toThrow(/config\.json in .* is not JSON/)
  })
})
