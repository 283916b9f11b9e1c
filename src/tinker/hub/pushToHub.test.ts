/** Pushing adapters over real HTTP to a hub that checks tokens, sizes, checksums, parts and the commit. */
import { afterEach, describe, expect, test } from 'vitest'
import { hubServer } from '../testing/hubServer.ts'
import type { HubServer, HubSettings } from '../testing/hubServer.ts'
import { vectorsOf } from '../testing/vectors.ts'
import { hubDiagnostic } from './failure.ts'
import { defaultRepoName, hubName, modelCard, sourcePathOf } from './modelCard.ts'
import { pushToHub } from './pushToHub.ts'
import type { Pushed, PushOptions, PushProgress } from './pushToHub.ts'

const TOKEN = 'hf_secret_token'
const PATH = 'tinker://run-1/weights/final'
const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content)
const weights = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) % 256)
const card = { baseModel: 'Qwen/Qwen3-8B', loraRank: 8, sourcePath: PATH, date: new Date('2026-11-22T10:00:00Z') }
const files = new Map([
  ['adapter_config.json', text('{"r": 8, "base_model_name_or_path": null}')],
  ['adapter_model.safetensors', weights],
  ['checkpoint_complete', new Uint8Array()],
  ['notes/empty.txt', new Uint8Array()],
])

let hub: HubServer | null = null
afterEach(async () => {
  await hub?.close()
  hub = null
})

async function open(settings: Partial<HubSettings> = {}): Promise<HubServer> {
  hub = await hubServer({ token: TOKEN, ...settings })
  return hub
}

function push(options: Partial<PushOptions> = {}): ReturnType<typeof pushToHub> {
  return pushToHub({ files, repo: 'me/adapter', token: TOKEN, card, endpoint: hub!.url, backoffMs: 1, ...options })
}

async function pushed(options: Partial<PushOptions> = {}): Promise<Pushed> {
  const result = await push(options)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

async function code(options: Partial<PushOptions> = {}): Promise<string> {
  const result = await push(options)
  if (result.ok) throw new Error('it was pushed')
  expect(JSON.stringify(result.error)).not.toContain(TOKEN)
  return hubDiagnostic(result.error).code
}

describe('an adapter', () => {
  test('arrives whole in one commit of a private repository, with base model and card; storage never sees the token', async () => {
    const { repositories, leaked, asked, url } = await open()
    const seen: PushProgress[] = []
    const done = await pushed({ onProgress: (progress) => seen.push(progress) })
    const repository = repositories.get('me/adapter')!
    const main = repository.branches.get('main')!
    expect([...main.keys()].sort()).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
      'notes/empty.txt',
    ])
    expect(main.get('adapter_model.safetensors')!.equals(weights)).toBe(true)
    expect(JSON.parse(main.get('adapter_config.json')!.toString())).toEqual({
      r: 8,
      base_model_name_or_path: 'Qwen/Qwen3-8B',
    })
    expect(repository).toMatchObject({
      visibility: 'private',
      commits: [{ branch: 'main', summary: `Add adapter from ${PATH}` }],
    })
    expect(main.get('README.md')!.toString()).toContain('base_model: Qwen/Qwen3-8B')
    expect(leaked).toEqual([])
    expect(done).toMatchObject({ repo: 'me/adapter', url: `${url}/me/adapter`, pullRequest: null })
    expect(done.files.find((file) => file.mode === 'lfs')).toEqual({
      path: 'adapter_model.safetensors',
      size: 5000,
      mode: 'lfs',
    })
    expect(seen.map((step) => step.phase)).toEqual(['checking', 'preparing', 'uploading', 'uploading', 'committing'])
    expect(seen.at(-1)).toEqual({ phase: 'committing', sent: 5000, total: 5000 })
    expect(asked.filter((line) => line.includes('/commit/'))).toHaveLength(1)
  })

  test('goes in parts where the hub says so, and not again when the hub has it', async () => {
    const { asked, objects } = await open({ partSize: 2048 })
    const progress: number[] = []
    await pushed({ onProgress: ({ sent }) => progress.push(sent) })
    expect(asked.filter((line) => line.startsWith('PUT /part/'))).toHaveLength(3)
    expect([...objects.values()].some((object) => object.equals(weights))).toBe(true)
    expect([...new Set(progress)]).toEqual([0, 2048, 4096, 5000])
    asked.length = 0
    await pushed()
    expect(asked.filter((line) => line.startsWith('PUT'))).toEqual([])
  })

  test('goes to a branch, a pull request, or the own space of the token', async () => {
    const { repositories } = await open()
    await pushed({ revision: 'weights-final' })
    expect([...repositories.get('me/adapter')!.branches.get('weights-final')!.keys()]).toContain(
      'adapter_model.safetensors',
    )
    expect(repositories.get('me/adapter')!.branches.get('main')!.size).toBe(0)
    const request = await pushed({ createPr: true })
    expect(request.pullRequest).toMatch(/\/me\/adapter\/discussions\/1$/)
    expect(repositories.get('me/adapter')!.branches.get('main')!.size).toBe(0)
    expect((await pushed({ repo: 'mine', private: false })).repo).toBe('me/mine')
    expect(repositories.get('me/mine')!.visibility).toBe('public')
  })

  test('consists of what patterns choose; a card of one’s own stays', async () => {
    const { repositories } = await open()
    await pushed({ allow: ['adapter_*', 'README.md'], files: new Map([...files, ['README.md', text('mine')]]) })
    const main = repositories.get('me/adapter')!.branches.get('main')!
    expect([...main.keys()].sort()).toEqual(['README.md', 'adapter_config.json', 'adapter_model.safetensors'])
    expect(main.get('README.md')!.toString()).toBe('mine')
    await pushed({ repo: 'me/b', ignore: ['notes/'], writeCard: false })
    expect([...repositories.get('me/b')!.branches.get('main')!.keys()].sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ])
  })

  test('arrives although the hub and its storage stumble', async () => {
    const { failNext, repositories } = await open({ partSize: 2048 })
    for (const [line, status] of [
      [/create/, 503],
      [/preupload/, 0],
      [/batch/, 502],
      [/part/, 500],
      [/part/, 0],
      [/complete/, 429],
      [/verify/, 504],
      [/commit/, 503],
    ] as const)
      failNext(line, status)
    await pushed()
    expect(repositories.get('me/adapter')!.commits).toHaveLength(1)
  })
})

describe('what goes wrong is data, and never holds the token', () => {
  test('a token that is not accepted is TK4041', async () => {
    await open()
    const result = await push({ token: 'hf_wrong' })
    expect(result.ok ? null : hubDiagnostic(result.error)).toMatchObject({ code: 'TK4041', data: { status: 401 } })
    expect(JSON.stringify(result)).not.toContain('hf_wrong')
  })

  test('files that are no adapter are TK4046, before anything is sent', async () => {
    const { asked } = await open()
    expect(await code({ files: new Map([['a', text('b')]]) })).toBe('TK4046')
    expect(
      await code({
        files: new Map([
          ['adapter_config.json', text('{')],
          ['adapter_model.safetensors', weights],
        ]),
      }),
    ).toBe('TK4046')
    expect(
      await code({
        files: new Map([
          ['adapter_config.json', text('[]')],
          ['adapter_model.bin', weights],
        ]),
      }),
    ).toBe('TK4046')
    expect(asked).toEqual([])
  })

  test('a repository with another checkpoint is TK4047 and stays as it is', async () => {
    const { repositories } = await open()
    await pushed()
    expect(await code({ card: { ...card, sourcePath: 'tinker://run-2/weights/final' } })).toBe('TK4047')
    expect(repositories.get('me/adapter')!.commits).toHaveLength(1)
  })

  test('a refusal is TK4042 with the words of the hub, a conflict TK4043', async () => {
    const { failNext } = await open()
    failNext(/preupload/, 422)
    const result = await push()
    expect(result.ok ? '' : result.error.hubSays).toBe('told to answer 422')
    expect(result.ok ? '' : hubDiagnostic(result.error).code).toBe('TK4042')
    failNext(/commit/, 412)
    expect(await code()).toBe('TK4043')
  })

  test('a hub that stays in trouble is TK4044, one that is not there TK4040', async () => {
    const { failNext } = await open()
    for (let i = 0; i < 4; i++) failNext(/preupload/, 503)
    expect(await code()).toBe('TK4044')
    expect(await code({ endpoint: 'http://127.0.0.1:9' })).toBe('TK4040')
  })

  test('a commit without an answer is not sent again: TK4040', async () => {
    const { failNext, asked } = await open()
    failNext(/commit/, 0)
    expect(await code()).toBe('TK4040')
    expect(asked.filter((line) => line.includes('/commit/'))).toHaveLength(1)
  })

  test('storage that hides the checksums of parts is TK4040 and names it', async () => {
    const { storageUrl } = await open({ partSize: 2048, hideEtag: true })
    const result = await push()
    expect(result.ok ? null : result.error).toMatchObject({
      kind: 'offline',
      phase: 'uploading',
      host: new URL(storageUrl).host,
    })
  })

  test('an answer that is not the hub’s is TK4045', async () => {
    await open()
    expect(await code({ fetch: async () => new Response('<html>') })).toBe('TK4045')
  })

  test('a push that is cancelled commits nothing: TK4001', async () => {
    const { repositories } = await open({ partSize: 1024 })
    const cancel = new AbortController()
    const onProgress = ({ sent }: PushProgress): void => (sent > 0 ? cancel.abort() : undefined)
    expect(await code({ signal: cancel.signal, onProgress })).toBe('TK4001')
    expect(repositories.get('me/adapter')!.commits).toEqual([])
  })
})

test('the card names base model, rank, source and day; odd names are quoted', () => {
  const written = modelCard('me/adapter', card)
  expect(written.split('---')[1]).toBe(
    '\nbase_model: Qwen/Qwen3-8B\nlibrary_name: peft\ntags:\n- tinker\n- peft\n- lora\n- base_model:adapter:Qwen/Qwen3-8B\n' +
      `tinker_path: ${PATH}\n`,
  )
  expect(written).toContain('- LoRA rank: 8')
  expect(written).toContain('- Exported: 2026-11-22')
  expect(sourcePathOf(written)).toBe(PATH)
  expect(modelCard('me/adapter', { ...card, baseModel: 'a: b\n- c' })).toContain('base_model: "a: b\\n- c"')
  const trained = { attention: true, mlp: true, unembedding: false }
  expect(modelCard('me/x', { ...card, baseModel: null, trained })).toContain('- Adapters on: attention, MLP')
})

test('names are those of the official command line', () => {
  const [vector] = vectorsOf<string[], string[]>('cli_names')
  expect(vector!.input.map(hubName)).toEqual(vector!.expected)
  expect(defaultRepoName('Qwen/Qwen3-8B', 'abc:train:0')).toBe('tinker-Qwen3-8B-abc-train-0')
})
