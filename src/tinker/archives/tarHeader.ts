/** One header block of a tar archive. */
import { ArchiveError } from './failure.ts'

export type TarMember = { readonly type: 'file' | 'folder'; readonly name: string; readonly size: number }
export type TarHeader = {
  readonly type: TarMember['type'] | 'pax' | 'globalPax' | 'longName'
  readonly name: string
  readonly size: number
}

const FORBIDDEN: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a named pipe',
  K: 'a link',
  S: 'a sparse file',
}

/** @throws ArchiveError `broken` for what is no header, `unsafe` for links, devices and unknown sorts */
export function readHeader(block: Uint8Array): TarHeader {
  if (!sumIsRight(block)) throw broken('The file is no tar archive, or it is damaged: a checksum is wrong.')
  const sort = String.fromCharCode(block[156]!)
  const size = numberAt(block, 124, 12)
  const ustar = textAt(block, 257, 5) === 'ustar'
  const prefix = ustar && block[262] === 0 ? textAt(block, 345, 155) : ''
  const name = (prefix === '' ? '' : `${prefix}/`) + textAt(block, 0, 100)
  if (sort === '0' || sort === '\0' || sort === '7') {
    // Before ustar, a folder was a file whose name ends with a slash.
    return name.endsWith('/') ? { type: 'folder', name, size: 0 } : { type: 'file', name, size }
  }
  if (sort === '5') return { type: 'folder', name, size: 0 }
  if (sort === 'x') return { type: 'pax', name, size }
  if (sort === 'g') return { type: 'globalPax', name, size }
  if (sort === 'L') return { type: 'longName', name, size }
  const what = FORBIDDEN[sort] ?? `a member of unknown sort ${JSON.stringify(sort)}`
  const message = `The archive has ${what}, ${JSON.stringify(name)}; nothing of it was kept.`
  throw new ArchiveError({ kind: 'unsafe', message, entry: name })
}

/** Path and size of `LENGTH key=value\n` records. @throws ArchiveError */
export function readPax(data: Uint8Array): { name?: string; size?: number } {
  const found: { name?: string; size?: number } = {}
  let at = 0
  while (at < data.length) {
    const blank = data.indexOf(0x20, at)
    const length = blank === -1 ? NaN : Number(latin1(data.subarray(at, blank)))
    const end = at + length
    if (!(length > 0) || end > data.length || data[end - 1] !== 0x0a || blank >= end)
      throw broken('A pax header is damaged.')
    const record = utf8(data.subarray(blank + 1, end - 1))
    const equals = record.indexOf('=')
    if (equals === -1) throw broken('A pax header is damaged.')
    const key = record.slice(0, equals)
    const value = record.slice(equals + 1)
    if (key === 'path') found.name = value
    else if (key === 'size') {
      if (!/^\d{1,15}$/.test(value)) throw broken('A pax header has a size that is no number.')
      found.size = Number(value)
    } else if (key.startsWith('GNU.sparse')) {
      throw new ArchiveError({ kind: 'unsafe', message: 'The archive has a sparse file; nothing of it was kept.' })
    }
    at = end
  }
  return found
}

export function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0)
}

/** Some writers add the bytes as signed ones. */
function sumIsRight(block: Uint8Array): boolean {
  const digits = latin1(block.subarray(148, 156))
    .replace(/[\0 ]+$/, '')
    .trimStart()
  if (!/^[0-7]+$/.test(digits)) return false
  const told = Number.parseInt(digits, 8)
  let unsigned = 0
  let signed = 0
  for (const [i, byte] of block.entries()) {
    const counted = i >= 148 && i < 156 ? 0x20 : byte
    unsigned += counted
    signed += counted > 127 ? counted - 256 : counted
  }
  return told === unsigned || told === signed
}

/** Octal digits, or (GNU, first bit set) a big-endian binary number. */
function numberAt(block: Uint8Array, start: number, length: number): number {
  const field = block.subarray(start, start + length)
  if (field[0]! & 0x80) {
    let value = field[0]! & 0x7f
    for (const byte of field.subarray(1)) value = value * 256 + byte
    if (!Number.isSafeInteger(value)) throw broken('The archive has a size that is no number.')
    return value
  }
  const digits = latin1(field)
    .replace(/[\0 ].*$/su, '')
    .trim()
  const text = digits === '' ? latin1(field).replaceAll('\0', ' ').trim() : digits
  if (!/^[0-7]*$/.test(text)) throw broken('The archive has a size that is no number.')
  return text === '' ? 0 : Number.parseInt(text, 8)
}

function textAt(block: Uint8Array, start: number, length: number): string {
  const field = block.subarray(start, start + length)
  const end = field.indexOf(0)
  return utf8(end === -1 ? field : field.subarray(0, end))
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw broken('The archive has a name that is not UTF-8.')
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function broken(message: string): ArchiveError {
  return new ArchiveError({ kind: 'broken', message })
}
