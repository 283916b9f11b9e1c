/** Tokens and checkpoints counted by hour, as the service bills them; here they cost nothing. */
import { array, int, object, string } from '../../tinker/wire/shape.ts'
import { recordStore } from '../storage/recordStore.ts'
import { demand } from './refusal.ts'
import type { Infer } from '../../tinker/wire/shape.ts'
import type { BlobStore } from '../storage/blobStore.ts'
import type { CheckpointRecord } from '../storage/records.ts'
import type { RecordStore } from '../storage/recordStore.ts'
import type { Clock } from './clock.ts'

export type UsageKind = 'training' | 'sampling_prefill' | 'sampling_prefill_cached' | 'sampling_sample' | 'checkpoint'

const HOUR = 3_600_000
const LONGEST_WINDOW = 14 * 24 * HOUR
/** Least time between two writes; counts of a shorter time than this are lost by a kill. */
const WRITE_MS = 30_000
const GIGABYTE = 1e9

const countShape = object({ session: string, base: string, kind: string, count: int })
const hourShape = object({ hour: int, counts: array(countShape) })
type Hour = Infer<typeof hourShape>

export class Usage {
  readonly #clock: Clock
  readonly #records: RecordStore<Hour>
  /** Tallies of this life, by hour and by session, base model and kind. */
  readonly #hours = new Map<number, Map<string, Hour['counts'][number]>>()
  readonly #unwritten = new Set<number>()
  #writtenAt = 0
  #started: Promise<void> | null = null

  constructor(clock: Clock, storage: BlobStore) {
    this.#clock = clock
    this.#records = recordStore(storage, 'usage', hourShape)
  }

  count(kind: UsageKind, session: string, base: string, count: number): void {
    if (count <= 0) return
    const now = this.#clock.now()
    const hour = Math.floor(now / HOUR)
    this.#tally(hour, { session, base, kind, count })
    this.#unwritten.add(hour)
    if (now - this.#writtenAt > WRITE_MS) void this.flush()
  }

  #tally(hour: number, more: Hour['counts'][number]): void {
    const counts = this.#hours.get(hour) ?? new Map<string, Hour['counts'][number]>()
    this.#hours.set(hour, counts)
    const key = JSON.stringify([more.session, more.base, more.kind])
    counts.set(key, { ...more, count: more.count + (counts.get(key)?.count ?? 0) })
  }

  /** Adds what earlier lives have counted, once. */
  async #start(): Promise<void> {
    this.#started ??= this.#records.all().then(
      (records) => {
        const oldest = Math.floor((this.#clock.now() - LONGEST_WINDOW) / HOUR) - 1
        for (const { hour, counts } of records) {
          if (hour < oldest) void this.#records.remove(String(hour)).catch(() => undefined)
          else for (const one of counts) this.#tally(hour, one)
        }
      },
      () => undefined,
    )
    return this.#started
  }

  async flush(): Promise<void> {
    this.#writtenAt = this.#clock.now()
    const hours = [...this.#unwritten]
    this.#unwritten.clear()
    if (hours.length === 0) return
    await this.#start()
    for (const hour of hours) {
      const counts = [...this.#hours.get(hour)!.values()]
      await this.#records.put(String(hour), { hour, counts }).catch(() => this.#unwritten.add(hour))
    }
  }

  /**
   * Events of the hours in a window, hour by hour, most tokens first. Storage is that of the checkpoints given.
   * @throws Refusal 400 for a window that is not of whole hours, is longer than 14 days or begins in the future.
   */
  async events(from: number, to: number, checkpoints: readonly CheckpointRecord[], sessionOf: (run: string) => string) {
    demand(from % HOUR === 0 && to % HOUR === 0, 'starting_on and ending_before must be whole hours in UTC')
    demand(from < to, 'starting_on must be before ending_before')
    demand(to - from <= LONGEST_WINDOW, 'the window must not be longer than 14 days')
    demand(from <= this.#clock.now(), 'starting_on must not be in the future')
    await this.#start()
    const events: UsageEvent[] = []
    for (let hour = from / HOUR; hour < to / HOUR && hour * HOUR <= this.#clock.now(); hour++) {
      const counted = [...(this.#hours.get(hour)?.values() ?? [])].sort((a, b) => b.count - a.count)
      for (const { session, base, kind, count } of counted)
        events.push(eventOf(hour, session, base, infoOf(kind, count)))
      for (const [session, base, bytes] of storedIn(hour, checkpoints, sessionOf, this.#clock.now()))
        events.push(eventOf(hour, session, base, { type: 'storage', gigabyte_hours: bytes / GIGABYTE }))
    }
    return events
  }
}

export type UsageEvent = {
  readonly bucket_start: string
  readonly bucket_end: string
  readonly base_model: string
  readonly session_id: string
  readonly event_info: Readonly<Record<string, unknown>>
}

function eventOf(hour: number, session: string, base: string, info: UsageEvent['event_info']): UsageEvent {
  const [start, end] = [hour, hour + 1].map((h) => new Date(h * HOUR).toISOString())
  return { bucket_start: start!, bucket_end: end!, base_model: base, session_id: session, event_info: info }
}

function infoOf(kind: string, count: number): UsageEvent['event_info'] {
  if (kind === 'checkpoint') return { type: kind, count }
  if (kind === 'sampling_prefill') return { type: kind, cached: false, token_count: count }
  if (kind === 'sampling_prefill_cached') return { type: 'sampling_prefill', cached: true, token_count: count }
  return { type: kind, token_count: count }
}

/** Byte-hours in one hour, by session and base model. */
function storedIn(
  hour: number,
  checkpoints: readonly CheckpointRecord[],
  sessionOf: (run: string) => string,
  now: number,
): [session: string, base: string, byteHours: number][] {
  const sums = new Map<string, [string, string, number]>()
  for (const { created_at, expires_at, size_bytes, run_id, base_model } of checkpoints) {
    const from = Math.max(created_at, hour * HOUR)
    const to = Math.min(expires_at ?? Infinity, now, (hour + 1) * HOUR)
    if (to <= from) continue
    const session = sessionOf(run_id)
    const key = JSON.stringify([session, base_model])
    const [, , before] = sums.get(key) ?? [session, base_model, 0]
    sums.set(key, [session, base_model, before + (size_bytes * (to - from)) / HOUR])
  }
  return [...sums.values()]
}
