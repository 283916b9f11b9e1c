/** Files of a tar archive as a stream (ustar, pax, GNU long names; gzip or not), refusing whatever could harm the reader. */
import { TAR_BLOCK } from '../../base/tarWriter.ts'
import { ByteSource, chunksOf } from './byteSource.ts'
import { ArchiveError } from './failure.ts'
import { MemberNames, safeParts } from './memberName.ts'
import { isZero, readHeader, readPax } from './tarHeader.ts'
import type { TarMember } from './tarHeader.ts'

export type ArchiveLimits = {
  readonly maxFiles: number
  readonly maxFileBytes: number
  /** Of all files, and of what gzip unpacks to. */
  readonly maxTotalBytes: number
  readonly maxNameBytes: number
}

/** Large enough for any LoRA adapter with its optimizer; a full disk comes later than an error. */
export const DEFAULT_LIMITS: ArchiveLimits = {
  maxFiles: 10_000,
  maxFileBytes: 64 * 2 ** 30,
  maxTotalBytes: 256 * 2 ** 30,
  maxNameBytes: 1024,
}

export type TarFile = {
  /** Safe relative path, parts separated by `/`. */
  readonly name: string
  readonly size: number
  /** To be read, or left, before the next file is asked for. */
  readonly content: AsyncIterable<Uint8Array<ArrayBuffer>>
}

/** Longest pax record block or GNU long name. */
const MOST_EXTRA_BYTES = 64 * 1024

/**
 * The archive's files in order; folders are implied by names. Links, devices, sparse files, names that leave the folder and names that
 * come twice end it. @throws ArchiveError `unsafe`, `broken` or `tooLarge`
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits = DEFAULT_LIMITS,
): AsyncGenerator<TarFile, void, undefined> {
  const source = new ByteSource(bounded(await unzipped(chunks), limits))
  const names = new MemberNames()
  let files = 0
  let total = 0
  try {
    for (;;) {
      const member = await nextMember(source)
      if (member === null) return
      const parts = safeParts(member.name, limits.maxNameBytes)
      if (member.type === 'folder') {
        names.addFolder(parts)
        continue
      }
      names.addFile(parts)
      files++
      total += member.size
      const name = parts.join('/')
      if (files > limits.maxFiles) throw tooLarge(`more than ${limits.maxFiles} files`, name)
      if (member.size > limits.maxFileBytes) throw tooLarge(`a file of ${member.size} bytes`, name)
      if (total > limits.maxTotalBytes) throw tooLarge(`more than ${limits.maxTotalBytes} bytes`, name)
      const before = source.position
      yield { name, size: member.size, content: source.pieces(member.size) }
      const unread = member.size - (source.position - before)
      for await (const _ of source.pieces(unread + padding(member.size)));
    }
  } finally {
    await source.close()
  }
}

/** The next file or folder, with what extra headers before it say; null at the end marker. */
async function nextMember(source: ByteSource): Promise<TarMember | null> {
  let extra: Partial<TarMember> = {}
  for (;;) {
    const block = await source.take(TAR_BLOCK)
    if (block === null) {
      throw new ArchiveError({ kind: 'broken', message: 'The archive ends too early: its end marker is missing.' })
    }
    if (isZero(block)) {
      await readToEnd(source)
      return null
    }
    const header = readHeader(block)
    if (header.type === 'file' || header.type === 'folder') {
      const size = header.type === 'folder' ? 0 : (extra.size ?? header.size)
      return { type: header.type, name: extra.name ?? header.name, size }
    }
    if (header.size > MOST_EXTRA_BYTES) throw tooLarge('a header of its own that is too long', header.name)
    const data = (await source.take(header.size)) ?? new Uint8Array()
    if (data.length < header.size)
      throw new ArchiveError({ kind: 'broken', message: 'The archive ends within a header.' })
    for await (const _ of source.pieces(padding(header.size)));
    // Settings for all members are of no use here; those of one member override its header.
    if (header.type === 'pax') extra = { ...extra, ...readPax(data) }
    else if (header.type === 'longName')
      extra = { ...extra, name: new TextDecoder().decode(data).replace(/\0.*$/su, '') }
  }
}

/** Only zeros may follow: a second archive behind the first would be read by some programs and not by others. */
async function readToEnd(source: ByteSource): Promise<void> {
  for await (const piece of source.rest()) {
    if (!isZero(piece)) {
      throw new ArchiveError({ kind: 'unsafe', message: 'The archive has data after its end; nothing of it was kept.' })
    }
  }
}

/** Unpacks gzip, told by its first two bytes. */
async function unzipped(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const source = new ByteSource(chunks)
  const first: Uint8Array[] = []
  for await (const piece of source.pieces(2, true)) first.push(piece)
  const [a, b] = first.flatMap((piece) => [...piece])
  const whole = (async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* first
      yield* source.rest()
    } finally {
      await source.close()
    }
  })()
  if (a !== 0x1f || b !== 0x8b) return whole
  return gunzipped(whole)
}

async function* gunzipped(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  // An error of the download must come out as itself, not as one of the unpacker.
  let cause: unknown
  const zipped = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const next = await chunks.next()
        if (next.done) controller.close()
        else controller.enqueue(next.value as Uint8Array<ArrayBuffer>)
      } catch (error) {
        cause = error
        controller.error(error)
      }
    },
    cancel: async () => void (await chunks.return(undefined)),
  })
  try {
    yield* chunksOf(zipped.pipeThrough(new DecompressionStream('gzip')))
  } catch (error) {
    if (cause !== undefined) throw cause
    const reason = error instanceof Error ? error.message : String(error)
    throw new ArchiveError({ kind: 'broken', message: `The archive's gzip data is broken: ${reason}.` })
  }
}

/** A few bytes can unpack to any number, so it is counted as it comes, names and padding included. */
async function* bounded(
  chunks: AsyncIterable<Uint8Array>,
  { maxTotalBytes, maxFiles }: ArchiveLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const most = maxTotalBytes + (maxFiles + 2) * 8 * TAR_BLOCK
  let total = 0
  for await (const chunk of chunks) {
    total += chunk.length
    if (total > most) throw tooLarge(`more than ${maxTotalBytes} bytes`)
    yield chunk
  }
}

function tooLarge(what: string, entry?: string): ArchiveError {
  const message = `The archive has ${what}, which is more than allowed here; nothing of it was kept.`
  return new ArchiveError({ kind: 'tooLarge', message, ...(entry === undefined ? {} : { entry }) })
}

function padding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK
}
