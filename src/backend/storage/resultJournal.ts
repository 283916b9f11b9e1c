/**
 * Results of operations, kept so that a client may fetch them after a restart. Written behind the answers and in
 * batches: a kill loses the last moments, a graceful end loses nothing.
 */
import { packValue, unpackValue } from './packedValue.ts'
import type { BlobStore } from './blobStore.ts'

const PREFIX = 'results/'
const VERSION = 1

export type JournalLimits = {
  /** Batches older than this are deleted. */
  readonly keepMs: number
  /** Oldest batches are deleted beyond this many bytes. */
  readonly keepBytes: number
  /** Least time between the starts of two writes. */
  readonly pauseMs: number
}

export const JOURNAL_LIMITS: JournalLimits = { keepMs: 3_600_000, keepBytes: 16 * 1024 * 1024, pauseMs: 250 }

export type JournalClock = { now(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> }

export type ResultJournal<T> = {
  /** Finds what earlier lives have left. To be awaited before `find`. */
  start(): Promise<void>
  add(id: string, result: T): void
  /** A result of an earlier life; null when there is none. */
  find(id: string): Promise<T | null>
  /** Resolves once everything added so far is written, or could not be. */
  flush(): Promise<void>
}

/** `T` must be structured data with typed arrays (see `packValue`). */
export function resultJournal<T>(
  blobs: BlobStore,
  clock: JournalClock,
  limits: JournalLimits = JOURNAL_LIMITS,
): ResultJournal<T> {
  const kept: { key: string; at: number; bytes: number }[] = []
  const born = clock.now().toString(36)
  let pending: { id: string; result: T }[] = []
  let earlierKeys: readonly string[] = []
  let earlier: Promise<ReadonlyMap<string, T>> | null = null
  let writing: Promise<void> | null = null
  let hurry = new AbortController()
  let batches = 0

  async function writeAll(): Promise<void> {
    while (pending.length > 0) {
      const entries = pending
      pending = []
      const at = clock.now()
      const bytes = packed(entries)
      if (bytes === null) continue
      const key = `${PREFIX}${at.toString(36)}-${born}-${(batches++).toString(36)}`
      // Without room the results do not survive a restart; that is no reason to fail the operations.
      const written = await blobs.put(key, bytes).then(
        () => true,
        () => false,
      )
      if (written) kept.push({ key, at, bytes: bytes.length })
      await prune()
      if (!hurry.signal.aborted) await clock.sleep(limits.pauseMs, hurry.signal)
    }
    writing = null
  }

  /** Null for results of a form that cannot be kept: they do not survive a restart. */
  function packed(entries: unknown): Uint8Array | null {
    try {
      return packValue({ version: VERSION, entries })
    } catch {
      return null
    }
  }

  async function prune(): Promise<void> {
    const oldest = clock.now() - limits.keepMs
    let bytes = kept.reduce((sum, batch) => sum + batch.bytes, 0)
    while (kept.length > 0 && (bytes > limits.keepBytes || kept[0]!.at < oldest)) {
      const { key, bytes: size } = kept.shift()!
      bytes -= size
      await blobs.delete(key).catch(() => undefined)
    }
  }

  async function readEarlier(): Promise<ReadonlyMap<string, T>> {
    const results = new Map<string, T>()
    for (const key of earlierKeys) {
      const bytes = await blobs.get(key).catch(() => null)
      const batch = bytes === null ? null : unpackValue(bytes)
      if (batch === null || !batch.ok) continue
      const { version, entries } = batch.value as { version: number; entries: { id: string; result: T }[] }
      if (version === VERSION) for (const { id, result } of entries) results.set(id, result)
    }
    return results
  }

  return {
    async start() {
      const keys = await blobs.list(PREFIX)
      const oldest = clock.now() - limits.keepMs
      const isOld = (key: string): boolean => !(Number.parseInt(key.slice(PREFIX.length).split('-')[0]!, 36) >= oldest)
      await Promise.all(keys.filter(isOld).map((key) => blobs.delete(key)))
      earlierKeys = keys.filter((key) => !isOld(key))
    },
    add(id, result) {
      pending.push({ id, result })
      writing ??= writeAll()
    },
    async find(id) {
      earlier ??= readEarlier()
      return (await earlier).get(id) ?? null
    },
    async flush() {
      hurry.abort()
      await writing
      hurry = new AbortController()
    },
  }
}
