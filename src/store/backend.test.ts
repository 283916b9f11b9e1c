import { afterEach, describe, expect, test } from 'vitest'
import type { Storage } from '../persist/storage.ts'
import { freshStorage } from '../persist/testing/freshStorage.ts'
import { testLocks } from '../persist/testing/locks.ts'
import type { CrashListener, RunService } from '../services/runService.ts'
import type { Tab } from '#worker/run/testing/tab.ts'
import { openTab } from '#worker/run/testing/tab.ts'
import type { Backend } from './backend.ts'
import { createBackend, EMBEDDED_URL, modelsOf, TINKER_URL } from './backend.ts'

let tabs: Tab[] = []
const platform = globalThis.fetch
afterEach(() => {
  for (const tab of tabs) tab.kill()
  tabs = []
  globalThis.fetch = platform
})

/** The settings over the real run host; the world outside answers as told. */
function rig(storage: Storage = freshStorage()): { backend: Backend; crash: () => void; storage: Storage } {
  const profile = { storage, locks: testLocks() }
  let tab = openTab(profile)
  tabs.push(tab)
  const listeners = new Set<CrashListener>()
  const service: RunService = {
    get host() {
      return tab.host
    },
    onFeed: () => () => undefined,
    onCrash(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    dispose: () => undefined,
  }
  const crash = (): void => {
    tab = openTab(profile)
    tabs.push(tab)
    const diagnostic = { code: 'SV0001', severity: 'error', message: 'crashed', at: { on: 'document' } } as const
    for (const listener of listeners) listener({ worker: 'run', diagnostic })
  }
  return { backend: createBackend({ storage, service }), crash, storage }
}

/** A server of the API that wants the key `tml-right`. */
function serve(): { asked: string[] } {
  const asked: string[] = []
  globalThis.fetch = ((request: Request) => {
    asked.push(request.url)
    if (request.headers.get('x-api-key') !== 'tml-right') {
      return Promise.resolve(Response.json({ detail: 'wrong key' }, { status: 401 }))
    }
    const models = { supported_models: [{ model_name: 'Qwen/Qwen3-8B', max_context_length: 32768 }] }
    return Promise.resolve(Response.json(request.url.endsWith('get_server_capabilities') ? models : {}))
  }) as typeof fetch
  return { asked }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('the backend', () => {
  test('is the embedded one on the first visit, and connects', async () => {
    const { backend } = rig()
    await backend.load()
    expect(backend.state).toMatchObject({ selected: { type: 'embedded', url: EMBEDDED_URL }, key: 'none' })
    expect(modelsOf(backend.state)).toEqual([
      { name: 'tunegraph/tiny-1m', maxContext: 512, renderer: 'tunegraph', parameters: 1_019_264 },
    ])
  })

  test('of the last visit is selected again', async () => {
    serve()
    const { backend, storage } = rig()
    await backend.select('custom', ' http://box:8000/ ')
    expect(backend.state).toMatchObject({
      selected: { type: 'custom', url: 'http://box:8000' },
      customUrl: 'http://box:8000',
    })
    expect(backend.state.connection).toMatchObject({
      phase: 'failed',
      diagnostic: { code: expect.stringMatching(/^TK/) },
    })
    const later = rig(storage).backend
    await later.load()
    expect(later.state.selected).toEqual({ type: 'custom', url: 'http://box:8000' })
    await later.select('embedded')
    expect([later.state.connection.phase, later.state.customUrl]).toEqual(['connected', 'http://box:8000'])
  })

  test('connects with a key that is not kept here, and says what is wrong without', async () => {
    serve()
    const { backend } = rig()
    await backend.select('tinker')
    expect(backend.state.selected.url).toBe(TINKER_URL)
    expect(backend.state.connection).toMatchObject({ phase: 'failed', diagnostic: { code: 'WK0005' } })
    await backend.connect('wrong')
    expect(backend.state.connection).toMatchObject({
      phase: 'failed',
      diagnostic: { code: expect.stringMatching(/^TK/) },
    })
    await backend.connect('tml-right')
    expect(backend.state.connection).toMatchObject({ phase: 'connected', models: [{ renderer: 'qwen3' }] })
    expect(backend.state.key).toBe('in-memory')
    expect(JSON.stringify(backend.state)).not.toContain('tml-right')
  })

  test('opens a sealed key after a reload, and forgets it when asked', async () => {
    serve()
    const { backend, storage } = rig()
    await backend.select('tinker')
    await backend.connect('tml-right')
    expect(await backend.rememberKey('horse')).toBeNull()
    expect(backend.state.stored).toBe(true)
    const later = rig(storage).backend
    await later.load()
    expect([later.state.key, later.state.connection.phase]).toEqual(['sealed', 'failed'])
    expect(await later.unlockKey('mule')).toMatchObject({ code: 'PS6008' })
    expect(later.state.problem).toMatchObject({ code: 'PS6008' })
    expect(await later.unlockKey('horse')).toBeNull()
    expect([later.state.key, later.state.connection.phase, later.state.problem]).toEqual([
      'in-memory',
      'connected',
      null,
    ])
    await later.forgetKey()
    expect([later.state.key, later.state.stored, later.state.connection.phase]).toEqual(['none', false, 'failed'])
  })

  test('knows that a new worker has no key', async () => {
    serve()
    const { backend, crash } = rig()
    await backend.select('tinker')
    await backend.connect('tml-right')
    crash()
    await until(() => backend.state.connection.phase === 'failed')
    expect(backend.state.key).toBe('none')
  })

  test('shows the answer for the backend that is selected now, not for the one before', async () => {
    let answer: () => void = () => undefined
    globalThis.fetch = (() =>
      new Promise((resolve) => {
        answer = () => resolve(Response.json({}))
      })) as typeof fetch
    const { backend } = rig()
    const slow = backend.select('custom', 'http://slow')
    await until(() => backend.state.connection.phase === 'connecting' && backend.state.selected.type === 'custom')
    await backend.select('embedded')
    expect(backend.state.connection.phase).toBe('connected')
    answer()
    await Promise.race([slow, new Promise((resolve) => setTimeout(resolve, 200))])
    expect(backend.state.connection.phase).toBe('connected')
  })
})
