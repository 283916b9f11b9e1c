/** A session on the server: opened on first use, kept alive by heartbeats until the client is closed. */
import { err, ok } from '../base/result.ts'
import { sleep } from './abort.ts'
import { WIRE_VERSION } from './config.ts'
import { createSessionResponse } from './wire/responses.ts'
import type { Result } from '../base/result.ts'
import type { ServiceConfig } from './config.ts'
import type { Connection } from './connection.ts'
import type { Failure } from './errors.ts'

export class Session {
  readonly #connection: Connection
  readonly #config: ServiceConfig
  #opening: Promise<Result<string, Failure>> | undefined
  #models = 0
  #samplers = 0

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

  async #open(): Promise<Result<string, Failure>> {
    const { tags = [], userMetadata = {}, projectId } = this.#config
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
          type: 'create_session',
        },
      },
      createSessionResponse,
    )
    if (!answer.ok) return answer
    const { session_id: id, info_message: info, warning_message: warning, error_message: error } = answer.value
    if (info !== undefined) this.#config.onNotice?.({ level: 'info', text: info })
    if (warning !== undefined) this.#config.onNotice?.({ level: 'warning', text: warning })
    if (error !== undefined) this.#config.onNotice?.({ level: 'error', text: error })
    if (this.#connection.closed)
      return err({ kind: 'aborted', by: 'close', message: 'the client was closed', request: 'POST create_session' })
    void this.#beat(id)
    return ok(id)
  }

  /** Missed beats are forgiven; a server that says the session is gone is told no more, and the caller once. */
  async #beat(id: string): Promise<void> {
    const { heartbeatMs, heartbeatTimeoutMs } = this.#connection.tuning
    while (await sleep(heartbeatMs, this.#connection.signal, true)) {
      const answer = await this.#connection.request({
        request: 'POST session_heartbeat',
        gone: 'session',
        method: 'POST',
        path: 'session_heartbeat',
        json: { session_id: id, type: 'session_heartbeat' },
        timeoutMs: heartbeatTimeoutMs,
        patience: 'once',
        ignoreBody: true,
      })
      if (answer.ok) continue
      const { kind, message } = answer.error
      if (kind === 'unsupported') return
      if (kind !== 'expired' && kind !== 'notFound') continue
      this.#opening = undefined
      this.#config.onNotice?.({ level: 'error', text: `the session is gone: ${message}` })
      return
    }
  }
}
