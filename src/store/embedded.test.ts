/** The settings of the page's own backend, over that backend. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { backendClient } from '#src/backend/service/testing/backendClient.ts'
import type { BackendClient, Json } from '#src/backend/service/testing/backendClient.ts'
import { writeTar } from '#src/base/tarWriter.ts'
import { readModelFolder } from '#server/modelFolder.ts'
import { dropAdapter, takeAdapter } from '#worker/takeAdapter.ts'
import type { Storage } from '../persist/storage.ts'
import { freshStorage } from '../persist/testing/freshStorage.ts'
import { createEmbedded } from './embedded.ts'
import type { Embedded } from './embedded.ts'

const folders = fileURLToPath(new URL('../../tests/golden/folders/', import.meta.url))
const models = await Promise.all(['f32-tied-many', 'f16-untied-grouped'].map((name) => readModelFolder(folders + name)))
const FILES = Object.fromEntries(
  ['adapter_config.json', 'adapter_model.safetensors'].map((file) => [
    file,
    new Uint8Array(readFileSync(`${folders}adapter/${file}`)),
  ]),
)

function page(storage: Storage = freshStorage()): { embedded: Embedded; client: BackendClient; storage: Storage } {
  const client = backendClient({ models })
  const { backend } = client
  const control = {
    setTrouble: backend.setBehaviour,
    importAdapter: (adapter: Parameters<typeof takeAdapter>[1]) => takeAdapter(backend, adapter),
    dropAdapter: (paths: readonly string[]) => void dropAdapter(backend, paths),
  }
  return { embedded: createEmbedded({ storage, control }), client, storage }
}

const status = async (client: BackendClient): Promise<number> => (await client.post('create_session', {})).status

const paths = async (client: BackendClient): Promise<unknown[]> =>
  ((await client.call('GET', 'checkpoints')).body['checkpoints'] as Json[]).map((c) => c['tinker_path'])

describe('bad days', () => {
  test('are off at first, reach the backend at once, come back with the page, and go again', async () => {
    const { embedded, client, storage } = page()
    await embedded.load()
    expect([embedded.state.trouble, await status(client)]).toEqual([null, 200])
    await embedded.practise({ failRate: 1, rateLimit: 0, latencyMs: 0, seed: 3 })
    expect(embedded.state.trouble).toEqual({ failRate: 1, seed: 3 })
    expect(await status(client)).toBe(503)

    const later = page(storage)
    await later.embedded.load()
    expect([later.embedded.state.trouble, await status(later.client)]).toEqual([{ failRate: 1, seed: 3 }, 503])
    await later.embedded.practise(null)
    expect(await status(later.client)).toBe(200)

    const last = page(storage)
    await last.embedded.load()
    expect([last.embedded.state.trouble, await status(last.client)]).toEqual([null, 200])
  })

  test('of nothing are none, and amounts beyond all bounds are not kept', async () => {
    const { embedded } = page()
    await embedded.practise({ failRate: 0, seed: 7 })
    expect(embedded.state.trouble).toBeNull()
    await embedded.practise({ failRate: 7, latencyMs: 100, queuePauseMs: -1 })
    expect(embedded.state.trouble).toEqual({ latencyMs: 100, seed: 0 })
  })
})

describe('an adapter from files', () => {
  test('becomes checkpoints on the model that it fits, is remembered, and goes again', async () => {
    const { embedded, client, storage } = page()
    const taken = await embedded.bring({ name: 'from-peft', files: FILES })
    expect(taken).toMatchObject({ name: 'from-peft', baseModel: 'local/f16-untied-grouped' })
    expect(await paths(client)).toEqual(expect.arrayContaining([taken?.sampler, taken?.training]))
    // The same again is the same.
    expect(await embedded.bring({ name: 'from-peft', files: FILES })).toEqual(taken)
    expect(embedded.state).toMatchObject({ adapters: [taken], taking: false, problem: null })
    const later = page(storage)
    await later.embedded.load()
    expect(later.embedded.state.adapters).toEqual([taken])
    await embedded.drop(taken!)
    expect(embedded.state.adapters).toEqual([])
    await expect.poll(() => paths(client)).toEqual([])
  })

  test('may come as an archive, in a folder of it or not', async () => {
    const { embedded } = page()
    const entries = Object.entries(FILES).map(([file, bytes]) => ({
      name: `mine/${file}`,
      size: bytes.length,
      content: bytes,
    }))
    const blocks: Uint8Array<ArrayBuffer>[] = []
    for await (const block of writeTar(entries)) blocks.push(block)
    const archive = new Uint8Array(await new Blob(blocks).arrayBuffer())
    const taken = await embedded.bring({ name: 'mine', files: { 'mine.tar': archive } })
    expect([taken?.baseModel, embedded.state.problem]).toEqual(['local/f16-untied-grouped', null])
  })

  test.each<[string, { readonly [file: string]: Uint8Array }]>([
    ['no adapter_model.safetensors', { 'adapter_config.json': FILES['adapter_config.json']! }],
    ['no adapter_config.json', { 'adapter_model.safetensors': FILES['adapter_model.safetensors']! }],
    ['adapter_model.safetensors: the file has 3 bytes', { ...FILES, 'adapter_model.safetensors': new Uint8Array(3) }],
    ['archive', { 'x.tar': new Uint8Array(700).fill(65) }],
  ])('that cannot be used is said to be so: %s', async (words, files) => {
    const { embedded, client } = page()
    expect(await embedded.bring({ name: 'mine', files })).toBeNull()
    expect(embedded.state.problem).toMatchObject({
      code: 'WK0008',
      message: expect.stringMatching(/^“mine” cannot be used: /) as string,
    })
    expect(embedded.state.problem?.message).toContain(words)
    expect([embedded.state.adapters, await paths(client), embedded.state.taking]).toEqual([[], [], false])
  })
})
