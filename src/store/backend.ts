/** Which backend the page talks to, and whether it answers. Keys pass through to the worker and are never kept here. */
import { proxy, ref } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { ModelFacts } from '../ir/dataset.ts'
import type { BackendRef } from '../ir/runEvent.ts'
import { storedKeyUrls } from '../persist/keys.ts'
import { readSetting, writeSetting } from '../persist/settings.ts'
import type { Storage } from '../persist/storage.ts'
import { unanswered } from '../services/unanswered.ts'
import type { RunService } from '../services/runService.ts'

/** Requests to the embedded backend travel over a message port; the address only names it. */
export const EMBEDDED_URL = 'http://embedded.tunegraph'
export const TINKER_URL = 'https://tinker.thinkingmachines.dev/services/tinker-prod'

export type Connection =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting' }
  | { readonly phase: 'connected'; readonly models: readonly ModelFacts[]; readonly latencyMs: number }
  | { readonly phase: 'failed'; readonly diagnostic: Diagnostic }

/** Where the key of the selected backend is: nowhere, in the worker's memory, or sealed in this browser and not opened yet. */
export type KeyState = 'none' | 'in-memory' | 'sealed'

export type BackendState = {
  selected: BackendRef
  /** Last address of "other URL", kept while another backend is selected. */
  customUrl: string
  connection: Connection
  key: KeyState
  /** A sealed copy is in this browser (it may be opened as well). */
  stored: boolean
  /** Newest problem of a settings command; null when all is well. */
  problem: Diagnostic | null
}

export type Backend = {
  readonly state: BackendState
  /** Reads the settings and connects; call once when the page opens. */
  load(): Promise<void>
  /** Selects a backend, remembers the choice, and connects. `url` only for `custom`. */
  select(type: BackendRef['type'], url?: string): Promise<void>
  /** Connects (again), e.g. after a failure. `key` is handed to the worker and forgotten here. */
  connect(key?: string): Promise<void>
  /** Seals the key that the worker has, so that it can be opened after a reload. */
  rememberKey(passphrase: string): Promise<Diagnostic | null>
  /** Opens the sealed key and connects. */
  unlockKey(passphrase: string): Promise<Diagnostic | null>
  /** Forgets the key in the worker and in this browser. */
  forgetKey(): Promise<void>
  dispose(): void
}

/** Models of the selected backend; null while not connected. */
export function modelsOf(state: { readonly connection: Connection }): readonly ModelFacts[] | null {
  return state.connection.phase === 'connected' ? state.connection.models : null
}

const SETTING = 'backend'

export function createBackend(deps: { readonly storage: Storage; readonly service: RunService }): Backend {
  const { storage, service } = deps
  const state = proxy<BackendState>({
    selected: { type: 'embedded', url: EMBEDDED_URL },
    customUrl: '',
    connection: { phase: 'idle' },
    key: 'none',
    stored: false,
    problem: null,
  })
  /** Addresses whose key the worker has in memory. */
  const handedOver = new Set<string>()
  /** Answers of an older attempt are not for the backend that is selected now. */
  let attempt = 0

  async function connect(key?: string): Promise<void> {
    const mine = ++attempt
    if (key !== undefined) {
      handedOver.add(state.selected.url)
      state.key = 'in-memory'
    }
    const settings = { ref: { ...state.selected }, ...(key === undefined ? {} : { key }) }
    state.connection = { phase: 'connecting' }
    try {
      const report = await service.host.connect(settings)
      if (mine !== attempt) return
      state.connection = report.ok
        ? { phase: 'connected', models: ref([...report.models]), latencyMs: report.latencyMs }
        : { phase: 'failed', diagnostic: ref(report.diagnostic) }
    } catch (error) {
      if (mine !== attempt) return
      state.connection = { phase: 'failed', diagnostic: ref(unanswered(error)) }
    }
  }

  async function select(type: BackendRef['type'], url?: string): Promise<void> {
    if (type === 'custom') state.customUrl = (url ?? state.customUrl).trim().replace(/\/+$/, '')
    state.selected = refOf(type, state.customUrl)
    const saved = await writeSetting(storage, SETTING, { type, customUrl: state.customUrl })
    keep(saved.ok ? null : saved.error)
    await look()
    await connect()
  }

  /** Whether a sealed key waits in this browser. */
  async function look(): Promise<void> {
    const { url } = state.selected
    const urls = await storedKeyUrls(storage)
    if (!urls.ok || state.selected.url !== url) return
    state.stored = urls.value.includes(url)
    state.key = handedOver.has(url) ? 'in-memory' : state.stored ? 'sealed' : 'none'
  }

  function keep(problem: Diagnostic | null): Diagnostic | null {
    state.problem = problem === null ? null : ref(problem)
    return problem
  }

  async function ask(call: () => Promise<Diagnostic | null>): Promise<Diagnostic | null> {
    try {
      return keep(await call())
    } catch (error) {
      return keep(unanswered(error))
    }
  }

  const stopListening = service.onCrash(() => {
    // The new worker has no key and no connection.
    handedOver.clear()
    if (state.key === 'in-memory') state.key = state.stored ? 'sealed' : 'none'
    void connect()
  })

  return {
    state,
    async load() {
      const setting = await readSetting(storage, SETTING)
      if (setting.ok) {
        const { type, customUrl } = parseSetting(setting.value)
        state.customUrl = customUrl
        state.selected = refOf(type, customUrl)
      } else keep(setting.error)
      await look()
      await connect()
    },
    select,
    connect,
    async rememberKey(passphrase) {
      const failed = await ask(() => service.host.rememberKey(state.selected.url, passphrase))
      if (!failed) state.stored = true
      return failed
    },
    async unlockKey(passphrase) {
      const failed = await ask(() => service.host.unlockKey(state.selected.url, passphrase))
      if (failed) return failed
      handedOver.add(state.selected.url)
      state.key = 'in-memory'
      await connect()
      return null
    },
    async forgetKey() {
      await ask(async () => {
        await service.host.forgetKey(state.selected.url)
        return null
      })
      handedOver.delete(state.selected.url)
      state.key = 'none'
      state.stored = false
      await connect()
    },
    dispose: stopListening,
  }
}

function refOf(type: BackendRef['type'], customUrl: string): BackendRef {
  return { type, url: type === 'embedded' ? EMBEDDED_URL : type === 'tinker' ? TINKER_URL : customUrl }
}

function parseSetting(value: unknown): { type: BackendRef['type']; customUrl: string } {
  const { type, customUrl } = (value ?? {}) as { type?: unknown; customUrl?: unknown }
  return {
    type: type === 'tinker' || type === 'custom' ? type : 'embedded',
    customUrl: typeof customUrl === 'string' ? customUrl : '',
  }
}
