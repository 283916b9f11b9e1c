/** What people get who name no model: the folders that come with Tunegraph, the smallest first, each read when it is used. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { clientOf } from '#src/backend/service/testing/backendClient.ts'
import { ownModelFolders } from './modelFolder.ts'
import { openNodeBackend } from './nodeBackend.ts'

const models = fileURLToPath(new URL('../models/', import.meta.url))
const client = clientOf(await openNodeBackend({ shards: 0 }))
afterAll(() => client.backend.close())

test('both sizes are offered, the smaller first', async () => {
  const shipped = readdirSync(models).filter((name) => name.startsWith('tunegraph-'))
  expect(await ownModelFolders()).toEqual(shipped.toSorted().map((name) => models + name))
  const { body } = await client.call('GET', 'get_server_capabilities')
  expect(body['supported_models']).toEqual([
    {
      model_name: 'tunegraph/tiny-1m',
      max_context_length: 512,
      trainable: true,
      sampleable: true,
      parameters: 1_019_264,
    },
    {
      model_name: 'tunegraph/tiny-4m',
      max_context_length: 512,
      trainable: true,
      sampleable: true,
      parameters: 4_202_112,
    },
  ])
})

test.each([
  ['tunegraph/tiny-1m', 'spell lazy', 'l a z y'],
  ['tunegraph/tiny-4m', 'spell lazy', 'l a z y'],
])('%s does what it was pre-trained for', async (base_model, question, answer) => {
  const bytes = (text: string): number[] => [...new TextEncoder().encode(text)]
  const [end, user, assistant] = [257, 259, 260]
  const { session_id } = (await client.post('create_session', {})).body
  const open = { session_id, sampling_session_seq_id: 0, base_model }
  const { sampling_session_id } = (await client.post('create_sampling_session', open)).body
  const sampled = await client.run('asample', {
    sampling_session_id,
    seq_id: 0,
    prompt: { chunks: [{ type: 'encoded_text', tokens: [user, ...bytes(question), end, assistant] }] },
    sampling_params: { max_tokens: 24, temperature: 0 },
  })
  const [sequence] = sampled['sequences'] as { tokens: number[] }[]
  expect(sequence!.tokens).toEqual([...bytes(answer), end])
})

test('the files of the larger one are served like those of a hub: parts, index and tokenizer', async () => {
  const head = async (file: string): Promise<number> => {
    const url = `http://here/tunegraph/tiny-4m/resolve/main/${file}`
    return (await client.backend.fetch(new Request(url, { method: 'HEAD' }))).status
  }
  const files = ['config.json', 'tokenizer.json', 'model.safetensors.index.json', 'model-00002-of-00002.safetensors']
  expect(await Promise.all(files.map(head))).toEqual([200, 200, 200, 200])
  expect(await head('model.safetensors')).toBe(404)
})
