/** Who did what to checkpoints: one list per UTC day, kept in storage. */
import { array, object, optional, string } from '../../tinker/wire/shape.ts'
import { recordStore } from '../storage/recordStore.ts'
import type { Infer } from '../../tinker/wire/shape.ts'
import type { BlobStore } from '../storage/blobStore.ts'
import type { RecordStore } from '../storage/recordStore.ts'
import type { Clock } from './clock.ts'

const KEPT_DAYS = 90

const entryShape = object({
  timestamp: string,
  event: string,
  model_id: optional(string),
  tinker_path: optional(string),
  purpose: optional(string),
})
const dayShape = object({ day: string, entries: array(entryShape) })

export type AuditEntry = Infer<typeof entryShape>
type Day = Infer<typeof dayShape>

export class Audit {
  readonly #clock: Clock
  readonly #records: RecordStore<Day>
  #days: Promise<Map<string, Day>> | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(clock: Clock, storage: BlobStore) {
    this.#clock = clock
    this.#records = recordStore(storage, 'audit', dayShape)
  }

  /** Resolves at once; the entry is written behind. An audit that cannot be written does not fail what it notes. */
  note(event: string, about: Omit<AuditEntry, 'timestamp' | 'event'>): void {
    const timestamp = new Date(this.#clock.now()).toISOString()
    this.#writing = this.#writing
      .then(async () => {
        const days = await this.#load()
        const day = timestamp.slice(0, 10)
        const record = days.get(day) ?? { day, entries: [] }
        days.set(day, record)
        record.entries.push({ timestamp, event, ...about })
        await this.#records.put(day, record)
      })
      .catch(() => undefined)
  }

  /** Oldest first; of one day, or of all that are kept. `event` names a resource, such as `checkpoints`, or `all`. */
  async entries(day: string | null, event: 'all' | 'checkpoints'): Promise<AuditEntry[]> {
    await this.#writing
    const days = [...(await this.#load()).values()].sort((a, b) => (a.day < b.day ? -1 : 1))
    const wanted = days.filter((record) => day === null || record.day === day)
    return wanted.flatMap((record) =>
      record.entries.filter((e) => event === 'all' || e.event.startsWith('checkpoint_')),
    )
  }

  async #load(): Promise<Map<string, Day>> {
    this.#days ??= this.#read()
    return this.#days
  }

  async #read(): Promise<Map<string, Day>> {
    const oldest = new Date(this.#clock.now() - KEPT_DAYS * 86_400_000).toISOString().slice(0, 10)
    const all = await this.#records.all()
    await Promise.all(all.filter((r) => r.day < oldest).map((r) => this.#records.remove(r.day)))
    return new Map(all.filter((r) => r.day >= oldest).map((r) => [r.day, r]))
  }

  /** Resolves once everything noted is written. */
  async flush(): Promise<void> {
    await this.#writing
  }
}
