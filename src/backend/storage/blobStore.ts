/** The one thing storage must offer: named byte strings, each written whole or not at all. */

/** What `put` rejects with when there is no room left. The message is a sentence for the user. */
export class StorageFull extends Error {
  override readonly name = 'StorageFull'
}

export type BlobStore = {
  /** Null when there is nothing under this key. The caller must not write into the bytes. */
  get(key: string): Promise<Uint8Array | null>
  /** Atomic: after a crash at any moment the key holds the old bytes or the new ones. Rejects with `StorageFull` when there is no room. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>
  /** Keys that start with the prefix, sorted. */
  list(prefix: string): Promise<string[]>
}

/** Characters that are safe in a key segment on every store, file systems included; all others are escaped. */
export function keySegment(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*.~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

export function memoryBlobStore(): BlobStore {
  const blobs = new Map<string, Uint8Array>()
  return {
    get: (key) => Promise.resolve(blobs.get(key) ?? null),
    put(key, bytes) {
      blobs.set(key, bytes.slice())
      return Promise.resolve()
    },
    delete(key) {
      blobs.delete(key)
      return Promise.resolve()
    },
    list: (prefix) => Promise.resolve([...blobs.keys()].filter((key) => key.startsWith(prefix)).sort()),
  }
}
