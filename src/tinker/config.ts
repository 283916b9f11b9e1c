/** What a caller may set, and the defaults. */
import { DEFAULT_RETRY } from './transport/retry.ts'
import type { CredentialSource } from './transport/auth.ts'
import type { ClientEvent } from './transport/events.ts'
import type { Fetch } from './transport/exchange.ts'
import type { Compressor } from './transport/zstd.ts'
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

export type ServiceConfig = CredentialSource & {
  /** Address of the server, with or without `/api/v1`. Relative addresses work where the platform's fetch takes them. */
  readonly baseUrl: string
  /** What people call the server where `baseUrl` is that of a relay; messages name this one. */
  readonly publicUrl?: string
  /**
   * Any `Request → Response` function, such as a handler in the same process. Default: the platform's fetch; in Node its
   * HTTP client, which costs a quarter as much, unless fetch was replaced or given a dispatcher such as a proxy.
   */
  readonly fetch?: Fetch
  readonly userMetadata?: Readonly<Record<string, string>>
  readonly tags?: readonly string[]
  readonly projectId?: string
  /** What people call the session where sessions are listed; need not be unique. */
  readonly displayName?: string
  /** Aborting it is the same as `close()`. */
  readonly signal?: AbortSignal
  readonly onQueueState?: (event: QueueEvent) => void
  readonly onNotice?: (notice: Notice) => void
  /** Every request, retry, pause and change of the session, as data; also to be had from `ServiceClient.events`. */
  readonly onEvent?: (event: ClientEvent) => void
  /** Report use and errors to the server, as the official SDK does. Off unless set; never contains credentials. */
  readonly telemetry?: boolean
  /** How forward-backward travels: `auto` finds out what the server takes, without running a step twice. */
  readonly wire?: 'auto' | 'json' | 'protobuf'
  /** Extra headers, such as those of an access proxy. */
  readonly headers?: Readonly<Record<string, string>>
  /** Headers that differ from request to request, such as `traceparent`. */
  readonly traceHeaders?: () => Readonly<Record<string, string>>
  /** Added to the query of every request. */
  readonly query?: Readonly<Record<string, string | number | boolean>>
  /** Another compressor for servers that ask for zstd; default: Node's own, or a WebAssembly module loaded then. */
  readonly loadCompressor?: () => Promise<Compressor | undefined>
  /** Operations handed in at the same time; default 2 in pages with the platform's fetch, elsewhere without limit. */
  readonly maxConcurrentSubmissions?: number
  /**
   * Who pauses when the server refuses a sampling submission: all clients of this process with the same address and key,
   * because the server counts by key, or this client alone, as in the official SDK. Default `key`.
   */
  readonly pauseScope?: 'key' | 'client'
  /**
   * Results asked for at the same time. Browsers open six connections per address over HTTP/1.1 and a long poll holds
   * one, so pages default to 3 when they use the platform's fetch; elsewhere there is no limit.
   */
  readonly maxConcurrentPolls?: number
  /**
   * Tell the server with each poll how often it was asked and how long the operation took to hand in, in three headers,
   * as the official SDK does. Default: outside pages, whose preflights every header widens.
   */
  readonly pollStatistics?: boolean
  /**
   * `python`: the times and limits of the official SDK, also in a page: ten retries of a request, results waited for
   * without end, all connections at once. `web`: those of a page, also in Node. Default: by the platform, and results are
   * given up in the end. What `tuning` and the other members say comes first.
   */
  readonly preset?: 'python' | 'web'
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
  /**
   * How long a result may be "not yet" in all, time asleep left out, before the operation fails. Generous by default: a
   * shortage of capacity can last a night, and the official SDK has no such end.
   */
  readonly pollDeadlineMs: number
  /** A poll that others are waiting behind is given up and lined up again after this long. */
  readonly pollSliceMs: number
  readonly heartbeatMs: number
  readonly heartbeatTimeoutMs: number
  /** Without a heartbeat that went through for this long the session is said to be in danger. */
  readonly unhealthyAfterMs: number
  /** Shortest time between two looks at the flags that may change while a client lives. */
  readonly flagsFloorMs: number
  /** Sampling fails when requests are under way and none finishes for this long. */
  readonly progressTimeoutMs: number
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
  pollRetry: { baseMs: 1000, maxMs: 30_000, jitter: 0.25 },
  pollPatienceMs: 600_000,
  pollDeadlineMs: 86_400_000,
  pollSliceMs: 2000,
  heartbeatMs: 10_000,
  heartbeatTimeoutMs: 10_000,
  unhealthyAfterMs: 120_000,
  flagsFloorMs: 10_000,
  progressTimeoutMs: 7_200_000,
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

/** A page or a worker of one that goes through the platform's fetch, with its few connections per address; or told so. */
export function inPage({ fetch, preset }: ServiceConfig): boolean {
  if (preset !== undefined) return preset === 'web'
  const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined
  return fetch === undefined && !inNode
}

export function defaultPollLimit(config: ServiceConfig): number {
  return inPage(config) ? 3 : Infinity
}

/** Whether this is the hosted service, which has keys of a known look; behind a relay the public address says so. */
export function isHosted({ baseUrl, publicUrl }: ServiceConfig): boolean {
  const host = hostOf(publicUrl ?? baseUrl)
  return host === 'thinkingmachines.dev' || host?.endsWith('.thinkingmachines.dev') === true
}

/** Name of the machine in an address, in small letters; undefined for relative ones. */
export function hostOf(address: string): string | undefined {
  return /^https?:\/\/([^/:?#]+)/i.exec(address.trim())?.[1]?.toLowerCase()
}

/** Times that without any length would mean that nothing is ever answered, or asked without a pause. */
const NEVER_ZERO = /^(request|poll|heartbeat)(Timeout)?Ms$/

/** @throws RangeError for waits and limits that are no such thing: negative, NaN, or zero where that means for ever. */
export function checkConfig({ tuning = {}, maxConcurrentPolls, maxConcurrentSubmissions }: ServiceConfig): void {
  const { retry, pollRetry, backpressureMs, ...times } = tuning
  const waits = { ...times, ...retry, ...pollRetry, pause: backpressureMs?.[0], longPause: backpressureMs?.[1] }
  for (const [name, value] of Object.entries(waits))
    if (typeof value === 'number' && !(value > 0 || (value === 0 && !NEVER_ZERO.test(name))))
      throw new RangeError(`${name} must not be ${value}`)
  const jitter = retry?.jitter ?? pollRetry?.jitter ?? 0
  if (jitter > 1) throw new RangeError(`jitter must be a fraction, not ${jitter}`)
  for (const [name, value] of Object.entries({ maxConcurrentPolls, maxConcurrentSubmissions }))
    if (value !== undefined && !(value >= 1)) throw new RangeError(`${name} must be at least 1, not ${value}`)
}
