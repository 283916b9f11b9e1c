/** Sessions: opened by a client, kept alive by its heartbeats or any other request, closed when it falls silent. */
import { Refusal } from './refusal.ts'
import { sessionRecord } from '../storage/records.ts'
import { recordStore } from '../storage/recordStore.ts'
import type { IdSource } from '../../base/ids.ts'
import type { CreateSessionRequest } from '../../tinker/wire/requests.ts'
import type { BlobStore } from '../storage/blobStore.ts'
import type { SessionRecord } from '../storage/records.ts'
import type { RecordStore } from '../storage/recordStore.ts'
import type { Clock } from './clock.ts'

/** Closed sessions beyond this many are forgotten, oldest first. */
const REMEMBERED = 500

export type Session = {
  readonly id: string
  readonly createdAt: number
  readonly tags: readonly string[]
  readonly userMetadata: Readonly<Record<string, string>>
  readonly displayName: string | null
  projectId: string | null
  readonly models: string[]
  readonly samplers: string[]
  lastHeard: number
  closed: boolean
  /** What the client said when it was done; null when it said nothing. */
  finish: SessionRecord['finish']
}

export class Sessions {
  readonly #sessions = new Map<string, Session>()
  readonly #clock: Clock
  readonly #ids: IdSource
  readonly #records: RecordStore<SessionRecord>

  constructor(clock: Clock, ids: IdSource, storage: BlobStore) {
    this.#clock = clock
    this.#ids = ids
    this.#records = recordStore(storage, 'sessions', sessionRecord)
  }

  /** Brings back the sessions of earlier lives. Their models are gone, but a client that lives on may go on. */
  async start(): Promise<void> {
    const records = (await this.#records.all()).sort((a, b) => a.created_at - b.created_at)
    for (const record of records) {
      if (this.#sessions.has(record.id)) continue
      this.#sessions.set(record.id, {
        id: record.id,
        createdAt: record.created_at,
        tags: record.tags,
        userMetadata: record.user_metadata,
        displayName: record.display_name ?? null,
        projectId: record.project_id ?? null,
        models: [],
        samplers: [],
        lastHeard: this.#clock.now(),
        closed: record.closed,
        finish: record.finish,
      })
    }
    this.forget()
  }

  /** Drops the oldest closed sessions beyond what is remembered and returns them. */
  forget(): Session[] {
    const closed = [...this.#sessions.values()].filter((session) => session.closed)
    const forgotten = closed.slice(0, Math.max(0, closed.length - REMEMBERED))
    for (const { id } of forgotten) {
      this.#sessions.delete(id)
      void this.#records.remove(id).catch(() => undefined)
    }
    return forgotten
  }

  get count(): number {
    return this.#sessions.size
  }

  async open(request: CreateSessionRequest): Promise<Session> {
    const now = this.#clock.now()
    const session: Session = {
      id: this.#ids('session'),
      createdAt: now,
      tags: request.tags,
      userMetadata: stringValues(request.user_metadata),
      displayName: request.display_name ?? null,
      projectId: request.project_id ?? null,
      models: [],
      samplers: [],
      lastHeard: now,
      closed: false,
      finish: null,
    }
    this.#sessions.set(session.id, session)
    await this.#save(session)
    return session
  }

  /** A session that cannot be written down works all the same; it does not survive a restart. */
  async #save(session: Session): Promise<void> {
    const record: SessionRecord = {
      id: session.id,
      created_at: session.createdAt,
      tags: [...session.tags],
      user_metadata: { ...session.userMetadata },
      ...(session.displayName === null ? {} : { display_name: session.displayName }),
      ...(session.projectId === null ? {} : { project_id: session.projectId }),
      closed: session.closed,
      finish: session.finish,
    }
    await this.#records.put(session.id, record).catch(() => undefined)
  }

  async assign(id: string, projectId: string): Promise<void> {
    const session = this.get(id)
    session.projectId = projectId
    await this.#save(session)
  }

  /** False when it was closed before. */
  async close(id: string, finish: Session['finish']): Promise<boolean> {
    const session = this.get(id)
    if (session.closed) return false
    session.closed = true
    session.finish = finish
    await this.#save(session)
    return true
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

  /** Null for one that was forgotten; for listings of what it has left behind. */
  find(id: string): Session | null {
    return this.#sessions.get(id) ?? null
  }

  /** Newest first. */
  list(): Session[] {
    return [...this.#sessions.values()].reverse()
  }

  /** Closes the sessions that have been silent for longer than the limit and returns them. */
  expire(silentMs: number): Session[] {
    const limit = this.#clock.now() - silentMs
    const expired = [...this.#sessions.values()].filter((s) => !s.closed && s.lastHeard < limit)
    for (const session of expired) {
      session.closed = true
      void this.#save(session)
    }
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
