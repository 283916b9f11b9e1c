/** Writes tar archives (POSIX ustar, pax records where a name or a size needs them). The bytes depend on the entries alone. */
export type TarEntry = {
  /** Path inside the archive, parts separated by `/`. Not absolute, no `..`. */
  readonly name: string
  /** Bytes of the content. */
  readonly size: number
  /** The content itself; chunks of any length that add up to `size`. */
  readonly content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /** Seconds since 1970. 0 unless said, so that equal files make equal archives. */
  readonly mtimeSeconds?: number
}

export const TAR_BLOCK = 512
/** What eleven octal digits can say. */
const MOST_USTAR_BYTES = 8 ** 11 - 1

/** Length in bytes of the archive of these entries, end marker included: the `content-length` of an answer. */
export function tarLength(entries: Iterable<Pick<TarEntry, 'name' | 'size' | 'mtimeSeconds'>>): number {
  let length = 2 * TAR_BLOCK
  for (const entry of entries) length += tarHeader(entry).length + padded(entry.size)
  return length
}

/** The archive as chunks, as they come: nothing is held back. Throws when a content is longer or shorter than its `size`. */
export async function* writeTar(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (const entry of entries) {
    yield tarHeader(entry)
    let written = 0
    const { content } = entry
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      written += chunk.length
      if (written > entry.size) break
      yield chunk as Uint8Array<ArrayBuffer>
    }
    if (written !== entry.size) {
      throw new Error(`${entry.name} is announced with ${entry.size} bytes and has ${written}`)
    }
    const rest = padded(written) - written
    if (rest > 0) yield new Uint8Array(rest)
  }
  yield new Uint8Array(2 * TAR_BLOCK)
}

/** The header blocks of one file: one block, or three and more where ustar cannot say the name or the size. */
export function tarHeader(entry: Pick<TarEntry, 'name' | 'size' | 'mtimeSeconds'>): Uint8Array<ArrayBuffer> {
  const { name, size } = entry
  const mtime = entry.mtimeSeconds ?? 0
  const split = splitName(name)
  if (split && size <= MOST_USTAR_BYTES) return header({ ...split, size, mtime, type: '0' })
  const records = new TextEncoder().encode(
    (split ? '' : paxRecord('path', name)) + (size > MOST_USTAR_BYTES ? paxRecord('size', String(size)) : ''),
  )
  const short = split ?? { name: 'long-name', prefix: '' }
  const blocks = new Uint8Array(2 * TAR_BLOCK + padded(records.length))
  blocks.set(header({ name: 'pax-header', prefix: '', size: records.length, mtime, type: 'x' }))
  blocks.set(records, TAR_BLOCK)
  blocks.set(
    header({ ...short, size: Math.min(size, MOST_USTAR_BYTES), mtime, type: '0' }),
    TAR_BLOCK + padded(records.length),
  )
  return blocks
}

function header(fields: {
  name: string
  prefix: string
  size: number
  mtime: number
  type: string
}): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(TAR_BLOCK)
  const put = (text: string, at: number): void => void block.set(new TextEncoder().encode(text), at)
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')
  put(fields.name, 0)
  put('0000644\0', 100)
  put('0000000\0', 108)
  put('0000000\0', 116)
  put(octal(fields.size, 11), 124)
  put(octal(fields.mtime, 11), 136)
  put(' '.repeat(8), 148)
  put(fields.type, 156)
  put('ustar\0', 257)
  put('00', 263)
  put(fields.prefix, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(`${octal(sum, 6)}\0 `, 148)
  return block
}

/** Null when ustar's two fields (155 and 100 bytes, cut at a slash) cannot hold the name, or it is not ASCII. */
function splitName(path: string): { name: string; prefix: string } | null {
  if (!/^[\x20-\x7e]+$/.test(path)) return null
  if (path.length <= 100) return { name: path, prefix: '' }
  for (let cut = path.indexOf('/'); cut !== -1 && cut <= 155; cut = path.indexOf('/', cut + 1)) {
    const name = path.slice(cut + 1)
    if (name.length <= 100 && name !== '' && cut > 0) return { name, prefix: path.slice(0, cut) }
  }
  return null
}

/** `LENGTH key=value\n`, where LENGTH counts the whole record, its own digits included. */
function paxRecord(key: string, value: string): string {
  const rest = new TextEncoder().encode(` ${key}=${value}\n`).length
  let length = rest + String(rest).length
  if (rest + String(length).length !== length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

function padded(bytes: number): number {
  return Math.ceil(bytes / TAR_BLOCK) * TAR_BLOCK
}
