/** Tells other tabs that a run's log has grown; they read it from storage. Nothing else travels here. */
import type { RunId } from '../base/ids.ts'

export type RunNotices = {
  announce(run: RunId): void
  /** Notices of other tabs and workers, never one's own. */
  listen(listener: (run: RunId) => void): () => void
  close(): void
}

export function createRunNotices(name = 'tunegraph-runs'): RunNotices {
  const channel = new BroadcastChannel(name)
  const listeners = new Set<(run: RunId) => void>()
  channel.onmessage = (message: MessageEvent<{ run: RunId }>) => {
    for (const listener of listeners) listener(message.data.run)
  }
  return {
    announce: (run) => channel.postMessage({ run }),
    listen(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    close: () => channel.close(),
  }
}
