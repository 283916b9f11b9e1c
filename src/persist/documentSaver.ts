/** Autosave: waits for a pause in editing, saves, and keeps trying when storage fails. The open document is never touched. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { GraphDoc } from '../graph/model.ts'
import { saveDocument } from './documents.ts'
import type { Storage } from './storage.ts'

export type SaveState =
  | { readonly phase: 'saved'; readonly at: number | null }
  | { readonly phase: 'unsaved' }
  | { readonly phase: 'saving' }
  /** Tried again after `retryInMs` and at the next change; null = only a person can mend it. */
  | { readonly phase: 'failed'; readonly diagnostic: Diagnostic; readonly retryInMs: number | null }

/** One per open document, so that a document that could not be saved yet is not forgotten when another one is opened. */
export type DocumentSaver = {
  state(): SaveState
  changed(doc: GraphDoc): void
  /** Saves now what is unsaved, e.g. when the page is hidden. */
  flush(): Promise<SaveState>
  /** Revision of the last save; 0 = never stored. */
  revision(): number
  /** Saves what is unsaved, if need be again and again; reports no more. */
  close(): Promise<SaveState>
  /** Gives up what is unsaved, e.g. because another tab has taken the document over. */
  abandon(): void
}

export type SaverOptions = {
  readonly storage: Storage
  /** The document as it was opened, with its revision; 0 = made now and stored with its first change. */
  readonly doc: GraphDoc
  readonly revision: number
  readonly onState: (state: SaveState) => void
  readonly now: () => number
  /** Calls back later and returns how to cancel it. */
  readonly later: (call: () => void, ms: number) => () => void
  readonly debounceMs?: number
}

const FIRST_RETRY_MS = 2000
const LAST_RETRY_MS = 60_000

export function createDocumentSaver(options: SaverOptions): DocumentSaver {
  const { storage, onState, now, later, debounceMs = 1000 } = options
  let state: SaveState = { phase: 'saved', at: null }
  let current: GraphDoc = options.doc
  let saved: GraphDoc = options.doc
  let revision = options.revision
  let failures = 0
  let listening = true
  let cancel: () => void = () => undefined
  let saving: Promise<void> | null = null

  function set(next: SaveState): void {
    state = next
    if (listening) onState(next)
  }

  function wait(ms: number): void {
    cancel()
    cancel = later(() => void save(), ms)
  }

  function save(): Promise<void> {
    saving ??= write().finally(() => {
      saving = null
      // A change that came after the last look.
      if (state.phase === 'saved' && current !== saved) wait(debounceMs)
    })
    return saving
  }

  async function write(): Promise<void> {
    cancel()
    while (current !== saved) {
      const doc = current
      set({ phase: 'saving' })
      const result = await saveDocument(storage, doc, revision, now())
      if (!result.ok) {
        failed(result.error)
        return
      }
      revision = result.value
      saved = doc
      failures = 0
      set({ phase: 'saved', at: now() })
    }
  }

  function failed(diagnostic: Diagnostic): void {
    const overtaken = diagnostic.code === 'PS6011'
    const retryInMs = overtaken ? null : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++)
    set({ phase: 'failed', diagnostic, retryInMs })
    if (retryInMs !== null) wait(retryInMs)
  }

  async function flush(): Promise<SaveState> {
    if (state.phase !== 'failed' || state.retryInMs !== null) await save()
    return state
  }

  return {
    state: () => state,
    changed(doc) {
      current = doc
      // A save under way looks again when it is done; after a conflict only a copy helps.
      if (saving !== null || (state.phase === 'failed' && state.retryInMs === null)) return
      if (doc === saved) {
        cancel()
        set({ phase: 'saved', at: null })
        return
      }
      if (state.phase !== 'failed') set({ phase: 'unsaved' })
      wait(debounceMs)
    },
    flush,
    revision: () => revision,
    close() {
      listening = false
      return flush()
    },
    abandon() {
      listening = false
      cancel()
      current = saved
    },
  }
}
