/** What a caller may set, and the defaults. */
import { DEFAULT_RETRY } from './transport/retry.ts'
import type { Fetch } from './transport/exchange.ts'
import type { RetryTuning } from './transport/retry.ts'
import type { QueueState } from './wire/futureAnswer.ts'

/** The server holds work back: reported when the state of an operation changes, with the server's reason or ours. */
export type QueueEvent = {
  readonly state: QueueState
  readonly reason: string
  /** As `optim_step` or `asample`. */
  readonly operation: string
}

/** A word from the server at the start of a session, or a sign that the session is in danger. */
export type Notice = { readonly level: 'info' | 'warning' | 'error'; readonly text: string }

export type ServiceConfig = {
  /** Address of the server, with or without `/api/v1`. Relative addresses work where the platform's fetch takes them. */
  readonly baseUrl: string
  /** What people call the server where `baseUrl` is that of a relay; messages name this one. */
  readonly publicUrl?: string
  readonly apiKey?: string
  /** Default: the platform's. Any `Request → Response` function will do, such as a handler in the same process. */
  readonly fetch?: Fetch
  readonly userMetadata?: Readonly<Record<string, string>>
  readonly tags?: readonly string[]
  readonly projectId?: string
  /** Aborting it is the same as `close()`. */
  readonly signal?: AbortSignal
  readonly onQueueState?: (event: QueueEvent) => void
  readonly onNotice?: (notice: Notice) => void
  /** How forward-backward travels: `auto` finds out what the server takes, without running a step twice. */
  readonly wire?: 'auto' | 'json' | 'protobuf'
  /** Extra headers, such as those of an access proxy. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Results asked for at the same time. Browsers open six connections per address over HTTP/1.1 and a long poll holds
   * one, so pages default to 3 when they use the platform's fetch; elsewhere there is no limit.
   */
  readonly maxConcurrentPolls?: number
  readonly tuning?: Partial<Tuning>
}

/** Times in ms. The defaults are the protocol's; tests shorten them. */
export type Tuning = {
  readonly retry: RetryTuning
  /** The handshake gives up sooner: somebody is waiting to see whether the address is right. */
  readonly connectWindowMs: number
  readonly requestTimeoutMs: number
  /** Servers hold a poll for 20 to 40 s; longer than this and the connection is taken for dead. */
  readonly pollTimeoutMs: number
  /** A poll answered "try again" sooner than this is followed by a wait, so that a server without long polls is not flooded. */
  readonly pollFloorMs: number
  /** Waits between polls after server errors and lost connections. */
  readonly pollRetry: Omit<RetryTuning, 'windowMs'>
  /** How long results may be unobtainable through server errors or lost connections before the operation fails. */
  readonly pollPatienceMs: number
  /** A poll that others are waiting behind is given up and lined up again after this long. */
  readonly pollSliceMs: number
  readonly heartbeatMs: number
  readonly heartbeatTimeoutMs: number
  readonly billingRetryMs: number
  /** Pause after a refused sampling submission: the first up to 128 KiB of prompt, the second above. */
  readonly backpressureMs: readonly [number, number]
}

export const DEFAULT_TUNING: Tuning = {
  retry: DEFAULT_RETRY,
  connectWindowMs: 20_000,
  requestTimeoutMs: 60_000,
  pollTimeoutMs: 45_000,
  pollFloorMs: 1000,
  pollRetry: { baseMs: 500, maxMs: 30_000, jitter: 0.25 },
  pollPatienceMs: 600_000,
  pollSliceMs: 2000,
  heartbeatMs: 10_000,
  heartbeatTimeoutMs: 10_000,
  billingRetryMs: 5000,
  backpressureMs: [1000, 5000],
}

/** The version of the official SDK whose wire this client speaks; servers are told it as `sdk_version`. */
export const WIRE_VERSION = '0.25.0'

/** `https://host/prefix/` whatever form the caller gave: trailing slash, `/api/v1` or neither. */
export function baseOf(baseUrl: string): string {
  return `${baseUrl
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/api\/v1$/, '')}/`
}

export function defaultPollLimit(config: ServiceConfig): number {
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined
  return config.fetch !== undefined || inNode ? Infinity : 3
}
