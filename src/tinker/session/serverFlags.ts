/** Flags that the server may change while a client lives, fetched in the background at the pace that it names. */
import { sleep } from '../transport/abort.ts'
import { WIRE_VERSION } from '../config.ts'
import { readShape } from '../wire/shape.ts'
import { dynamicConfigResponse } from '../wire/newerResponses.ts'
import type { Connection } from '../transport/connection.ts'
import type { DynamicConfigResponse } from '../wire/newerResponses.ts'

export class ServerFlags {
  readonly #connection: Connection
  #flags: DynamicConfigResponse

  constructor(connection: Connection) {
    this.#connection = connection
    const defaults = readShape(dynamicConfigResponse, {})
    if (!defaults.ok) throw new Error(defaults.error)
    this.#flags = defaults.value
  }

  /** As last heard; the official defaults before that and where the server has no such route. */
  get current(): DynamicConfigResponse {
    return this.#flags
  }

  /** Asks now and from then on, until the client is closed. Nobody waits for the answers. */
  async follow(): Promise<void> {
    const { signal, tuning } = this.#connection
    do {
      if (isHidden()) continue
      const answer = await this.#connection.requestJson(
        {
          request: 'POST client/dynamic_config',
          method: 'POST',
          path: 'client/dynamic_config',
          json: { sdk_version: WIRE_VERSION },
          timeoutMs: 10_000,
          patience: 'once',
          quiet: true,
        },
        dynamicConfigResponse,
      )
      // A failure keeps what is known; a server without the route is not asked again.
      if (!answer.ok && (answer.error.kind === 'unsupported' || answer.error.kind === 'notFound')) return
      if (answer.ok) this.#take(answer.value)
    } while (await sleep(Math.max(this.#flags.refresh_interval_sec * 1000, tuning.flagsFloorMs), signal, true))
  }

  #take(flags: DynamicConfigResponse): void {
    const changed = JSON.stringify(flags) !== JSON.stringify(this.#flags)
    this.#flags = flags
    if (changed) this.#connection.events.emit({ type: 'flags', flags })
  }
}

/** A tab that nobody looks at can do with what it knows. */
function isHidden(): boolean {
  const { document } = globalThis as { document?: { visibilityState?: string } }
  return document?.visibilityState === 'hidden'
}
