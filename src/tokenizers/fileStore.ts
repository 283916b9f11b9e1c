/** Where downloaded files are kept: injected, because a page, a worker and Node keep them in different places. */
export type StoredFile = { readonly bytes: Uint8Array<ArrayBuffer>; readonly etag: string | null }

/** Rejections only cost a download: storage is a help, not a need. */
export type FileStore = {
  /** @param key the file's address */
  get(key: string): Promise<StoredFile | null>
  put(key: string, file: StoredFile): Promise<void>
}

/** The members of Cache Storage's `Cache` that are used. */
export type CacheLike = {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
}

/** Files in a page's or worker's Cache Storage: `cacheStore(await caches.open('tokenizers'))`. */
export function cacheStore(cache: CacheLike): FileStore {
  return {
    async get(key) {
      const found = await cache.match(key)
      if (!found) return null
      return { bytes: new Uint8Array(await found.arrayBuffer()), etag: found.headers.get('etag') }
    },
    async put(key, { bytes, etag }) {
      const headers = { 'content-length': String(bytes.length), ...(etag === null ? {} : { etag }) }
      await cache.put(key, new Response(bytes, { headers }))
    },
  }
}

/** Byte strings by name, as IndexedDB and others keep them. */
export type ByteStore = {
  get(key: string): Promise<Uint8Array | null>
  put(key: string, bytes: Uint8Array): Promise<void>
}

/** Files in a store of byte strings; what the host calls the version is kept in front of the bytes. */
export function fileStoreOver(store: ByteStore): FileStore {
  return {
    async get(key) {
      const kept = await store.get(key)
      if (kept === null) return null
      const end = kept.indexOf(0x0a)
      const [mark, etag, size] = end === -1 ? [] : new TextDecoder().decode(kept.subarray(0, end)).split('\t')
      const bytes = kept.slice(end + 1)
      // Written by another version of this program, or cut.
      if (mark !== 'file1' || Number(size) !== bytes.length) return null
      return { bytes, etag: etag === '' || etag === undefined ? null : etag }
    },
    async put(key, { bytes, etag }) {
      const head = new TextEncoder().encode(`file1\t${(etag ?? '').replace(/[\t\n]/g, '')}\t${bytes.length}\n`)
      const kept = new Uint8Array(head.length + bytes.length)
      kept.set(head)
      kept.set(bytes, head.length)
      await store.put(key, kept)
    },
  }
}
