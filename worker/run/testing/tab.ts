/** A tab of a browser profile for tests: storage, locks, an embedded backend and a run host, all of which can be killed at once. */
import { LESSON } from '#src/training/testing/plans.ts'
import { tinyBackend } from '#src/training/testing/trainingHost.ts'
import { randomIds } from '#src/base/ids.ts'
import { createBlobStore } from '#src/persist/blobs.ts'
import type { Locks } from '#src/persist/runLocks.ts'
import type { RunNotices } from '#src/persist/runNotices.ts'
import type { Storage } from '#src/persist/storage.ts'
import { createPortFetch, servePortFetch } from '../../portFetch.ts'
import type { RunFeed, RunHost } from '../../protocol.ts'
import { createBackends } from '../backends.ts'
import { createFeed } from '../feed.ts'
import { createRunHost } from '../host.ts'
import { createRows } from '../rows.ts'
import { createRunKeeper } from '../runKeeper.ts'

export type Tab = {
  readonly host: RunHost
  readonly feed: readonly RunFeed[]
  /** As when the browser ends the tab: nothing that is under way comes to anything, and locks are let go. */
  kill(): void
  /** Resolves when a message of the feed satisfies the condition. */
  heard(condition: (message: RunFeed) => boolean): Promise<RunFeed>
  subscribe(listener: (message: RunFeed) => void): () => void
  /** Called before every message of the feed. */
  onFeed: ((message: RunFeed) => void) | null
}

export type Profile = { readonly storage: Storage; readonly locks: Locks }

export const LESSONS: { readonly [name: string]: string } = LESSON

export type TabOptions = {
  /** The world outside, for tokenizers of the hub and servers that are not embedded. */
  readonly fetch?: (request: Request) => Promise<Response>
  /** Hears of every write. */
  readonly announce?: RunNotices['announce']
}

export function openTab({ storage, locks }: Profile, options: TabOptions = {}): Tab {
  const { fetch = globalThis.fetch, announce = () => undefined } = options
  let dead = false
  let kill: () => void = () => undefined
  const killed = new Promise<never>((_resolve, reject) => {
    kill = () => reject(new DOMException('the tab was closed', 'AbortError'))
  })
  killed.catch(() => undefined)

  const mine: Storage = {
    async use(what, work) {
      if (dead) return new Promise(() => undefined)
      const result = await storage.use(what, work)
      return dead ? new Promise(() => undefined) : result
    },
    close: () => Promise.resolve(),
  }
  const myLocks: Locks = {
    query: () => locks.query(),
    request: ((name: string, options: LockOptions, callback: LockGrantedCallback<unknown>) =>
      locks.request(name, options, (lock) => Promise.race([callback(lock), killed]))) as Locks['request'],
  }
  const backend = tinyBackend({ storage: createBlobStore(mine, 'backend/'), ids: randomIds })
  const { port1, port2 } = new MessageChannel()
  const stop = servePortFetch(port1, (request) => (dead ? new Promise(() => undefined) : backend.fetch(request)))

  const feed: RunFeed[] = []
  const listeners = new Set<(message: RunFeed) => void>()
  const tab: { onFeed: Tab['onFeed'] } = { onFeed: null }
  const port = {
    postMessage(message: RunFeed) {
      if (dead) return
      tab.onFeed?.(message)
      feed.push(message)
      for (const listener of listeners) listener(message)
    },
  }
  const notices: RunNotices = {
    announce: (run) => dead || announce(run),
    listen: () => () => undefined,
    close: () => undefined,
  }
  const rows = createRows((name) => Promise.resolve(LESSONS[name.replace(/^pig-latin-/, '')] ?? null))
  const backends = createBackends({
    environment: { origin: 'http://page', relay: null },
    embedded: createPortFetch(port2).fetch,
    fetch: (request) => fetch(request),
    kept: createBlobStore(mine, 'tokenizers/'),
  })
  const runs = createRunKeeper({
    storage: mine,
    locks: myLocks,
    feed: createFeed(port as unknown as MessagePort),
    notices,
    backends,
    rows,
    now: Date.now,
  })
  return Object.assign(tab, {
    host: createRunHost({ storage: mine, backends, rows, runs }),
    feed,
    kill() {
      dead = true
      kill()
      stop()
      port2.close()
    },
    subscribe(listener: (message: RunFeed) => void) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    heard: (condition: (message: RunFeed) => boolean) =>
      new Promise<RunFeed>((resolve) => {
        const known = feed.find(condition)
        if (known) {
          resolve(known)
          return
        }
        const listener = (message: RunFeed): void => {
          if (!condition(message)) return
          listeners.delete(listener)
          resolve(message)
        }
        listeners.add(listener)
      }),
  })
}
