/** From a model's name to ids, over a hub on loopback: found, kept, used offline, refused with words that help. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { ok } from '../base/result.ts'
import { cacheStore } from './fileStore.ts'
import type { FileStore } from './fileStore.ts'
import { addressOf, HUGGING_FACE } from './hubFile.ts'
import type { Hub } from './hubFile.ts'
import { loadTokenizer } from './loadTokenizer.ts'
import { folderStore, hubFromEnvironment } from './node.ts'
import { TokenStreamDecoder } from './streamDecoder.ts'
import { fileHub } from './testing/fileHub.ts'
import type { FileHub } from './testing/fileHub.ts'
import { tinyTokenizer } from './testing/smallTokenizers.ts'
import { tokenizerFiles } from './testing/tokenizerFiles.ts'
import { droppedTokenizerFiles } from './tokenizerFiles.ts'
import { tokenizerRef } from './tokenizerRepository.ts'
import { Tokenizers } from './tokenizers.ts'

const json = tokenizerFiles({ special: ['<|end|>'], merges: [['h', 'e']], eos: '<|end|>' })
const kimi = JSON.parse(
  readFileSync(new URL('../../tests/golden/tokenizers/tiktoken_kimi.json', import.meta.url), 'utf8'),
) as { ranks: string[]; config: unknown; plain: number[][] }
const kimiFiles = {
  ranks: kimi.ranks.map((token, rank) => `${token} ${rank}\n`).join(''),
  config: JSON.stringify(kimi.config),
}
const K25 = '/moonshotai/Kimi-K2.5/resolve/4d01dfe0332d63057c186e0b262165819efb6611'

let hub: FileHub | null = null
afterEach(async () => {
  await hub?.close()
  hub = null
})

async function open(files: Readonly<Record<string, string>> = {}): Promise<FileHub> {
  const qwen = '/Qwen/Qwen3-8B/resolve/main'
  hub = await fileHub({
    [`${qwen}/tokenizer.json`]: json.tokenizer,
    [`${qwen}/tokenizer_config.json`]: json.config,
    [`${K25}/tiktoken.model`]: kimiFiles.ranks,
    [`${K25}/tokenizer_config.json`]: kimiFiles.config,
    ...files,
  })
  return hub
}

async function code(hubs: readonly Hub[], model: string): Promise<{ code: string; message: string }> {
  const found = await new Tokenizers({ hubs }).get(model)
  if (found.ok) throw new Error('it was found')
  return found.error
}

function memoryStore(): FileStore & {
  readonly kept: Map<string, { bytes: Uint8Array<ArrayBuffer>; etag: string | null }>
} {
  const kept = new Map<string, { bytes: Uint8Array<ArrayBuffer>; etag: string | null }>()
  return { kept, get: async (key) => kept.get(key) ?? null, put: async (key, file) => void kept.set(key, file) }
}

describe('the tokenizer of a model', () => {
  test('is loaded once for all its names, also when asked for at the same time', async () => {
    const { url, asked } = await open()
    const tokenizers = new Tokenizers({ hubs: [{ endpoint: url }] })
    const [a, b] = await Promise.all([tokenizers.get('Qwen/Qwen3-8B'), tokenizers.get('Qwen/Qwen3-8B:peft:262144')])
    expect(a.ok && b.ok && a.value === b.value).toBe(true)
    expect(await tokenizers.encode('he<|end|>', 'Qwen/Qwen3-8B', { allowSpecial: 'all' })).toEqual(ok([256, 257]))
    expect(await tokenizers.decode([256, 257], 'Qwen/Qwen3-8B')).toEqual(ok('he<|end|>'))
    expect(asked).toHaveLength(2)
  })

  test('of Kimi comes from its tiktoken file, at the pinned commit', async () => {
    const { url } = await open()
    const tokenizers = new Tokenizers({ hubs: [{ endpoint: url }] })
    const texts = JSON.parse(
      readFileSync(new URL('../../tests/golden/tokenizers/texts.json', import.meta.url), 'utf8'),
    ) as string[]
    expect(await tokenizers.encode(texts[0]!, 'moonshotai/Kimi-K2.5-Text-Only')).toEqual(ok(kimi.plain[0]))
  })

  test('follows what the server names, before the name of the model', async () => {
    const { url, asked } = await open()
    const found = await new Tokenizers({ hubs: [{ endpoint: url }] }).get('my/finetune', 'Qwen/Qwen3-8B')
    expect(found.ok).toBe(true)
    expect(asked.every((line) => line.includes('Qwen3-8B'))).toBe(true)
  })

  test('is read as tiktoken where a repository has nothing else', async () => {
    const { url } = await open({
      '/a/b/resolve/main/tiktoken.model': kimiFiles.ranks,
      '/a/b/resolve/main/tokenizer_config.json': kimiFiles.config,
    })
    expect((await new Tokenizers({ hubs: [{ endpoint: url }] }).get('a/b')).ok).toBe(true)
  })

  test('can come from a loader of one’s own; a failure is not remembered', async () => {
    const tokenizers = new Tokenizers({ hubs: [] })
    const own = tinyTokenizer()
    let tries = 0
    tokenizers.register(/^TML\//, async (ref) => {
      tries++
      if (ref.id === 'TML/known') return ok(own)
      throw new Error('private')
    })
    const found = await tokenizers.get('TML/known')
    expect(found.ok && found.value).toBe(own)
    await expect(tokenizers.get('TML/x')).rejects.toThrow('private')
    await expect(tokenizers.get('TML/x')).rejects.toThrow('private')
    expect(tries).toBe(3)
  })
})

describe('the chat template of a model', () => {
  const talk = [{ role: 'user', content: 'he' }]
  const qwen = '/Qwen/Qwen3-8B/resolve/main'
  const textBy = async (tokenizers: Tokenizers): Promise<unknown> => {
    const applied = await tokenizers.applyChatTemplate(talk, 'Qwen/Qwen3-8B', { addGenerationPrompt: true })
    return applied.ok ? applied.value : applied.error.code
  }

  test('is a file of its own, asked for once and when it is needed', async () => {
    const jinja = '{{ messages[0].content }}{{ eos_token }}{% if add_generation_prompt %}he{% endif %}'
    const { url, asked } = await open({ [`${qwen}/chat_template.jinja`]: jinja })
    const tokenizers = new Tokenizers({ hubs: [{ endpoint: url }] })
    await tokenizers.encode('he', 'Qwen/Qwen3-8B')
    expect(asked).toHaveLength(2)
    expect(await textBy(tokenizers)).toEqual({ text: 'he<|end|>he', ids: [256, 257, 256] })
    await textBy(tokenizers)
    expect(asked).toHaveLength(3)
  })

  test('else that of the config, or none; a hub that is away is asked again', async () => {
    const config = { ...(JSON.parse(json.config) as object), chat_template: 'config' }
    const { url } = await open({ [`${qwen}/tokenizer_config.json`]: JSON.stringify(config) })
    expect(await textBy(new Tokenizers({ hubs: [{ endpoint: url }] }))).toMatchObject({ text: 'config' })
    await hub!.close()
    const { url: bare } = await open()
    const away = { endpoint: bare, fetch: fetchUnless('chat_template.jinja', 1) }
    const tokenizers = new Tokenizers({ hubs: [away] })
    expect(await textBy(tokenizers)).toBe('TZ1008')
    expect(await textBy(tokenizers)).toBe('TZ1008')
    expect(away.fetch.failed).toBe(1)
    expect(away.fetch.asked).toBe(1)
  })

  /** A line that is down for some requests of a file. */
  function fetchUnless(
    file: string,
    times: number,
  ): ((request: Request) => Promise<Response>) & { failed: number; asked: number } {
    const through = Object.assign(
      (request: Request): Promise<Response> => {
        if (!request.url.endsWith(file)) return fetch(request)
        if (through.failed < times) {
          through.failed++
          return Promise.reject(new TypeError('down'))
        }
        through.asked++
        return fetch(request)
      },
      { failed: 0, asked: 0 },
    )
    return through
  }

  test('of a tokenizer from a loader is its own, and nobody else is asked', async () => {
    const { url, asked } = await open()
    const tokenizers = new Tokenizers({ hubs: [{ endpoint: url }] })
    const config = JSON.stringify({ ...(JSON.parse(json.config) as object), chat_template: 'own' })
    tokenizers.register(/Qwen/, async () => loadTokenizer({ tokenizer: json.tokenizer, config }))
    expect(await textBy(tokenizers)).toMatchObject({ text: 'own' })
    expect(asked).toEqual([])
  })
})

describe('kept files', () => {
  test('are compared by ETag without a body, and used while the hub is away', async () => {
    const { url, asked } = await open()
    const store = memoryStore()
    const read = async (): Promise<boolean> =>
      (await new Tokenizers({ hubs: [{ endpoint: url, store }] }).get('Qwen/Qwen3-8B')).ok
    expect(await read()).toBe(true)
    asked.length = 0
    expect(await read()).toBe(true)
    expect(asked.filter((line) => !line.startsWith('HEAD'))).toEqual([])
    await hub!.close()
    expect(await read()).toBe(true)
  })

  test('of a branch are replaced when the hub has others', async () => {
    const { url, files, asked } = await open()
    const store = memoryStore()
    const tokenizer = async (): Promise<string> => {
      const found = await new Tokenizers({ hubs: [{ endpoint: url, store }] }).get('Qwen/Qwen3-8B')
      return found.ok ? found.value.encode('he').join() : found.error.code
    }
    expect(await tokenizer()).toBe('256')
    files.set('/Qwen/Qwen3-8B/resolve/main/tokenizer.json', tokenizerFiles({ special: [], merges: [] }).tokenizer)
    expect(await tokenizer()).toBe('104,101')
    expect(asked.filter((line) => line.startsWith('GET'))).toHaveLength(3)
  })

  test('of a pinned commit are not even asked about', async () => {
    const { url, asked } = await open()
    const store = memoryStore()
    for (let i = 0; i < 2; i++) await new Tokenizers({ hubs: [{ endpoint: url, store }] }).get('moonshotai/Kimi-K2.5')
    expect(asked).toHaveLength(2)
  })

  test('lie in a folder, or in Cache Storage; a broken one is fetched again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tokenizers-'))
    const responses = new Map<string, Response>()
    const cache = {
      match: async (key: string) => responses.get(key)?.clone(),
      put: async (key: string, response: Response) => void responses.set(key, response),
    }
    try {
      const { url, asked } = await open()
      for (const store of [folderStore(folder), cacheStore(cache)]) {
        for (let i = 0; i < 2; i++)
          expect((await new Tokenizers({ hubs: [{ endpoint: url, store }] }).get('moonshotai/Kimi-K2.5')).ok).toBe(true)
      }
      expect(asked).toHaveLength(4)
      for (const name of readdirSync(folder))
        writeFileSync(join(folder, name), readFileSync(join(folder, name)).subarray(0, 100))
      const again = await new Tokenizers({ hubs: [{ endpoint: url, store: folderStore(folder) }] }).get(
        'moonshotai/Kimi-K2.5',
      )
      expect([again.ok, asked.length]).toEqual([true, 6])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('what goes wrong is said with what to do', () => {
  test('a name nobody knows is TZ1002', async () => {
    const { url } = await open()
    const { code: found, message } = await code([{ endpoint: url }], 'me/typo')
    expect(found).toBe('TZ1002')
    expect(message).toContain(`${url}/me/typo/resolve/main/tokenizer.json answers 404`)
  })

  test('a gated repository is TZ1003, with its page; the token is never said', async () => {
    const { url, gates } = await open()
    gates.set('/Qwen/', 'hf_right')
    const without = await code([{ endpoint: url }], 'Qwen/Qwen3-8B')
    expect([
      without.code,
      without.message.includes(`accept its terms at ${url}/Qwen/Qwen3-8B and give a token`),
    ]).toEqual(['TZ1003', true])
    const wrong = await code([{ endpoint: url, token: 'hf_wrong' }], 'Qwen/Qwen3-8B')
    expect(wrong.code).toBe('TZ1003')
    expect(JSON.stringify(wrong)).not.toContain('hf_wrong')
    expect((await new Tokenizers({ hubs: [{ endpoint: url, token: 'hf_right' }] }).get('Qwen/Qwen3-8B')).ok).toBe(true)
  })

  test('a hub that is not there is TZ1004, a cut file TZ1005', async () => {
    expect((await code([{ endpoint: 'http://127.0.0.1:9' }], 'Qwen/Qwen3-8B')).code).toBe('TZ1004')
    const cut = async (): Promise<Response> => new Response('{', { headers: { 'content-length': '10' } })
    expect((await code([{ fetch: cut }], 'Qwen/Qwen3-8B')).code).toBe('TZ1005')
  })

  test('a broken tokenizer.json is TZ1001', async () => {
    const { url } = await open({ '/Qwen/Qwen3-8B/resolve/main/tokenizer.json': '<html>' })
    expect((await code([{ endpoint: url }], 'Qwen/Qwen3-8B')).code).toBe('TZ1001')
  })

  test('two hubs that fail are both named', async () => {
    const { url } = await open()
    const { message } = await code(
      [{ endpoint: url, name: 'the relay' }, { endpoint: 'http://127.0.0.1:9' }],
      'me/typo',
    )
    expect(message).toContain('the relay/me/typo')
    expect(message).toContain('127.0.0.1:9')
  })
})

describe('dropped files', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

  test('are told by their names, in any order', () => {
    const dropped = droppedTokenizerFiles([
      { name: 'README.md', bytes: bytes('') },
      { name: 'model/tokenizer_config.json', bytes: bytes(json.config) },
      { name: 'model/tokenizer.json', bytes: bytes(json.tokenizer) },
    ])
    expect(dropped).toEqual(ok(json))
    const withTemplate = droppedTokenizerFiles([
      { name: 'tokenizer.json', bytes: bytes(json.tokenizer) },
      { name: 'chat_template.jinja', bytes: bytes('own') },
    ])
    expect(withTemplate).toEqual(ok({ tokenizer: json.tokenizer, config: '{}', template: 'own' }))
    const tiktoken = droppedTokenizerFiles(
      [
        { name: 'tokenizer_config.json', bytes: bytes(kimiFiles.config) },
        { name: 'o200k_base.tiktoken', bytes: bytes(kimiFiles.ranks) },
      ],
      'o200k',
    )
    expect(tiktoken.ok && loadTokenizer(tiktoken.value).ok).toBe(true)
  })

  test('without a vocabulary, or a tiktoken file alone, are TZ1007', () => {
    const codes = [
      [],
      [{ name: 'config.json', bytes: bytes('{}') }],
      [{ name: 'tiktoken.model', bytes: bytes(kimiFiles.ranks) }],
    ].map((files) => {
      const dropped = droppedTokenizerFiles(files)
      return dropped.ok ? null : dropped.error.code
    })
    expect(codes).toEqual(['TZ1007', 'TZ1007', 'TZ1007'])
  })
})

test('hubs have their own addresses, and the environment names one', () => {
  const ref = tokenizerRef('Qwen/Qwen3-8B')
  expect(addressOf(ref, 'tokenizer.json', {})).toBe(`${HUGGING_FACE}/Qwen/Qwen3-8B/resolve/main/tokenizer.json`)
  const modelscope = addressOf(ref, 'tokenizer.json', { layout: 'modelscope' })
  expect(modelscope).toBe('https://modelscope.cn/models/Qwen/Qwen3-8B/resolve/master/tokenizer.json')
  expect(hubFromEnvironment({ HF_ENDPOINT: 'https://mirror.example/', HF_TOKEN: ' hf_x ' })).toEqual({
    endpoint: 'https://mirror.example',
    token: 'hf_x',
  })
  expect(hubFromEnvironment({ HF_ENDPOINT: '' })).toEqual({})
})

test('text of arriving ids is that of all ids, each character once and whole', () => {
  const tokenizer = tinyTokenizer()
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.integer({ min: 1, max: 5 }), (text, step) => {
      const ids = tokenizer.encode(text)
      const stream = new TokenStreamDecoder(tokenizer)
      let said = ''
      for (let at = 0; at < ids.length; at += step) {
        const piece = stream.push(ids.slice(at, at + step))
        if (!text.includes('\ufffd')) expect(piece).not.toContain('\ufffd')
        said += piece
      }
      expect(said + stream.end()).toBe(text)
    }),
  )
  const broken = new TokenStreamDecoder(tokenizer)
  expect(broken.push([0xf0, 0x9f])).toBe('')
  expect(broken.end()).toBe('\ufffd')
})
