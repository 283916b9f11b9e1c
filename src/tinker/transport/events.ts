/** What the client tells about its own doing: a typed emitter. Nothing in it is ever sent anywhere. */
import type { Failure } from '../failure.ts'
import type { QueueState } from '../wire/futureAnswer.ts'

type Attempt = {
  readonly method: string
  /** Below `/api/v1/`, without its query. */
  readonly path: string
  /** From 1; counts the tries of one call. */
  readonly attempt: number
}

export type ClientEvent =
  /** `headers` as they are sent, credentials masked. */
  | ({ readonly type: 'http:start'; readonly headers: Readonly<Record<string, string>> } & Attempt)
  | ({
      readonly type: 'http:stop'
      readonly status: number
      readonly durationMs: number
      readonly bytesOut: number
      readonly bytesIn: number
    } & Attempt)
  | ({
      readonly type: 'http:error'
      readonly outcome: 'offline' | 'timeout' | 'aborted'
      readonly message: string
      readonly durationMs: number
    } & Attempt)
  /** A transient failure: the same is tried again in `waitMs`, and for `leftMs` at most. */
  | {
      readonly type: 'retry'
      readonly request: string
      readonly failure: Failure
      readonly attempts: number
      readonly waitMs: number
      readonly leftMs: number
    }
  /** A failure that no further try would mend, or whose time is up. */
  | { readonly type: 'failed'; readonly request: string; readonly failure: Failure }
  | { readonly type: 'queue'; readonly operation: string; readonly state: QueueState; readonly reason: string }
  | {
      readonly type: 'session'
      readonly id: string
      readonly change: 'opened' | 'unhealthy' | 'recovered' | 'gone'
      readonly detail?: string
    }
  | { readonly type: 'token'; readonly change: 'renewed' | 'kept'; readonly failure?: Failure }
  /** The server's flags that may change while a client lives. */
  | { readonly type: 'flags'; readonly flags: Readonly<Record<string, unknown>> }
  /** Sampling requests under way, now and then while there are any. */
  | {
      readonly type: 'sampling'
      readonly inFlight: number
      readonly finished: number
      /** Since any of them finished, ms. */
      readonly silentMs: number
    }

export type ClientEventType = ClientEvent['type']
export type EventOf<T extends ClientEventType> = Extract<ClientEvent, { readonly type: T }>
type Listener = (event: ClientEvent) => void

export class ClientEvents {
  readonly #listeners = new Map<ClientEventType | '*', Set<Listener>>()

  /** Calls back on every event of the type, or of any with `*`; returns the way to stop it. */
  on<T extends ClientEventType>(type: T, listener: (event: EventOf<T>) => void): () => void
  on(type: '*', listener: Listener): () => void
  on(type: ClientEventType | '*', listener: (event: never) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners)
    // Wrapped, so that the same function given twice is two listeners.
    const own: Listener = (event) => listener(event as never)
    listeners.add(own)
    return () => {
      listeners.delete(own)
      if (listeners.size === 0) this.#listeners.delete(type)
    }
  }

  /** False when building the event would be work for nobody. */
  hears(type: ClientEventType): boolean {
    return this.#listeners.size > 0 && (this.#listeners.has(type) || this.#listeners.has('*'))
  }

  emit(event: ClientEvent): void {
    if (!this.hears(event.type)) return
    for (const listeners of [this.#listeners.get(event.type), this.#listeners.get('*')])
      for (const listener of [...(listeners ?? [])]) listener(event)
  }

  /** Nobody is called any more. */
  clear(): void {
    this.#listeners.clear()
  }
}
