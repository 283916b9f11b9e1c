/** Where the embedded backend keeps what it saves in the page: IndexedDB, with a lack of room said as the backend knows it. */
import { StorageFull } from '#src/backend/index.ts'
import type { BlobStore } from '#src/backend/index.ts'
import { BlobFailure, createBlobStore } from '#src/persist/blobs.ts'
import type { Storage } from '#src/persist/storage.ts'

const DISK_FULL = 'PS6001'
const FULL =
  'the storage of this browser is full: nothing more can be saved. Delete old runs, or free space on the disk, and save again'

export function backendStorage(storage: Storage): BlobStore {
  const blobs = createBlobStore(storage, 'backend/')
  return {
    ...blobs,
    async put(key, bytes) {
      try {
        await blobs.put(key, bytes)
      } catch (error) {
        throw error instanceof BlobFailure && error.diagnostic.code === DISK_FULL ? new StorageFull(FULL) : error
      }
    },
  }
}
