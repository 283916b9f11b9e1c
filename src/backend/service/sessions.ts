/** Sessions: opened by a client, kept alive by its heartbeats or any other request, closed when it falls silent. */
import { Refusal } from './refusal.ts'
import type { IdSource } from '../../base/ids.ts'
import type { CreateSessionRequest } from '../../tinker/wire/requests.ts'
import type { Clock } from './clock.ts'

export type Session = {
  readonly id: string
  readonly tags: readonly string[]
  readonly userMetadata: Readonly<Record<string, string>>
  projectId: string | null
  readonly models: string[]
  readonly samplers: string[]
  lastHeard: number
  closed: boolean
}

export class Sessions {
  readonly #sessions = new Map<string, Session>()
  readonly #clock: Clock
  readonly #ids: IdSource

  constructor(clock: Clock, ids: IdSource) {
    this.#clock = clock
    this.#ids = ids
  }

  open(request: CreateSessionRequest): Session {
    const session: Session = {
      id: this.#ids('session'),
      tags: request.tags,
      userMetadata: stringValues(request.user_metadata),
      projectId: request.project_id ?? null,
      models: [],
      samplers: [],
      lastHeard: this.#clock.now(),
      closed: false,
    }
    this.#sessions.set(session.id, session)
    return session
  }

  /** The live session, which has now been heard of. @throws Refusal 404 or 410. */
  touch(id: string): Session {
    const session = this.get(id)
    if (session.closed) throw new Refusal(`session ${id} is closed; open a new one and load the last saved state`, 410)
    session.lastHeard = this.#clock.now()
    return session
  }

  get(id: string): Session {
    const session = this.#sessions.get(id)
    if (session === undefined) throw new Refusal(`there is no session ${JSON.stringify(id.slice(0, 80))}`, 404)
    return session
  }

  /** Newest first. */
  list(): Session[] {
    return [...this.#sessions.values()].reverse()
  }

  /** Closes the sessions that have been silent for longer than the limit and returns them. */
  expire(silentMs: number): Session[] {
    const limit = this.#clock.now() - silentMs
    const expired = [...this.#sessions.values()].filter((s) => !s.closed && s.lastHeard < limit)
    for (const session of expired) session.closed = true
    return expired
  }
}

/** Metadata values as strings, which is all that the listing may show. */
export function stringValues(metadata: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}
