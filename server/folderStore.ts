/** A folder as storage. A file is written beside its place, flushed, and renamed: readers see the old one or the new one. */
import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { StorageFull } from '#src/backend/index.ts'
import type { BlobStore } from '#src/backend/index.ts'

const PART = '.part'
/** A half-written file that is older belongs to nobody any more. */
const LEFTOVER_MS = 3_600_000

/** Keys must be made of safe segments (see `keySegment`); anything that would leave the folder is a bug and throws. */
export function folderStore(folder: string): BlobStore {
  const pathOf = (key: string): string => {
    const segments = key.split('/')
    if (segments.some((s) => !/^[A-Za-z0-9_%-][A-Za-z0-9_.%-]*$/.test(s))) throw new Error(`not a storage key: ${key}`)
    return join(folder, ...segments)
  }
  return {
    async get(key) {
      try {
        // A plain copy: a Buffer may lie anywhere in Node's pool, and its slices share memory.
        return new Uint8Array(await readFile(pathOf(key)))
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    async put(key, bytes) {
      const path = pathOf(key)
      const part = `${path}.${randomUUID()}${PART}`
      try {
        await mkdir(dirname(path), { recursive: true })
        const file = await open(part, 'w')
        try {
          await file.writeFile(bytes)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(part, path)
      } catch (error) {
        await rm(part, { force: true })
        throw storageError(error, folder)
      }
      await syncFolder(dirname(path))
    },
    async delete(key) {
      await rm(pathOf(key), { force: true })
    },
    async list(prefix) {
      const at = prefix.lastIndexOf('/')
      const root = at < 0 ? folder : pathOf(prefix.slice(0, at))
      const names = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
        if (isMissing(error)) return []
        throw error
      })
      await removeLeftovers(names)
      return names
        .filter((entry) => entry.isFile() && !entry.name.endsWith(PART))
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .split(sep)
            .join('/'),
        )
        .filter((key) => key.startsWith(prefix))
        .sort()
    },
  }
}

/** What a kill in the middle of a write has left behind. */
async function removeLeftovers(names: readonly Dirent[]): Promise<void> {
  for (const entry of names) {
    if (!entry.isFile() || !entry.name.endsWith(PART)) continue
    const path = join(entry.parentPath, entry.name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
    if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(path, { force: true })
  }
}

const NO_ROOM: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than this system allows',
  EROFS: 'the disk is read-only',
}

/** A sentence about the lack of room; any other error as it is. */
export function storageError(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const words = NO_ROOM[code]
  return words === undefined ? error : new StorageFull(`${words}: nothing more can be saved in ${folder}`)
}

/** Makes the rename itself durable; not every platform can, and then there is nothing to do. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
