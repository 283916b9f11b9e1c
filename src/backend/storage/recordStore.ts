/** Small JSON records under one prefix: sessions and samplers, read once at the start and written as they change. */
import { parseJson, stringifyJson } from '../../tinker/wire/json.ts'
import { readShape } from '../../tinker/wire/shape.ts'
import { keySegment } from './blobStore.ts'
import type { Shape } from '../../tinker/wire/shape.ts'
import type { BlobStore } from './blobStore.ts'

export type RecordStore<T> = {
  put(id: string, record: T): Promise<void>
  remove(id: string): Promise<void>
  /** All that can be read; what another version wrote is passed over. */
  all(): Promise<T[]>
}

export function recordStore<T>(blobs: BlobStore, prefix: string, shape: Shape<T>): RecordStore<T> {
  const keyOf = (id: string): string => `${prefix}/${keySegment(id)}.json`
  return {
    put: (id, record) => blobs.put(keyOf(id), new TextEncoder().encode(stringifyJson(record))),
    remove: (id) => blobs.delete(keyOf(id)),
    async all() {
      const keys = await blobs.list(`${prefix}/`)
      const records = await Promise.all(
        keys.map(async (key) => {
          const bytes = await blobs.get(key)
          const json = bytes === null ? null : parseJson(new TextDecoder().decode(bytes))
          const read = json?.ok === true ? readShape(shape, json.value) : null
          return read?.ok === true ? read.value : null
        }),
      )
      return records.filter((record) => record !== null)
    },
  }
}
