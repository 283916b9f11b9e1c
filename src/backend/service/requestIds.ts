/** Ids of futures. Each names the life of the server that issued it, so that a restarted one tells lost from unknown. */
import type { IdSource } from '../../base/ids.ts'
import type { BlobStore } from '../storage/blobStore.ts'

const PREFIX = 'lives/'
const REMEMBERED = 50

export type RequestIds = {
  next(): string
  /** True for an id of an earlier life. */
  issuedEarlier(id: string): boolean
  /** Reads the earlier lives and notes this one. */
  start(): Promise<void>
}

export function requestIds(blobs: BlobStore, now: () => number, ids: IdSource): RequestIds {
  const life: string = ids('req')
  const earlier = new Set<string>()
  let issued = 0
  return {
    next: () => `${life}-${(++issued).toString(36)}`,
    issuedEarlier: (id) => earlier.has(id.slice(0, Math.max(0, id.lastIndexOf('-')))),
    async start() {
      // Sorted by time: keys begin with it.
      const keys = await blobs.list(PREFIX)
      const forgotten = keys.slice(0, Math.max(0, keys.length - REMEMBERED))
      for (const key of keys.slice(forgotten.length)) earlier.add(key.slice(key.indexOf('-') + 1))
      await Promise.all(forgotten.map((key) => blobs.delete(key)))
      await blobs.put(`${PREFIX}${now().toString(36)}-${life}`, new Uint8Array(0))
    },
  }
}
