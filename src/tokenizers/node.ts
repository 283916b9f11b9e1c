/** A folder of the disk as the place where downloaded files are kept, and the hub's settings from the environment. Needs Node. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../base/sha256.ts'
import { fileStoreOver } from './fileStore.ts'
import type { FileStore } from './fileStore.ts'
import type { Hub } from './hubFile.ts'

/** Written beside and renamed, so that a reader never sees half a file. */
export function folderStore(folder: string): FileStore {
  const path = (key: string): string => join(folder, sha256Hex(key))
  return fileStoreOver({
    async get(key) {
      return readFile(path(key)).catch(() => null)
    },
    async put(key, bytes) {
      await mkdir(folder, { recursive: true })
      const partial = `${path(key)}.${process.pid}.${Math.random().toString(36).slice(2)}`
      await writeFile(partial, bytes)
      await rename(partial, path(key))
    },
  })
}

/** `HF_ENDPOINT` and `HF_TOKEN`, the names that the hub's own tools read. */
export function hubFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<Hub, 'endpoint' | 'token'> {
  const endpoint = environment['HF_ENDPOINT']?.trim()
  const token = environment['HF_TOKEN']?.trim()
  return { ...(endpoint ? { endpoint: endpoint.replace(/\/+$/, '') } : {}), ...(token ? { token } : {}) }
}
