/** One tab edits a document, others look on: a Web Lock per open document, handed over on request. */
import { proxy } from 'valtio/vanilla'
import type { DocId } from '../base/ids.ts'
import type { Locks } from '../persist/runLocks.ts'

export type DocumentHold =
  | { readonly phase: 'closed' }
  | { readonly phase: 'asking'; readonly doc: DocId }
  /** This tab edits. */
  | { readonly phase: 'held'; readonly doc: DocId }
  /** Another tab edits; this one looks on, and edits as soon as that one lets go. */
  | { readonly phase: 'elsewhere'; readonly doc: DocId }
  /** The page has no Web Locks: nothing keeps tabs apart but the revision check of a save. */
  | { readonly phase: 'unguarded'; readonly doc: DocId }

export type DocumentLockState = { hold: DocumentHold }

export type DocumentLock = {
  readonly state: DocumentLockState
  /** Lets go of the document before, if any. Resolves when it is known who edits. */
  open(doc: DocId): Promise<void>
  /** Asks the editing tab to save and let go; one that does not answer has it taken away. Resolves when held. */
  takeOver(): Promise<void>
  close(): void
  dispose(): void
}

export type DocumentLockDeps = {
  readonly locks: Locks | null
  readonly channel?: BroadcastChannel
  /** Another tab takes over: save what is unsaved. The lock is let go when this resolves. */
  yielding(doc: DocId): Promise<void>
  /** This tab may edit now, after another one did: read the document again. */
  acquired(doc: DocId): void
  /** How long another tab may take to save before the document is taken from it. */
  readonly patienceMs?: number
}

type Message = { readonly type: 'takeOver'; readonly doc: DocId }

const PREFIX = 'tunegraph-document-'
/** How long those who merely look on step back for the one who asked. */
const STEP_BACK_MS = 1000

export function mayEdit(state: { readonly hold: DocumentHold }): boolean {
  return state.hold.phase === 'held' || state.hold.phase === 'unguarded'
}

export function createDocumentLock(deps: DocumentLockDeps): DocumentLock {
  const { locks, patienceMs = 3000 } = deps
  // Without locks nobody is asked to let go, so nobody listens.
  const channel = locks === null ? null : (deps.channel ?? new BroadcastChannel('tunegraph-documents'))
  const state = proxy<DocumentLockState>({ hold: { phase: 'closed' } })
  /** Ends the hold or the wait of the document that is open now. */
  let session: { readonly doc: DocId; release: () => void; readonly wait: AbortController } | null = null
  let backAgain: ReturnType<typeof setTimeout> | undefined

  if (channel) channel.onmessage = (message: MessageEvent<Message>) => asked(message.data)

  function asked(message: Message): void {
    const { hold } = state
    if (message.type !== 'takeOver' || hold.phase === 'closed' || message.doc !== hold.doc) return
    if (hold.phase === 'held') void give(hold.doc)
    else if (hold.phase === 'elsewhere') stepBack(hold.doc)
  }

  async function give(doc: DocId): Promise<void> {
    await deps.yielding(doc)
    if (session?.doc !== doc || state.hold.phase !== 'held') return
    session.release()
    lookOn(doc, STEP_BACK_MS)
  }

  function stepBack(doc: DocId): void {
    session?.wait.abort()
    lookOn(doc, STEP_BACK_MS)
  }

  /** Waits in line for the lock, from `afterMs` on. */
  function lookOn(doc: DocId, afterMs: number): void {
    state.hold = { phase: 'elsewhere', doc }
    clearTimeout(backAgain)
    backAgain = setTimeout(() => {
      if (state.hold.phase === 'elsewhere' && state.hold.doc === doc) void request(doc, {})
    }, afterMs)
  }

  /** Resolves with whether it is held; the hold itself goes on until `release`. */
  function request(doc: DocId, how: { ifAvailable?: true; steal?: true; signal?: AbortSignal }): Promise<boolean> {
    const wait = new AbortController()
    const mine: NonNullable<typeof session> = { doc, release: () => undefined, wait }
    if (!how.ifAvailable && !how.steal) session = mine
    how.signal?.addEventListener('abort', () => wait.abort())
    const options = how.ifAvailable || how.steal ? how : { signal: wait.signal }
    return new Promise((resolve) => {
      locks!
        .request(PREFIX + doc, options, (lock) => {
          if (lock === null) {
            resolve(false)
            return undefined
          }
          return new Promise<void>((release) => {
            mine.release = release
            took(mine)
            resolve(true)
          })
        })
        .catch(() => {
          // Gave up waiting, or the lock was taken away by a tab that had waited long enough.
          resolve(false)
          if (session === mine && state.hold.phase === 'held') lookOn(doc, STEP_BACK_MS)
        })
    })
  }

  function took(mine: NonNullable<typeof session>): void {
    if (state.hold.phase === 'closed' || state.hold.doc !== mine.doc) {
      mine.release()
      return
    }
    clearTimeout(backAgain)
    const before = state.hold.phase
    session = mine
    state.hold = { phase: 'held', doc: mine.doc }
    if (before === 'elsewhere') deps.acquired(mine.doc)
  }

  function close(): void {
    clearTimeout(backAgain)
    session?.wait.abort()
    session?.release()
    session = null
    state.hold = { phase: 'closed' }
  }

  return {
    state,
    async open(doc) {
      if (state.hold.phase === 'held' && state.hold.doc === doc) return
      close()
      if (locks === null) {
        state.hold = { phase: 'unguarded', doc }
        return
      }
      state.hold = { phase: 'asking', doc }
      const held = await request(doc, { ifAvailable: true })
      if (!held && state.hold.phase === 'asking' && state.hold.doc === doc) lookOn(doc, 0)
    },
    async takeOver() {
      const { hold } = state
      if (hold.phase !== 'elsewhere' || locks === null) return
      const { doc } = hold
      clearTimeout(backAgain)
      session?.wait.abort()
      channel?.postMessage({ type: 'takeOver', doc } satisfies Message)
      const held = await request(doc, { signal: AbortSignal.timeout(patienceMs) })
      if (!held && state.hold.phase === 'elsewhere' && state.hold.doc === doc) await request(doc, { steal: true })
    },
    close,
    dispose() {
      close()
      channel?.close()
    },
  }
}
