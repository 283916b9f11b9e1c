/** The documents of this browser: which one is open, the list, saving. The open one is edited in doc.ts alone. */
import { proxy, ref, subscribe } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { DocId, IdSource } from '../base/ids.ts'
import { emptyDoc } from '../graph/model.ts'
import type { GraphDoc } from '../graph/model.ts'
import { setTitle } from '../graph/ops.ts'
import { diagnose } from '../persist/codes.ts'
import { createDocumentSaver } from '../persist/documentSaver.ts'
import type { DocumentSaver, SaveState } from '../persist/documentSaver.ts'
import {
  deleteDocument,
  lastOpened,
  listDocuments,
  listVersions,
  nameVersion,
  openDocument,
  openVersion,
} from '../persist/documents.ts'
import type { DocumentHead } from '../persist/schema.ts'
import type { Locks } from '../persist/runLocks.ts'
import type { Storage } from '../persist/storage.ts'
import type { DocStore } from './doc.ts'
import { createDocumentLock } from './documentLock.ts'

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
  /** Who edits the open document: this tab, not known yet, or another tab. */
  access: 'here' | 'asking' | 'elsewhere'
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
  /** Why the open document may not be changed or run in this tab, or null. */
  refusal(): string | null
  /** Asks the tab that edits the open document to save and let go, then reads it again and edits it here. */
  takeOver(): Promise<void>
  duplicate(): Promise<void>
  remove(id: DocId): Promise<void>
  /** Keeps a named version of the open document. */
  keepVersion(name: string): Promise<Diagnostic | null>
  /** Keeps the open document as the graph of a plan, by the plan's hash, unless it is kept already. */
  keepGraphOf(planHash: string): Promise<Diagnostic | null>
  /** Opens what a document was at that time as a new one. */
  openVersion(id: DocId, at: number): Promise<boolean>
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
  /** Keeps tabs apart; absent where there are no Web Locks. */
  readonly locks?: Locks | null
  /** Over which tabs ask each other to let go; tests bring their own. */
  readonly channel?: BroadcastChannel
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
    access: 'here',
    starters: ref([...deps.starters]),
    opened: ref([]),
    problem: null,
  })
  let saver: DocumentSaver = saverFor(doc.whole(), 0)
  /** Taken over, but what the other tab saved is not read yet. */
  let reading = false

  const lock = createDocumentLock({
    locks: deps.locks ?? null,
    ...(deps.channel ? { channel: deps.channel } : {}),
    async yielding(id) {
      if (id === doc.whole().id) await saver.flush()
    },
    acquired: (id) => void readAgain(id),
  })
  subscribe(lock.state, look, true)
  doc.guard(refusal)

  function look(): void {
    const { hold } = lock.state
    // A new document is held by nobody else, so its lock is not waited for.
    const other = hold.phase === 'closed' || hold.doc !== doc.whole().id
    const waiting = hold.phase === 'asking' || reading
    state.access = other ? 'here' : hold.phase === 'elsewhere' ? 'elsewhere' : waiting ? 'asking' : 'here'
  }

  function refusal(): string | null {
    if (state.access === 'elsewhere') return 'This graph is open in another tab: take it over to change or run it here'
    return state.access === 'asking' ? 'This graph is being opened' : null
  }

  doc.subscribe((change) => {
    if (change.cause !== 'load' && change.cause !== 'open') saver.changed(doc.whole())
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
    look()
  }

  /** A new document is stored at once: it must be there after a reload even if nothing is changed. */
  async function store(next: GraphDoc, diagnostics: readonly Diagnostic[]): Promise<void> {
    const before = saver.flush()
    take(next, emptyDoc(next.id), 0, diagnostics)
    saver.changed(doc.whole())
    await Promise.all([before, saver.flush()])
    await lock.open(next.id)
    await refresh()
  }

  async function refresh(): Promise<void> {
    const list = await listDocuments(storage)
    if (list.ok) state.list = ref([...list.value])
    else state.problem = ref(list.error)
  }

  async function open(id: DocId): Promise<boolean> {
    await saver.flush()
    // Held before it is read: nobody saves between the two.
    await lock.open(id)
    const opened = await read(id, null)
    if (!opened) await lock.open(doc.whole().id)
    await refresh()
    return opened
  }

  /** Reads a document from storage and makes it the open one, unless `known` is its revision still. */
  async function read(id: DocId, known: number | null): Promise<boolean> {
    const found = await openDocument(storage, id, now())
    if (!found.ok) {
      state.problem = ref(found.error)
      return false
    }
    const { raw, revision, diagnostics } = found.value
    if (revision === known) return true
    const revived = deps.revive(raw)
    if (!revived.doc) {
      state.problem = ref(revived.diagnostics[0]!)
      return false
    }
    take(revived.doc, revived.doc, revision, [...diagnostics, ...revived.diagnostics])
    return true
  }

  async function readAgain(id: DocId): Promise<void> {
    if (doc.whole().id !== id) return
    reading = true
    look()
    try {
      await read(id, saver.revision())
    } finally {
      reading = false
      look()
    }
    await refresh()
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
    refusal,
    takeOver: () => lock.takeOver(),
    async duplicate() {
      const current = doc.whole()
      await store({ ...current, id: ids<'DocId'>('d'), title: `${current.title} (copy)` }, [])
    },
    async remove(id) {
      const current = id === doc.whole().id
      const reason = current ? refusal() : null
      if (reason !== null) {
        state.problem = ref(diagnose('PS6013', { on: 'document' }, `${reason}.`))
        return
      }
      if (current) saver.abandon()
      const removed = await deleteDocument(storage, id)
      if (!removed.ok) state.problem = ref(removed.error)
      await refresh()
      if (!current) return
      const next = state.list[0]
      if (!next || !(await open(next.id))) await store(emptyDoc(ids<'DocId'>('d')), [])
    },
    async keepVersion(name) {
      const kept = await nameVersion(storage, doc.whole(), name, now())
      return kept.ok ? null : kept.error
    },
    async keepGraphOf(planHash) {
      const current = doc.whole()
      // Not needed for the first picture.
      const { planVersionName, prunePlanVersions } = await import('../persist/planVersions.ts')
      const name = planVersionName(planHash)
      const versions = await listVersions(storage, current.id)
      if (!versions.ok) return versions.error
      if (versions.value.some((version) => version.name === name)) return null
      const kept = await nameVersion(storage, current, name, now())
      if (!kept.ok) return kept.error
      const pruned = await prunePlanVersions(storage, current.id)
      return pruned.ok ? null : pruned.error
    },
    async openVersion(id, at) {
      const found = await openVersion(storage, id, at)
      const revived = found.ok ? deps.revive(found.value.raw) : null
      if (!found.ok || !revived?.doc) {
        state.problem = ref(found.ok ? revived!.diagnostics[0]! : found.error)
        return false
      }
      const title = `${revived.doc.title} (as it ran)`
      await store({ ...revived.doc, id: ids<'DocId'>('d'), title }, [
        ...found.value.diagnostics,
        ...revived.diagnostics,
      ])
      return true
    },
    async flush() {
      await saver.flush()
    },
    refresh,
    read: deps.parse,
  }
}
