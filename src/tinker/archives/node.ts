/** A folder of the disk as the place for an archive's files. The only file here that needs Node. */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { FileHandle } from 'node:fs/promises'
import type { ArchiveSink } from './sinks.ts'

/**
 * Files are written into a folder beside the target, which takes its place when all are there: neither a failure nor a kill leaves
 * half a checkpoint under its name. `open` rejects when the target exists, unless `overwrite`.
 */
export function folderSink(folder: string, options: { readonly overwrite?: boolean } = {}): ArchiveSink {
  const target = resolve(folder)
  const partial = join(dirname(target), `.${basename(target)}.partial-${process.pid}-${Date.now().toString(36)}`)
  let begun = false
  const writing = new Set<FileHandle>()
  const begin = async (): Promise<void> => {
    if (begun) return
    if (!options.overwrite && (await exists(target))) {
      throw new Error(`${target} exists; choose another folder or allow overwriting`)
    }
    await mkdir(partial, { recursive: true })
    begun = true
  }
  return {
    async open(name) {
      await begin()
      const path = join(partial, ...name.split('/'))
      await mkdir(dirname(path), { recursive: true })
      const file = await open(path, 'wx')
      writing.add(file)
      return {
        async write(chunk) {
          for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten
        },
        async close() {
          writing.delete(file)
          await file.close()
        },
      }
    },
    async finish() {
      await begin()
      const old = `${partial}-old`
      if (options.overwrite && (await exists(target))) await rename(target, old)
      await rename(partial, target)
      await rm(old, { recursive: true, force: true })
    },
    async discard() {
      for (const file of writing) await file.close()
      await rm(partial, { recursive: true, force: true })
    },
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
