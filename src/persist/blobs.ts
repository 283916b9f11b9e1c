/** Named byte strings in IndexedDB, for the checkpoints of the embedded backend: the shape of its `BlobStore`. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Result } from '../base/result.ts'
import type { Storage } from './storage.ts'
import { commit } from './transactions.ts'

/** Matches `src/backend/storage/blobStore.ts` by shape; the two rooms may not know each other. */
export type IdbBlobStore = {
  get(key: string): Promise<Uint8Array | null>
  /** Atomic. Rejects with a `BlobFailure` when storage is full or gone. */
  put(key: string, bytes: Uint8Array): Promise<void>
  delete(key: string): Promise<void>
  /** Keys that start with the prefix, sorted. */
  list(prefix: string): Promise<string[]>
}

/** The interface is one of promises, so a storage failure travels as a rejection that carries its diagnostic. */
export class BlobFailure extends Error {
  override readonly name = 'BlobFailure'
  readonly diagnostic: Diagnostic
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message)
    this.diagnostic = diagnostic
  }
}

/** @param area begins every key in the database, so that several users of the one store never meet */
export function createBlobStore(storage: Storage, area: string, now: () => number = Date.now): IdbBlobStore {
  return {
    async get(key) {
      const blob = unwrap(await storage.use('The checkpoint', (db) => db.get('blobs', area + key)))
      return blob?.bytes ?? null
    },
    async put(key, bytes) {
      // A view is stored with its whole buffer, which may be the engine's memory.
      const copy = bytes.slice()
      const written = await storage.use('The checkpoint', (db) => {
        const tx = db.transaction('blobs', 'readwrite', { durability: 'strict' })
        return commit(tx, () => tx.store.put({ key: area + key, bytes: copy, at: now() }))
      })
      unwrap(written)
    },
    async delete(key) {
      unwrap(await storage.use('The checkpoint', (db) => db.delete('blobs', area + key)))
    },
    async list(prefix) {
      const from = area + prefix
      const range = IDBKeyRange.bound(from, `${from}\uffff`)
      const keys = unwrap(await storage.use('The list of checkpoints', (db) => db.getAllKeys('blobs', range)))
      return keys.map((key) => key.slice(area.length))
    },
  }
}

function unwrap<T>(result: Result<T, Diagnostic>): T {
  if (result.ok) return result.value
  throw new BlobFailure(result.error)
}
