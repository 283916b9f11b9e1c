/** A `FileSystemDirectoryHandle` in memory: what is written appears by `close`, as the specification says. */
import type { DirectoryHandle, FileHandle } from '../archives/sinks.ts'

export type MemoryFolder = DirectoryHandle & { files(): Readonly<Record<string, Uint8Array>> }

export function memoryFolder(): MemoryFolder {
  const folders = new Map<string, MemoryFolder>()
  const files = new Map<string, Uint8Array>()
  const folder: MemoryFolder = {
    async getDirectoryHandle(name) {
      if (files.has(name)) throw new DOMException(name, 'TypeMismatchError')
      const found = folders.get(name) ?? memoryFolder()
      folders.set(name, found)
      return found
    },
    async getFileHandle(name): Promise<FileHandle> {
      if (folders.has(name)) throw new DOMException(name, 'TypeMismatchError')
      if (!files.has(name)) files.set(name, new Uint8Array())
      return {
        createWritable: async () => {
          const chunks: Uint8Array[] = []
          let open = true
          return {
            async write(chunk) {
              if (!open) throw new DOMException('closed', 'InvalidStateError')
              chunks.push(chunk.slice())
            },
            async close() {
              open = false
              files.set(name, Uint8Array.from(Buffer.concat(chunks)))
            },
            async abort() {
              open = false
            },
          }
        },
      }
    },
    async removeEntry(name) {
      if (!files.delete(name) && !folders.delete(name)) throw new DOMException(name, 'NotFoundError')
    },
    files() {
      const inside = [...folders].flatMap(([name, below]) =>
        Object.entries(below.files()).map(([path, bytes]) => [`${name}/${path}`, bytes] as const),
      )
      return Object.fromEntries([...files, ...inside])
    },
  }
  return folder
}
