/** What must not be left behind by a client: timers, sockets, listeners, rejections that nobody handles. */
import { getEventListeners } from 'node:events'

/** What keeps or could keep the process busy, by kind. */
export function resources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/** Kinds of which there are more than before, once things had time to close; empty when nothing is left behind. */
export async function leftBehind(before: ReadonlyMap<string, number>, patienceMs: number): Promise<string[]> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const more = [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0))
    if (more.length === 0 || Date.now() > deadline)
      return more.map(([kind, count]) => `${kind}: ${count}, before ${before.get(kind) ?? 0}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}

export class RejectionWatch {
  readonly seen: unknown[] = []
  readonly #note = (reason: unknown): void => void this.seen.push(reason)

  constructor() {
    process.on('unhandledRejection', this.#note)
  }

  stop(): void {
    process.off('unhandledRejection', this.#note)
  }
}
