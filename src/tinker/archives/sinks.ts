/** Where the files of an archive go: memory, or a folder of the page (File System Access or the page's private file system). */

/** Files appear under their names only by `finish`; `discard` leaves nothing behind. Rejections are the place's own errors. */
export type ArchiveSink = {
  /**
   * @param name safe relative path, parts separated by `/`
   * @param size of the content in bytes; -1 when it is not known before
   */
  open(name: string, size: number): Promise<FileWriter>
  finish(): Promise<void>
  discard(): Promise<void>
}

export type FileWriter = {
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>
  close(): Promise<void>
}

/** Files in memory: for adapters that go on to the hub or into the page. Filled once `finish` has run. */
export function memorySink(): ArchiveSink & { readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>> } {
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  const written = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    files,
    open: async (name) => {
      // A size is a claim of the archive; memory is taken for bytes that came.
      const chunks: Uint8Array<ArrayBuffer>[] = []
      return {
        write: async (chunk) => void chunks.push(chunk.slice()),
        close: async () => {
          const bytes = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0))
          let at = 0
          for (const chunk of chunks) {
            bytes.set(chunk, at)
            at += chunk.length
          }
          written.set(name, bytes)
        },
      }
    },
    finish: async () => {
      for (const [name, bytes] of written) files.set(name, bytes)
    },
    discard: async () => written.clear(),
  }
}

/** The members of a `FileSystemDirectoryHandle` that are used. */
export type DirectoryHandle = {
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<DirectoryHandle>
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileHandle>
  removeEntry(name: string, options?: { recursive?: boolean }): Promise<void>
}
export type FileHandle = { createWritable(): Promise<WritableFile> }
export type WritableFile = {
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>
  close(): Promise<void>
  abort(reason?: unknown): Promise<void>
}

/**
 * A folder that the person chose (`showDirectoryPicker`), or one of `navigator.storage.getDirectory()`. The browser writes beside the
 * file and swaps on close; what was closed before a failure is removed by `discard`.
 */
export function directorySink(root: DirectoryHandle): ArchiveSink {
  const made: { folder: DirectoryHandle; name: string }[] = []
  const open = new Set<WritableFile>()
  return {
    async open(path) {
      const parts = path.split('/')
      const name = parts.pop()!
      let folder = root
      for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true })
      const file = await (await folder.getFileHandle(name, { create: true })).createWritable()
      made.push({ folder, name })
      open.add(file)
      return {
        write: (chunk) => file.write(chunk),
        close: async () => {
          await file.close()
          open.delete(file)
        },
      }
    },
    finish: async () => undefined,
    async discard() {
      for (const file of open) await file.abort().catch(() => undefined)
      for (const { folder, name } of made) await folder.removeEntry(name).catch(() => undefined)
    },
  }
}
