/**
 * Reports use and errors to the server, as the official SDK does. Loaded only where a configuration asks for it; nothing
 * that looks like a credential is ever part of a report.
 */
import { onAbort, sleep } from '../transport/abort.ts'
import { freshUuid } from '../transport/headers.ts'
import { dataWithoutSecrets } from '../transport/redact.ts'
import { WIRE_VERSION } from '../config.ts'
import { durationText, errorContent, telemetryEvent } from './telemetryEvents.ts'
import { stringifyJson } from '../wire/json.ts'
import type { Call, Connection } from '../transport/connection.ts'
import type { EventContent, Severity, TelemetryEvent } from './telemetryEvents.ts'

export const TELEMETRY_LIMITS = { batch: 100, queue: 10_000, intervalMs: 10_000, httpTimeoutMs: 5000, drainMs: 30_000 }
const TRIES = 3
const BETWEEN_TRIES_MS = 1000
/** What a page that goes away may still send. */
const KEEPALIVE_BYTES = 60_000

/** One for the page, worker or process. */
const PROCESS_ID = freshUuid()

export type TelemetryOptions = {
  readonly connection: Connection
  /** Absent: reports run under an id of their own, without start and end. */
  readonly sessionId?: string
  /** Servers before SDK 0.24 refuse the id of the process. */
  readonly legacy?: boolean
  readonly intervalMs?: number
  readonly betweenTriesMs?: number
}

export class TelemetryReporter {
  readonly #options: TelemetryOptions
  readonly #sessionId: string
  readonly #started = Date.now()
  readonly #queue: TelemetryEvent[] = []
  readonly #releases: (() => void)[] = []
  #index = 0
  #dropped = 0
  #flushing: Promise<boolean> | undefined
  #ended: Promise<void> | undefined
  /** The server has no such route: nothing is kept any more. */
  #useless = false

  constructor(options: TelemetryOptions) {
    this.#options = options
    this.#sessionId = options.sessionId ?? `sessionless-${freshUuid()}`
    if (options.sessionId !== undefined) this.#push({ event: 'SESSION_START' }, 'INFO')
    const { connection } = options
    this.#releases.push(
      connection.events.on('failed', ({ request, failure }) => {
        const { kind, status, attempts, serverSays } = failure
        if (kind !== 'aborted') this.log('client.failed', { request, kind, status, attempts, serverSays }, 'WARNING')
      }),
      onAbort(connection.signal, () => void this.end()),
      onPageHide((comesBack) => {
        if (!comesBack) this.#pushEnd()
        void Promise.all(this.#sendLast())
      }),
    )
    void this.#sendNowAndThen()
  }

  /** Events that were lost: the queue was full, or the server would not take them. */
  get dropped(): number {
    return this.#dropped
  }

  get queued(): number {
    return this.#queue.length
  }

  /** False when the queue is full; then the new event is dropped, not an old one. `name` should be one of few. */
  log(name: string, data: Readonly<Record<string, unknown>> = {}, severity: Severity = 'INFO'): boolean {
    return this.#push({ event: 'GENERIC_EVENT', event_name: name, event_data: data }, severity)
  }

  /** An error that was caught; a fatal one also ends the session's report. Sent at once. */
  logError(error: unknown, { fatal = false, severity = 'ERROR' as Severity } = {}): boolean {
    const logged = this.#push(...errorContent(error, severity))
    if (fatal) this.#pushEnd()
    void this.flush()
    return logged
  }

  /** Sends all that is queued; false when some of it could not be sent and stays. */
  flush(): Promise<boolean> {
    this.#flushing ??= this.#sendAll().finally(() => (this.#flushing = undefined))
    return this.#flushing
  }

  /** The end of the session's report, then nothing any more. Resolves when the last of it is sent or given up. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    for (const release of this.#releases) release()
    await this.#flushing
    this.#pushEnd()
    await Promise.all(this.#sendLast())
  }

  #pushEnd(): void {
    if (this.#options.sessionId === undefined) return
    this.#push({ event: 'SESSION_END', duration: durationText(Date.now() - this.#started) }, 'INFO')
  }

  #push(content: EventContent, severity: Severity): boolean {
    if (this.#useless || this.#queue.length >= TELEMETRY_LIMITS.queue) {
      this.#dropped++
      return false
    }
    const { secrets } = this.#options.connection
    this.#queue.push(telemetryEvent(dataWithoutSecrets(content, secrets) as EventContent, this.#index++, severity))
    return true
  }

  async #sendNowAndThen(): Promise<void> {
    const { connection, intervalMs = TELEMETRY_LIMITS.intervalMs } = this.#options
    do await this.flush()
    while (await sleep(intervalMs, connection.signal, true))
  }

  async #sendAll(): Promise<boolean> {
    const { connection, betweenTriesMs = BETWEEN_TRIES_MS } = this.#options
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, TELEMETRY_LIMITS.batch)
      let sent = await connection.request(this.#call(batch))
      for (let tries = 1; !sent.ok && isPassing(sent.error.kind) && tries < TRIES; tries++) {
        if (!(await sleep(betweenTriesMs, connection.signal))) break
        sent = await connection.request(this.#call(batch))
      }
      if (sent.ok) continue
      if (sent.error.kind === 'unsupported' || sent.error.kind === 'notFound') {
        this.#useless = true
        this.#dropped += batch.length + this.#queue.splice(0).length
        return false
      }
      if (isPassing(sent.error.kind) || sent.error.kind === 'aborted') {
        this.#queue.unshift(...batch)
        return false
      }
      // Refused for what it says: sending it again cannot succeed.
      this.#dropped += batch.length
    }
    return true
  }

  /** Everything that is left, in pieces that survive the page. */
  #sendLast(): Promise<unknown>[] {
    const sends: Promise<unknown>[] = []
    while (this.#queue.length > 0 && !this.#useless) {
      const batch: TelemetryEvent[] = []
      for (let bytes = 0; this.#queue.length > 0 && batch.length < TELEMETRY_LIMITS.batch;) {
        bytes += stringifyJson(this.#queue[0]).length
        if (bytes > KEEPALIVE_BYTES && batch.length > 0) break
        batch.push(this.#queue.shift()!)
      }
      sends.push(this.#options.connection.farewell(this.#call(batch)))
    }
    return sends
  }

  #call(events: readonly TelemetryEvent[]): Call {
    return {
      request: 'POST telemetry',
      method: 'POST',
      path: 'telemetry',
      json: {
        events,
        platform: platformName(),
        sdk_version: WIRE_VERSION,
        session_id: this.#sessionId,
        ...(this.#options.legacy === true ? {} : { process_uuid: PROCESS_ID }),
      },
      timeoutMs: TELEMETRY_LIMITS.httpTimeoutMs,
      patience: 'once',
      ignoreBody: true,
      quiet: true,
      outlives: true,
    }
  }
}

function isPassing(kind: string): boolean {
  return ['offline', 'timeout', 'unavailable', 'rateLimited', 'billing'].includes(kind)
}

/** Runs the work; an error in it is reported and thrown on unchanged. Without a reporter it just runs. */
export async function withTelemetry<T>(
  reporter: TelemetryReporter | undefined,
  work: () => Promise<T>,
  options: { readonly fatal?: boolean; readonly severity?: Severity } = {},
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    reporter?.logError(error, options)
    throw error
  }
}

/** As Python names it where there is an operating system to see, else `Browser`. */
export function platformName(): string {
  const platform = typeof process === 'undefined' ? undefined : process.platform
  if (platform === undefined) return 'Browser'
  return { linux: 'Linux', darwin: 'Darwin', win32: 'Windows' }[platform as string] ?? platform
}

/** Told whether the page is kept and may come back. In a worker there is no such event: its page must close the client. */
function onPageHide(callback: (comesBack: boolean) => void): () => void {
  type Listener = (event: { readonly persisted?: boolean }) => void
  const page = globalThis as {
    addEventListener?: (type: string, listener: Listener) => void
    removeEventListener?: (type: string, listener: Listener) => void
  }
  if (typeof page.addEventListener !== 'function') return () => undefined
  const listener: Listener = ({ persisted }) => callback(persisted === true)
  page.addEventListener('pagehide', listener)
  return () => page.removeEventListener?.('pagehide', listener)
}
