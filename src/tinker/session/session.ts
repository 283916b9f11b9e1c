/** A session on the server: opened on first use, kept alive by heartbeats until the client is closed. */
import { err, ok } from '../../base/result.ts'
import { sleep } from '../transport/abort.ts'
import { WIRE_VERSION } from '../config.ts'
import { createSessionResponse } from '../wire/responses.ts'
import type { Result } from '../../base/result.ts'
import type { Notice, ServiceConfig } from '../config.ts'
import type { Connection } from '../transport/connection.ts'
import type { Failure } from '../failure.ts'
import type { ServerFlags } from './serverFlags.ts'
import type { TelemetryReporter } from './telemetry.ts'

export class Session {
  readonly #connection: Connection
  readonly #config: ServiceConfig
  #opening: Promise<Result<string, Failure>> | undefined
  #models = 0
  #samplers = 0
  #reporter: Promise<TelemetryReporter | undefined> | undefined
  #flags: ServerFlags | undefined

  constructor(connection: Connection, config: ServiceConfig) {
    this.#connection = connection
    this.#config = config
  }

  /** Id of the session; the first call creates it. After a failure the next call tries anew. */
  id(): Promise<Result<string, Failure>> {
    this.#opening ??= this.#open().then((result) => {
      if (!result.ok) this.#opening = undefined
      return result
    })
    return this.#opening
  }

  /** Number of the next model of this session, from 0. */
  nextModel(): number {
    return this.#models++
  }

  /** Number of the next sampling session, from 0; ephemeral sampler saves count too. */
  nextSampler(): number {
    return this.#samplers++
  }

  /** Id of the session where there is one; opens none. */
  async openId(): Promise<string | undefined> {
    const opened = await this.#opening
    return opened?.ok === true ? opened.value : undefined
  }

  async #open(): Promise<Result<string, Failure>> {
    const { tags = [], userMetadata = {}, projectId, displayName } = this.#config
    await this.#tellDoubts()
    const answer = await this.#connection.requestJson(
      {
        request: 'POST create_session',
        method: 'POST',
        path: 'create_session',
        json: {
          tags,
          user_metadata: userMetadata,
          sdk_version: WIRE_VERSION,
          project_id: projectId,
          display_name: displayName,
          type: 'create_session',
        },
      },
      createSessionResponse,
    )
    if (!answer.ok) return answer
    const { session_id: id, info_message: info, warning_message: warning, error_message: error } = answer.value
    if (info !== undefined) this.#notify({ level: 'info', text: info })
    if (warning !== undefined) this.#notify({ level: 'warning', text: warning })
    if (error !== undefined) this.#notify({ level: 'error', text: error })
    if (this.#connection.closed)
      return err({ kind: 'aborted', by: 'close', message: 'the client was closed', request: 'POST create_session' })
    this.#connection.events.emit({ type: 'session', id, change: 'opened' })
    void this.#beat(id)
    void this.#follow()
    if (this.#config.telemetry === true) this.#report(id)
    return ok(id)
  }

  /** Flags of the server that may change while the session lives; undefined before it has one. */
  get flags(): ServerFlags | undefined {
    return this.#flags
  }

  /** Nobody waits for these flags: a part that cannot be loaded leaves the defaults. */
  async #follow(): Promise<void> {
    const part = await import('./serverFlags.ts').catch(() => undefined)
    if (part !== undefined && this.#flags === undefined)
      void (this.#flags = new part.ServerFlags(this.#connection)).follow()
  }

  /** Only plain addresses and headers of the caller's own can be doubtful. */
  async #tellDoubts(): Promise<void> {
    const { onNotice, baseUrl, headers } = this.#config
    if (onNotice === undefined || (headers === undefined && !/^\s*http:/i.test(baseUrl))) return
    const part = await import('./doubts.ts').catch(() => undefined)
    for (const text of part?.doubtsOf(this.#config) ?? []) this.#notify({ level: 'warning', text })
  }

  /** The report of this session; undefined unless the configuration asks for one and there is a session. */
  async telemetry(): Promise<TelemetryReporter | undefined> {
    return this.#reporter
  }

  /** Resolves when the report of a closed client is sent or given up. */
  async reported(): Promise<void> {
    await (await this.#reporter)?.end()
  }

  #report(sessionId: string): void {
    const connection = this.#connection
    const former = this.#reporter
    this.#reporter = (async () => {
      void (await former)?.end()
      const profile = await connection.profile()
      const part = await import('./telemetry.ts').catch(() => undefined)
      return part && new part.TelemetryReporter({ connection, sessionId, legacy: profile.ok && profile.value.legacy })
    })()
  }

  /**
   * Does what needs a session. When the server then does not know something, it may be the session that is gone, as
   * after a night's sleep of the machine: that is asked, and the work is done once more in a new session.
   */
  async within<T>(work: (sessionId: string) => Promise<Result<T, Failure>>): Promise<Result<T, Failure>> {
    const opened = await this.id()
    if (!opened.ok) return opened
    const done = await work(opened.value)
    if (done.ok || (done.error.status !== 404 && done.error.status !== 410)) return done
    if (!isGone(await this.#heartbeat(opened.value))) return done
    this.#opening = undefined
    const again = await this.id()
    return again.ok ? work(again.value) : again
  }

  /** Missed beats are forgiven; a server that says the session is gone is asked no more, and the caller told once. */
  async #beat(id: string): Promise<void> {
    const { heartbeatMs, unhealthyAfterMs } = this.#connection.tuning
    let heardAt = performance.now()
    let warned = false
    while (await sleep(heartbeatMs, this.#connection.signal, true)) {
      if ((await this.openId()) !== id) return
      const failure = await this.#heartbeat(id)
      if (failure?.kind === 'unsupported') return
      if (isGone(failure)) return this.#lose(id, failure!)
      if (failure?.kind === 'aborted') continue
      const silentMs = performance.now() - heardAt
      if (failure === undefined) {
        if (warned) this.#tell(id, 'recovered', 'info', 'the session is alive again')
        heardAt = performance.now()
        warned = false
      } else if (!warned && silentMs > unhealthyAfterMs) {
        warned = true
        const since = `no heartbeat has gone through for ${Math.round(silentMs / 1000)} s`
        this.#tell(id, 'unhealthy', 'warning', `${since}: ${failure.message}. The server may end the session`)
      }
    }
  }

  async #lose(id: string, failure: Failure): Promise<void> {
    if ((await this.openId()) === id) this.#opening = undefined
    this.#tell(id, 'gone', 'error', `the session is gone: ${failure.message}`)
  }

  #tell(id: string, change: 'unhealthy' | 'recovered' | 'gone', level: Notice['level'], text: string): void {
    this.#connection.events.emit({ type: 'session', id, change, detail: text })
    this.#notify({ level, text })
  }

  #notify(notice: Notice): void {
    this.#config.onNotice?.(notice)
  }

  async #heartbeat(id: string): Promise<Failure | undefined> {
    const answer = await this.#connection.request({
      request: 'POST session_heartbeat',
      gone: 'session',
      method: 'POST',
      path: 'session_heartbeat',
      json: { session_id: id, type: 'session_heartbeat' },
      timeoutMs: this.#connection.tuning.heartbeatTimeoutMs,
      patience: 'once',
      ignoreBody: true,
      quiet: true,
    })
    return answer.ok ? undefined : answer.error
  }
}

function isGone(failure: Failure | undefined): boolean {
  return failure?.kind === 'expired' || failure?.kind === 'notFound'
}
