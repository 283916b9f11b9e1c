import { afterEach, describe, expect, test } from 'vitest'
import type { RunId } from '#src/base/ids.ts'
import { readEvents } from '#src/persist/runs.ts'
import { freshStorage } from '#src/persist/testing/freshStorage.ts'
import { testLocks } from '#src/persist/testing/locks.ts'
import { MODEL, planOf, sftStage } from '#src/training/testing/plans.ts'
import type { ChatRequest, RunHost } from '../protocol.ts'
import { guarded } from './host.ts'
import type { Tab } from './testing/tab.ts'
import { LESSONS, openTab } from './testing/tab.ts'

let tabs: Tab[] = []
afterEach(() => {
  for (const tab of tabs) tab.kill()
  tabs = []
})

function tab(fetch?: (request: Request) => Promise<Response>, storage = freshStorage()): Tab {
  const made = openTab({ storage, locks: testLocks() }, fetch ? { fetch } : {})
  tabs.push(made)
  return made
}

const BUILTIN = { source: { type: 'builtin', name: 'sft' }, mapping: { type: 'auto' } } as const
const FILE = { source: { type: 'asset', asset: 'a', name: 'a.csv', format: 'csv' }, mapping: { type: 'auto' } } as const

describe('data', () => {
  test('is counted in rows, and in tokens of the model where one is named', async () => {
    const { host } = tab()
    const plain = await host.datasetFacts(BUILTIN, null, [])
    const counted = await host.datasetFacts(BUILTIN, null, [MODEL.name])
    expect(plain.rows).toBe(LESSONS['sft']!.trim().split('\n').length)
    expect(plain.tokens).toEqual([])
    expect(counted.tokens[0]?.prompt).toHaveLength(counted.usable)
    expect({ ...counted, tokens: [] }).toEqual(plain)
  })

  test('that is missing is reported with what is known: nothing', async () => {
    const { host } = tab()
    expect(await host.datasetFacts(FILE, null, [])).toMatchObject({ rows: 0, diagnostics: [{ code: 'WK0001' }] })
    expect(await host.previewRows(FILE, null, 5)).toMatchObject({ raw: [], diagnostics: [{ code: 'WK0001' }] })
  })

  test('of a file is shown as found and as mapped', async () => {
    const { host } = tab()
    const preview = await host.previewRows(FILE, 'prompt,answer\nhi,there\nyou,too\n', 1)
    expect(preview.raw).toEqual([{ line: 2, values: { prompt: 'hi', answer: 'there' } }])
    expect(preview.mapped).toMatchObject([{ line: 2, answer: 'there' }])
  })
})

describe('a chat', () => {
  const ask: ChatRequest = {
    id: 'c1',
    policy: null,
    model: MODEL.name,
    renderer: 'tunegraph',
    messages: [{ role: 'user', content: 'copy: banana' }],
    temperature: 1,
    topP: 1,
    maxTokens: 16,
    seed: 5,
  }

  test('answers with the base model, the same for the same seed', async () => {
    const { host } = tab()
    expect(await host.connect({ ref: { type: 'embedded', url: 'http://embedded.tunegraph' } })).toMatchObject({
      ok: true,
      models: [{ name: MODEL.name, renderer: 'tunegraph' }],
    })
    const [first, again] = [await host.chat(ask), await host.chat({ ...ask, id: 'c2' })]
    expect(first).toMatchObject({ ok: true, content: expect.any(String) })
    expect(first.ok && first.tokens).toBeGreaterThan(0)
    expect(again.ok && again.content).toBe(first.ok && first.content)
  })

  test('that is cancelled says so', async () => {
    const { host } = tab()
    const asked = host.chat({ ...ask, maxTokens: 100 })
    await host.cancelChat('c1')
    expect(await asked).toMatchObject({ ok: false, diagnostic: { code: 'TK4001' } })
  })

  test('with a checkpoint that is not there, or a renderer that is none, is a diagnostic', async () => {
    const { host } = tab()
    const gone = await host.chat({ ...ask, policy: 'tinker://nobody/sampler_weights/none' })
    expect(gone).toMatchObject({ ok: false, diagnostic: { code: expect.stringMatching(/^TK4/) } })
    expect(await host.chat({ ...ask, renderer: 'qwen9' })).toMatchObject({ ok: false, diagnostic: { code: 'DA8021' } })
  })
})

describe('a key', () => {
  const URL = 'https://tinker.example'

  test('goes into requests to its own server only, and can be remembered, unlocked and forgotten', async () => {
    const sent: [string, string | null][] = []
    const outside = (request: Request): Promise<Response> => {
      sent.push([request.url, request.headers.get('x-api-key')])
      return Promise.resolve(Response.json({ detail: 'no such key' }, { status: 401 }))
    }
    const { fetch: platform } = globalThis
    globalThis.fetch = ((input: Request) => outside(input)) as typeof fetch
    try {
      const storage = freshStorage()
      const first = tab(outside, storage).host
      const ref = { type: 'tinker', url: URL } as const
      expect(await first.rememberKey(URL, 'p')).toMatchObject({ code: 'WK0005' })
      expect(await first.connect({ ref, key: 'tml-secret' })).toMatchObject({ ok: false })
      expect(sent.length).toBeGreaterThan(0)
      expect(sent.every(([url, key]) => url.startsWith(URL) && key === 'tml-secret')).toBe(true)
      expect(await first.rememberKey(URL, 'p')).toBeNull()

      sent.length = 0
      const other = tab(outside, storage).host
      expect(await other.unlockKey(URL, 'wrong')).toMatchObject({ code: 'PS6008' })
      expect(await other.unlockKey(URL, 'p')).toBeNull()
      await other.connect({ ref: { type: 'custom', url: 'https://else.example' } })
      expect(sent.filter(([, key]) => key !== null)).toEqual([])
      await other.connect({ ref })
      expect(sent.at(-1)).toMatchObject([expect.stringContaining(URL), 'tml-secret'])
      await other.forgetKey(URL)
      expect(await other.connect({ ref })).toMatchObject({ ok: false, diagnostic: { code: 'WK0005' } })
      expect(await other.unlockKey(URL, 'p')).toMatchObject({ code: 'PS6009' })
    } finally {
      globalThis.fetch = platform
    }
  })
})

describe('the host', () => {
  test('gives back the space of a deleted run', async () => {
    const storage = freshStorage()
    const { host, heard } = tab(undefined, storage)
    const run = 'run_1' as RunId
    const plan = planOf(sftStage({ heldout: null, hyperparameters: { batchSize: 2, maxSteps: 2 } }))
    await host.start({ run, plan, docId: 'd', docVersion: 1, title: 't', assets: {} })
    await heard((message) => message.type === 'released')
    const bytes = async (): Promise<number> => {
      const blobs = await storage.use('', (db) => db.getAll('blobs'))
      return blobs.ok ? blobs.value.reduce((sum, blob) => sum + blob.bytes.length, 0) : -1
    }
    expect(await bytes()).toBeGreaterThan(100_000)
    expect(await host.dropCheckpoints(run)).toBeNull()
    expect(await bytes()).toBeLessThan(5000)
    expect(await host.dropCheckpoints(run)).toBeNull()
    expect(await readEvents(storage, run)).toMatchObject({
      ok: true,
      value: [{ type: 'runStarted' }, {}, {}, {}, {}, {}],
    })
  })

  test('turns a bug into a diagnostic instead of dying of it', async () => {
    const { host } = tab()
    const broken = { ...host, start: () => Promise.reject(new Error('undefined is not a function')) } satisfies RunHost
    const request = { run: 'r' as RunId, plan: planOf(), docId: 'd', docVersion: 1, title: '', assets: {} }
    expect(await guarded(broken).start(request)).toMatchObject({
      code: 'WK0006',
      message: expect.stringContaining('undefined is not a function'),
    })
  })
})
