/** The documents of this browser: which one is open, the list, saving. The open one is edited in doc.ts alone. */
import { proxy, ref } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { DocId, IdSource } from '../base/ids.ts'
import { emptyDoc } from '../graph/model.ts'
import type { GraphDoc } from '../graph/model.ts'
import { setTitle } from '../graph/ops.ts'
import { createDocumentSaver } from '../persist/documentSaver.ts'
import type { DocumentSaver, SaveState } from '../persist/documentSaver.ts'
import { deleteDocument, lastOpened, listDocuments, nameVersion, openDocument } from '../persist/documents.ts'
import type { DocumentHead } from '../persist/schema.ts'
import type { Storage } from '../persist/storage.ts'
import type { DocStore } from './doc.ts'

/** A graph that a person can begin with. */
export type Starter = {
  readonly id: string
  readonly title: string
  readonly description: string
  load(): Promise<string>
}

/** What reading a file gave: a document as far as it could be read, and everything that was wrong with it. */
export type ReadResult = { readonly doc: GraphDoc | null; readonly diagnostics: readonly Diagnostic[] }

export type DocumentsState = {
  phase: 'loading' | 'ready'
  list: readonly DocumentHead[]
  save: SaveState
  starters: readonly Starter[]
  /** What was wrong with the file or the stored document that was opened last. */
  opened: readonly Diagnostic[]
  /** Newest failure of the list, of opening or of deleting. */
  problem: Diagnostic | null
}

export type Documents = {
  readonly state: DocumentsState
  /** Opens the document that was open last, or the first starter when there is none. Call once. */
  begin(): Promise<void>
  create(title?: string): Promise<void>
  open(id: DocId): Promise<boolean>
  /** Opens what was read from a file or a starter as a new document of this browser. */
  adopt(doc: GraphDoc, diagnostics: readonly Diagnostic[]): Promise<void>
  openStarter(id: string): Promise<void>
  rename(title: string): void
  duplicate(): Promise<void>
  remove(id: DocId): Promise<void>
  /** Keeps a named version of the open document. */
  keepVersion(name: string): Promise<Diagnostic | null>
  /** Saves now, e.g. before the page goes. */
  flush(): Promise<void>
  refresh(): Promise<void>
  /** Reads text as the codec does, without opening it. */
  read(text: string): ReadResult
}

export type DocumentsDeps = {
  readonly storage: Storage
  readonly doc: DocStore
  readonly ids: IdSource
  readonly now: () => number
  readonly later: (task: () => void, ms: number) => () => void
  readonly starters: readonly Starter[]
  /** The codec: from text, and from a stored value. */
  readonly parse: (text: string) => ReadResult
  readonly revive: (raw: unknown) => ReadResult
}

export function createDocuments(deps: DocumentsDeps): Documents {
  const { storage, doc, ids, now } = deps
  const state = proxy<DocumentsState>({
    phase: 'loading',
    list: ref([]),
    save: ref({ phase: 'saved', at: null }),
    starters: ref([...deps.starters]),
    opened: ref([]),
    problem: null,
  })
  let saver: DocumentSaver = saverFor(doc.get(), 0)

  doc.subscribe((change) => {
    if (change.cause !== 'load') saver.changed(change.doc)
  })

  function saverFor(first: GraphDoc, revision: number): DocumentSaver {
    return createDocumentSaver({
      storage,
      doc: first,
      revision,
      now,
      later: deps.later,
      onState: (save) => void (state.save = ref(save)),
    })
  }

  /** Makes this the open document. The one before goes on being saved by its own saver. */
  function take(next: GraphDoc, stored: GraphDoc, revision: number, diagnostics: readonly Diagnostic[]): void {
    void saver.close()
    saver = saverFor(stored, revision)
    state.save = ref(saver.state())
    state.opened = ref([...diagnostics])
    doc.load(next)
  }

  /** A new document is stored at once: it must be there after a reload even if nothing is changed. */
  async function store(next: GraphDoc, diagnostics: readonly Diagnostic[]): Promise<void> {
    take(next, emptyDoc(next.id), 0, diagnostics)
    saver.changed(doc.get())
    await saver.flush()
    await refresh()
  }

  async function refresh(): Promise<void> {
    const list = await listDocuments(storage)
    if (list.ok) state.list = ref([...list.value])
    else state.problem = ref(list.error)
  }

  async function open(id: DocId): Promise<boolean> {
    await saver.flush()
    const found = await openDocument(storage, id, now())
    if (!found.ok) {
      state.problem = ref(found.error)
      await refresh()
      return false
    }
    const read = deps.revive(found.value.raw)
    if (!read.doc) {
      state.problem = ref(read.diagnostics[0]!)
      return false
    }
    take(read.doc, read.doc, found.value.revision, [...found.value.diagnostics, ...read.diagnostics])
    await refresh()
    return true
  }

  async function openStarter(id: string): Promise<void> {
    const starter = deps.starters.find((s) => s.id === id)
    if (!starter) return
    const read = deps.parse(await starter.load())
    if (read.doc) await store({ ...read.doc, id: ids<'DocId'>('d') }, read.diagnostics)
    else state.problem = ref(read.diagnostics[0]!)
  }

  return {
    state,
    async begin() {
      const last = await lastOpened(storage)
      if (!last.ok) state.problem = ref(last.error)
      const opened = last.ok && last.value !== null && (await open(last.value))
      if (!opened && deps.starters[0]) await openStarter(deps.starters[0].id)
      state.phase = 'ready'
    },
    async create(title = 'Untitled') {
      await store(emptyDoc(ids<'DocId'>('d'), title), [])
    },
    open,
    adopt: (next, diagnostics) => store({ ...next, id: ids<'DocId'>('d') }, diagnostics),
    openStarter,
    rename(title) {
      doc.transact(`Rename document to ${title.trim() || 'Untitled'}`, (draft) => setTitle(draft, title))
    },
    async duplicate() {
      const current = doc.get()
      await store({ ...current, id: ids<'DocId'>('d'), title: `${current.title} (copy)` }, [])
    },
    async remove(id) {
      const current = id === doc.get().id
      if (current) saver.abandon()
      const removed = await deleteDocument(storage, id)
      if (!removed.ok) state.problem = ref(removed.error)
      await refresh()
      if (!current) return
      const next = state.list[0]
      if (!next || !(await open(next.id))) await store(emptyDoc(ids<'DocId'>('d')), [])
    },
    async keepVersion(name) {
      const kept = await nameVersion(storage, doc.get(), name, now())
      return kept.ok ? null : kept.error
    },
    async flush() {
      await saver.flush()
    },
    refresh,
    read: deps.parse,
  }
}
