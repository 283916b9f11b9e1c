/** From an archive's address, or its bytes, to files in a place: all of them, or none. */
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import { chunksOf } from './byteSource.ts'
import { download } from './download.ts'
import type { DownloadOptions } from './download.ts'
import { ArchiveError, archiveFailureOf } from './failure.ts'
import type { ArchiveFailure } from './failure.ts'
import { MemberNames, safeParts } from './memberName.ts'
import { DEFAULT_LIMITS, readTar } from './readTar.ts'
import type { ArchiveLimits, TarFile } from './readTar.ts'
import type { ArchiveSink } from './sinks.ts'

export type UnpackedFile = { readonly name: string; readonly size: number }
export type Unpacked = { readonly files: readonly UnpackedFile[]; readonly bytes: number }

export type DownloadArchiveOptions = DownloadOptions & {
  readonly sink: ArchiveSink
  readonly limits?: Partial<ArchiveLimits>
}

/**
 * Downloads a checkpoint's archive and unpacks it on the way; nothing is held in memory but what the sink keeps. Resolves in every
 * case except for errors of the callbacks themselves, such as a TinkerError of `address`, which it rejects with.
 *
 *     downloadArchive({ address: async (signal) => (await rest.checkpointArchiveUrl(path, signal)).url, sink: memorySink() })
 */
export function downloadArchive(options: DownloadArchiveOptions): Promise<Result<Unpacked, ArchiveFailure>> {
  return fill(options.sink, readTar(download(options), { ...DEFAULT_LIMITS, ...options.limits }), options.signal)
}

/** Unpacks an archive that is here already, e.g. a dropped file's `stream()`. */
export function unpackArchive(
  archive: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  sink: ArchiveSink,
  options: { readonly limits?: Partial<ArchiveLimits>; readonly signal?: AbortSignal } = {},
): Promise<Result<Unpacked, ArchiveFailure>> {
  const chunks = 'getReader' in archive ? chunksOf(archive, options.signal) : archive
  return fill(sink, readTar(chunks, { ...DEFAULT_LIMITS, ...options.limits }), options.signal)
}

/**
 * Downloads files that have an address each, as newer servers give for exported weights.
 * @param files name → what gives its address
 */
export function downloadFiles(
  files: Readonly<Record<string, DownloadOptions['address']>>,
  options: Omit<DownloadArchiveOptions, 'address'>,
): Promise<Result<Unpacked, ArchiveFailure>> {
  return fill(options.sink, listed(files, options), options.signal)
}

async function* listed(
  files: Readonly<Record<string, DownloadOptions['address']>>,
  options: Omit<DownloadArchiveOptions, 'address'>,
): AsyncGenerator<TarFile, void, undefined> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const names = new MemberNames()
  for (const [written, address] of Object.entries(files)) {
    const parts = safeParts(written, limits.maxNameBytes)
    names.addFile(parts)
    yield { name: parts.join('/'), size: -1, content: download({ ...options, address }) }
  }
}

async function fill(
  sink: ArchiveSink,
  files: AsyncIterable<TarFile>,
  signal: AbortSignal | undefined,
): Promise<Result<Unpacked, ArchiveFailure>> {
  const done: UnpackedFile[] = []
  let bytes = 0
  try {
    for await (const file of files) {
      const writer = await placed(sink.open(file.name, file.size), file.name)
      let size = 0
      for await (const chunk of file.content) {
        if (signal?.aborted) throw new ArchiveError({ kind: 'aborted', message: 'The download was cancelled.' })
        size += chunk.length
        await placed(writer.write(chunk), file.name)
      }
      await placed(writer.close(), file.name)
      done.push({ name: file.name, size })
      bytes += size
    }
    await placed(sink.finish(), undefined)
    return ok({ files: done, bytes })
  } catch (error) {
    await sink.discard().catch(() => undefined)
    if (signal?.aborted) return err({ kind: 'aborted', message: 'The download was cancelled.' })
    return err(archiveFailureOf(error))
  }
}

/** The sink's own errors (disk full, permission withdrawn) as failures. */
async function placed<T>(work: Promise<T>, entry: string | undefined): Promise<T> {
  try {
    return await work
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${entry ?? 'The folder'} cannot be written: ${reason}.`
    throw new ArchiveError({ kind: 'unwritable', message, ...(entry === undefined ? {} : { entry }) })
  }
}
