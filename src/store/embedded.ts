/** What the page asks of its own backend beside the API: trouble for practice, and adapters that people bring along. */
import { proxy, ref } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Storage } from '../persist/storage.ts'
import type { AdapterUpload, EmbeddedControl, Trouble } from '../services/runService.ts'

export type { Trouble } from '../services/runService.ts'

/** An adapter from a file: checkpoints of the embedded backend like those of a run. */
export type BroughtAdapter = {
  readonly name: string
  readonly baseModel: string
  readonly training: string
  readonly sampler: string
}

export type EmbeddedState = {
  /** What is switched on; null = a good day. */
  trouble: Trouble | null
  /** The newest first. */
  adapters: readonly BroughtAdapter[]
  /** An adapter is being read. */
  taking: boolean
  /** Why the newest command failed; null when it did not. */
  problem: Diagnostic | null
}

export type Embedded = {
  readonly state: EmbeddedState
  /** Reads the settings; call once, before the backend is asked for anything. */
  load(): Promise<void>
  /** Switches trouble on (or to other values), or off by null; remembered. */
  practise(trouble: Trouble | null): Promise<void>
  /** Null when it cannot be used; `state.problem` then says why. */
  bring(upload: AdapterUpload): Promise<BroughtAdapter | null>
  /** Deletes its checkpoints. */
  drop(adapter: BroughtAdapter): Promise<void>
}

export type EmbeddedDeps = { readonly storage: Storage; readonly control: EmbeddedControl }

/** What it does is loaded when it is first asked for: the first picture needs the state alone. */
export function createEmbedded(deps: EmbeddedDeps): Embedded {
  const state = proxy<EmbeddedState>({ trouble: null, adapters: ref([]), taking: false, problem: null })
  let commands: Promise<Omit<Embedded, 'state'>> | null = null
  const ask = (): Promise<Omit<Embedded, 'state'>> =>
    (commands ??= import('./embeddedCommands.ts').then(({ embeddedCommands }) => embeddedCommands(state, deps)))
  return {
    state,
    load: async () => (await ask()).load(),
    practise: async (trouble) => (await ask()).practise(trouble),
    bring: async (upload) => (await ask()).bring(upload),
    drop: async (adapter) => (await ask()).drop(adapter),
  }
}
