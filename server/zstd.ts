/** zstd request bodies: Node's own decompressor from 22.15 on, before that a WebAssembly module that loads with the first one. */
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import type { EmbeddedBackendOptions } from '#src/backend/index.ts'
import { Refusal } from '#src/backend/service/refusal.ts'

type Decompress = NonNullable<EmbeddedBackendOptions['decompress']>[string]

const MAGIC = 0xfd2fb528

export function zstdDecompress(): Decompress {
  if (typeof zlib.zstdDecompress !== 'function') return wasmDecompress
  const unpack = promisify(zlib.zstdDecompress)
  return (bytes, maxBytes) => unpack(bytes, { maxOutputLength: maxBytes })
}

/** The module allocates what the frame announces, so that is looked at before. @throws Refusal */
export async function wasmDecompress(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const size = contentSize(bytes)
  if (size === null) throw new Refusal('the zstd body does not say how large it is; send it with its content size')
  if (size > maxBytes) throw new Refusal(`the body is larger than ${Math.floor(maxBytes / 1_048_576)} MiB`, 413)
  const { Zstd } = await import('@hpcc-js/wasm-zstd')
  const unpacked = (await Zstd.load()).decompress(bytes)
  if (unpacked.length !== size) throw new Refusal('the body is not valid zstd')
  return unpacked
}

/** Bytes that the frame says it unpacks to (RFC 8878 §3.1.1.1); null when it does not say, or is no zstd frame. */
export function contentSize(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6 || view.getUint32(0, true) !== MAGIC) return null
  const descriptor = bytes[4]!
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3]!
  const at = 5 + (singleSegment ? 0 : 1) + dictionary
  const flag = descriptor >> 6
  const length = flag === 0 ? (singleSegment ? 1 : 0) : 1 << flag
  if (length === 0 || at + length > bytes.length) return null
  if (length === 1) return bytes[at]!
  // Two bytes begin counting where one byte ends.
  if (length === 2) return view.getUint16(at, true) + 256
  return length === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}
