/**
 * What has finished, per sampling client, in order: for clients that wait for all their requests with one call
 * (`retrieve_futures`) instead of one each. A cursor is the number of the last event seen.
 */
import type { Clock } from './clock.ts'

/** A client that never asks must not fill the memory. */
const KEPT_PER_STREAM = 20_000

export type Completion = { readonly requestId: string; readonly failed: boolean; readonly bytes: number }

type Stream = { events: { cursor: number; completion: Completion }[]; last: number; waiters: Set<() => void> }

export class Completions {
  readonly #streams = new Map<string, Stream>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  #stream(name: string): Stream {
    const found = this.#streams.get(name) ?? { events: [], last: 0, waiters: new Set() }
    this.#streams.set(name, found)
    return found
  }

  announce(name: string, completion: Completion): void {
    const stream = this.#stream(name)
    stream.events.push({ cursor: ++stream.last, completion })
    if (stream.events.length > KEPT_PER_STREAM) stream.events.shift()
    this.#wake(stream)
  }

  #wake(stream: Stream): void {
    for (const wake of stream.waiters) wake()
    stream.waiters.clear()
  }

  /** What came after the cursor; waits up to `holdMs` while there is nothing. Events up to the cursor are let go. */
  async after(
    name: string,
    cursor: number,
    holdMs: number,
    signal?: AbortSignal,
  ): Promise<{ completions: Completion[]; cursor: number }> {
    const stream = this.#stream(name)
    stream.events = stream.events.filter((event) => event.cursor > cursor)
    if (stream.events.length === 0 && holdMs > 0) {
      const given = new AbortController()
      const stop = (): void => given.abort()
      stream.waiters.add(stop)
      signal?.addEventListener('abort', stop, { once: true })
      await this.#clock.sleep(holdMs, given.signal)
      stream.waiters.delete(stop)
      signal?.removeEventListener('abort', stop)
    }
    return { completions: stream.events.map((event) => event.completion), cursor: Math.max(cursor, stream.last) }
  }

  /** Ends every wait now. */
  close(): void {
    for (const stream of this.#streams.values()) this.#wake(stream)
  }

  drop(prefix: string): void {
    for (const [name, stream] of this.#streams) {
      if (!name.startsWith(prefix)) continue
      this.#streams.delete(name)
      this.#wake(stream)
    }
  }
}

/** `clone` is 0 for the client that opened the session, and counts those that joined it. */
export function streamName(samplerId: string, clone: number): string {
  return `${samplerId}#${clone}`
}
