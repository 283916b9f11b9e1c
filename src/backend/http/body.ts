/** Request bodies: read under a limit, decompressed, and decoded with errors that name the place. */
import { parseJson } from '../../tinker/wire/json.ts'
import { readShape } from '../../tinker/wire/shape.ts'
import { accept, Refusal } from '../service/refusal.ts'
import type { Shape } from '../../tinker/wire/shape.ts'

/** Decompresses a body; rejects beyond `maxBytes`. Given by hosts that can do more than the platform's own streams. */
export type Decompress = (bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array> | Uint8Array

export type BodyLimits = {
  /** Of the body as sent, and again of what it unpacks to. */
  readonly maxBytes: number
  readonly decompress: { readonly [encoding: string]: Decompress }
}

/** The whole body. @throws Refusal 413 when it is too large, 415 for an unknown encoding. */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limits.maxBytes) throw tooLarge(limits.maxBytes)
  const bytes = request.body === null ? new Uint8Array() : await collect(request.body, limits.maxBytes)
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return bytes
  const decompress = encoding === 'gzip' ? gunzip : limits.decompress[encoding]
  if (decompress === undefined)
    throw new Refusal(`this server cannot read Content-Encoding ${encoding.slice(0, 40)}; send the body plain`, 415)
  try {
    return await decompress(bytes, limits.maxBytes)
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal(`the body is not valid ${encoding}`)
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(`the body is larger than ${Math.floor(maxBytes / 1_048_576)} MiB`, 413)
}

async function collect(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const reader = stream.getReader()
  const parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > maxBytes) {
      await reader.cancel()
      throw tooLarge(maxBytes)
    }
    parts.push(value)
  }
  if (parts.length === 1) return parts[0]!
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

async function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const plain = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream('gzip'))
  return collect(plain, maxBytes)
}

/** @throws Refusal 400 for broken JSON or a wrong shape. An empty body reads as `{}`. */
export function readJson<T>(bytes: Uint8Array, shape: Shape<T>): T {
  return accept(readShape(shape, parseBody(bytes)))
}

export function parseBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {}
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal('the body is not UTF-8 text')
  }
  const json = parseJson(text)
  if (!json.ok) throw new Refusal(`the body is not JSON: ${json.error}`)
  return json.value
}
