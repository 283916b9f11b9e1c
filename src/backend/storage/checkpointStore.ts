/**
 * Training runs and checkpoints over a blob store. Data is written first and under a fresh key, the record last:
 * a checkpoint is visible exactly when its record is, so a kill at any moment never shows half of one.
 */
import { err, ok } from '../../base/result.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { formatCheckpointPath } from '../../tinker/wire/checkpointPath.ts'
import { parseJson, stringifyJson } from '../../tinker/wire/json.ts'
import { readShape } from '../../tinker/wire/shape.ts'
import { keySegment, StorageFull } from './blobStore.ts'
import { checkpointRecord, runRecord } from './records.ts'
import type { IdSource } from '../../base/ids.ts'
import type { Result } from '../../base/result.ts'
import type { CheckpointType } from '../../tinker/wire/checkpointPath.ts'
import type { Shape } from '../../tinker/wire/shape.ts'
import type { BlobStore } from './blobStore.ts'
import type { CheckpointRecord, RunRecord } from './records.ts'

/** Data without a record may belong to a save that is still under way elsewhere; older than this it is a leftover. */
const LEFTOVER_AGE_MS = 3_600_000

export type CheckpointStore = {
  putRun(run: RunRecord): Promise<void>
  getRun(id: string): Promise<RunRecord | null>
  /** Newest first. */
  listRuns(): Promise<RunRecord[]>
  /** Replaces a checkpoint of the same name; the caller decides whether that is allowed. Rejects with `StorageFull`. */
  save(checkpoint: NewCheckpoint, data: Uint8Array): Promise<CheckpointRecord>
  get(runId: string, type: CheckpointType, name: string): Promise<CheckpointRecord | null>
  /** The saved bytes, checked against their digest. The error is a sentence. */
  read(checkpoint: CheckpointRecord): Promise<Result<Uint8Array, string>>
  update(checkpoint: CheckpointRecord): Promise<void>
  remove(checkpoint: CheckpointRecord): Promise<void>
  /** Newest first; of one run or of all. Expired ones are removed on the way. */
  list(runId?: string): Promise<CheckpointRecord[]>
  /** Deletes data that no record names. Returns how many. */
  sweep(): Promise<number>
  /** Bytes that all checkpoints take. */
  used(): Promise<number>
}

export type NewCheckpoint = Omit<CheckpointRecord, 'data_key' | 'sha256' | 'size_bytes' | 'created_at'>

/** @param quotaBytes most that all checkpoints together may take */
export function checkpointStore(
  blobs: BlobStore,
  now: () => number,
  ids: IdSource,
  quotaBytes: number = Infinity,
): CheckpointStore {
  const runKey = (id: string): string => `runs/${keySegment(id)}.json`
  const listKey = (runId: string): string => `checkpoints/${keySegment(runId)}/`
  const recordKey = (c: Pick<CheckpointRecord, 'run_id' | 'type' | 'name'>): string =>
    `${listKey(c.run_id)}${c.type}/${keySegment(c.name)}.json`

  async function readRecord<T>(key: string, shape: Shape<T>): Promise<T | null> {
    const bytes = await blobs.get(key)
    if (bytes === null) return null
    const json = parseJson(new TextDecoder().decode(bytes))
    const read = json.ok ? readShape(shape, json.value) : json
    return read.ok ? read.value : null
  }

  async function readRecords<T>(prefix: string, shape: Shape<T>): Promise<T[]> {
    const keys = await blobs.list(prefix)
    const records = await Promise.all(keys.map((key) => readRecord(key, shape)))
    return records.filter((record) => record !== null)
  }

  const writeRecord = (key: string, record: RunRecord | CheckpointRecord): Promise<void> =>
    blobs.put(key, new TextEncoder().encode(stringifyJson(record)))

  async function all(): Promise<CheckpointRecord[]> {
    return dropExpired(await readRecords('checkpoints/', checkpointRecord))
  }

  async function used(): Promise<number> {
    return (await all()).reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  }

  /** @throws StorageFull */
  async function demandRoom(more: number): Promise<void> {
    if (quotaBytes === Infinity) return
    const taken = await used()
    if (taken + more <= quotaBytes) return
    const [has, wants, may] = [taken, more, quotaBytes].map((bytes) => (bytes / 1e6).toFixed(1))
    throw new StorageFull(
      `checkpoints take ${has} MB and this one ${wants} MB more; the limit of this server is ${may} MB: delete some, or raise the limit`,
    )
  }

  async function remove(checkpoint: CheckpointRecord): Promise<void> {
    // The record goes first: what is invisible may lose its data, never the other way round.
    await blobs.delete(recordKey(checkpoint))
    await blobs.delete(checkpoint.data_key)
  }

  async function dropExpired(checkpoints: readonly CheckpointRecord[]): Promise<CheckpointRecord[]> {
    const expired = checkpoints.filter((c) => c.expires_at !== null && c.expires_at <= now())
    await Promise.all(expired.map(remove))
    return checkpoints.filter((c) => !expired.includes(c))
  }

  return {
    putRun: (run) => writeRecord(runKey(run.id), run),
    getRun: (id) => readRecord(runKey(id), runRecord),
    async listRuns() {
      const runs = await readRecords('runs/', runRecord)
      return runs.sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1))
    },
    async save(checkpoint, data) {
      const replaced = await readRecord(recordKey(checkpoint), checkpointRecord)
      // The old one is there until the new one is whole, and its room with it: no credit for what is replaced.
      await demandRoom(data.length)
      const created = now()
      const saved: CheckpointRecord = {
        ...checkpoint,
        created_at: created,
        size_bytes: data.length,
        data_key: `data/${created.toString(36)}-${keySegment(ids('data'))}`,
        sha256: sha256Hex(data),
      }
      await blobs.put(saved.data_key, data)
      try {
        await writeRecord(recordKey(saved), saved)
      } catch (error) {
        await blobs.delete(saved.data_key).catch(() => undefined)
        throw error
      }
      if (replaced !== null) await blobs.delete(replaced.data_key)
      return saved
    },
    async get(runId, type, name) {
      const found = await readRecord(recordKey({ run_id: runId, type, name }), checkpointRecord)
      const [kept] = found === null ? [] : await dropExpired([found])
      return kept ?? null
    },
    async read(checkpoint) {
      const data = await blobs.get(checkpoint.data_key)
      const path = formatCheckpointPath(checkpoint.run_id, checkpoint.type, checkpoint.name)
      if (data === null) return err(`the data of ${path} is missing from storage`)
      if (sha256Hex(data) !== checkpoint.sha256) return err(`the data of ${path} is damaged: its digest does not match`)
      return ok(data)
    },
    update: (checkpoint) => writeRecord(recordKey(checkpoint), checkpoint),
    remove,
    async list(runId) {
      const kept =
        runId === undefined ? await all() : await dropExpired(await readRecords(listKey(runId), checkpointRecord))
      return kept.sort((a, b) => b.created_at - a.created_at || (a.data_key < b.data_key ? 1 : -1))
    },
    async sweep() {
      const named = new Set((await readRecords('checkpoints/', checkpointRecord)).map((c) => c.data_key))
      const leftovers = (await blobs.list('data/')).filter((key) => {
        const written = Number.parseInt(key.slice('data/'.length).split('-')[0]!, 36)
        return !named.has(key) && now() - written > LEFTOVER_AGE_MS
      })
      await Promise.all(leftovers.map((key) => blobs.delete(key)))
      return leftovers.length
    },
    used,
  }
}
