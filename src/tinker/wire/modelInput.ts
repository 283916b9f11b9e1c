/** What a model reads: a list of chunks, text as token ids in typed arrays; with the JSON form both ways. */
import { base64ToBytes, bytesToBase64 } from './base64.ts'
import { mismatch, plainObject } from './shape.ts'
import { tensorContainerDims } from './tensorContainer.ts'
import { decoding, WireError } from './wireError.ts'

export type ImageFormat = 'png' | 'jpeg'

export type ModelInputChunk =
  | { readonly type: 'encoded_text'; readonly tokens: Int32Array }
  | {
      readonly type: 'image'
      readonly data: Uint8Array
      readonly format: ImageFormat
      /** How many tokens the image takes; advisory, but needed to know the length. */
      readonly expectedTokens?: number
    }
  | {
      readonly type: 'image_asset_pointer'
      readonly location: string
      readonly format: ImageFormat
      readonly expectedTokens?: number
    }
  /** Audio features: a TensorContainer whose first dimension is the length in tokens. */
  | { readonly type: 'dmel'; readonly dmel: Uint8Array }

export type ModelInput = { readonly chunks: readonly ModelInputChunk[] }

export function modelInputFromTokens(tokens: Int32Array | readonly number[]): ModelInput {
  return { chunks: [textChunk(tokens)] }
}

export function textChunk(tokens: Int32Array | readonly number[]): ModelInputChunk {
  return { type: 'encoded_text', tokens: tokens instanceof Int32Array ? tokens : Int32Array.from(tokens) }
}

/** The input with one more chunk at its end; the given one is left as it is. */
export function appendChunk(input: ModelInput, chunk: ModelInputChunk): ModelInput {
  return { chunks: [...input.chunks, chunk] }
}

/** The tokens become a chunk of their own, as in the official SDK: a cached prefix stays a prefix. */
export function appendTokens(input: ModelInput, ...tokens: readonly number[]): ModelInput {
  return appendChunk(input, textChunk(tokens))
}

const PNG = [0x89, 0x50, 0x4e, 0x47]
const JPEG = [0xff, 0xd8, 0xff]

/**
 * A picture for a model that sees, as the bytes of its file; the format is read from them.
 * `expectedTokens` is advisory: the server counts for itself, but the length of a prompt is unknown without it.
 * @throws TypeError for a file that is neither PNG nor JPEG.
 */
export function imageChunk(file: Uint8Array, expectedTokens?: number): ModelInputChunk {
  const begins = (signature: readonly number[]): boolean => signature.every((byte, i) => file[i] === byte)
  const format = begins(PNG) ? 'png' : begins(JPEG) ? 'jpeg' : undefined
  if (format === undefined) throw new TypeError('a picture must be a PNG or a JPEG file')
  return { type: 'image', data: file, format, ...(expectedTokens === undefined ? {} : { expectedTokens }) }
}

/** A picture that the server has already. Sampling only: training wants the picture itself. */
export function imagePointerChunk(location: string, format: ImageFormat, expectedTokens?: number): ModelInputChunk {
  return { type: 'image_asset_pointer', location, format, ...(expectedTokens === undefined ? {} : { expectedTokens }) }
}

/** Audio as a serialised TensorContainer. @throws TypeError when its header does not tell a length. */
export function dmelChunk(dmel: Uint8Array): ModelInputChunk {
  const chunk = { type: 'dmel', dmel } as const
  chunkLength(chunk)
  return chunk
}

/** Length in tokens. @throws TypeError for an image whose `expectedTokens` is not known. */
export function modelInputLength(input: ModelInput): number {
  return input.chunks.reduce((sum, chunk) => sum + chunkLength(chunk), 0)
}

export function chunkLength(chunk: ModelInputChunk): number {
  switch (chunk.type) {
    case 'encoded_text':
      return chunk.tokens.length
    case 'dmel':
      return dmelLength(chunk.dmel)
    default:
      if (chunk.expectedTokens === undefined) throw new TypeError('the length of an image needs expectedTokens')
      return chunk.expectedTokens
  }
}

function dmelLength(dmel: Uint8Array): number {
  const dims = decoding(() => tensorContainerDims(dmel))
  if (!dims.ok) throw new TypeError(dims.error)
  if (dims.value.length === 0) throw new TypeError('a TensorContainer without dimensions has no length in tokens')
  return dims.value[0]!
}

/** All tokens in order. @throws TypeError when a chunk is not text. */
export function modelInputTokens(input: ModelInput): Int32Array {
  const [first] = input.chunks
  if (input.chunks.length === 1 && first!.type === 'encoded_text') return first!.tokens
  const out = new Int32Array(modelInputLength(input))
  let at = 0
  for (const chunk of input.chunks) {
    if (chunk.type !== 'encoded_text') throw new TypeError(`a chunk of type ${chunk.type} has no token ids`)
    out.set(chunk.tokens, at)
    at += chunk.tokens.length
  }
  return out
}

export function encodeModelInputJson(input: ModelInput): { chunks: Record<string, unknown>[] } {
  return { chunks: input.chunks.map(encodeChunkJson) }
}

export function encodeChunkJson(chunk: ModelInputChunk): Record<string, unknown> {
  if (chunk.type === 'encoded_text') return { tokens: Array.from(chunk.tokens), type: chunk.type }
  if (chunk.type === 'dmel') return { dmel: bytesToBase64(chunk.dmel), type: chunk.type }
  const source = chunk.type === 'image' ? { data: bytesToBase64(chunk.data) } : { location: chunk.location }
  const size = chunk.expectedTokens === undefined ? {} : { expected_tokens: chunk.expectedTokens }
  return { ...source, format: chunk.format, ...size, type: chunk.type }
}

/** Shape of a JSON model input. Chunks without `type` (SDKs up to 0.16) are told apart by their members. */
export function readModelInput(value: unknown, at: string): ModelInput {
  const { chunks } = plainObject(value, at)
  const place = at === '' ? 'chunks' : `${at}.chunks`
  if (!Array.isArray(chunks)) throw mismatch(place, 'a list', chunks)
  return { chunks: chunks.map((chunk, i) => readChunk(chunk, `${place}[${i}]`)) }
}

export function readChunk(value: unknown, at: string): ModelInputChunk {
  const chunk = plainObject(value, at)
  const type = chunk['type'] ?? inferType(chunk)
  switch (type) {
    case 'encoded_text':
      return { type: 'encoded_text', tokens: readTokens(chunk['tokens'], `${at}.tokens`) }
    case 'image':
      return { type: 'image', data: readBytes(chunk['data'], `${at}.data`), ...readImageMembers(chunk, at) }
    case 'image_asset_pointer': {
      const location = chunk['location']
      if (typeof location !== 'string') throw mismatch(`${at}.location`, 'a string', location)
      return { type: 'image_asset_pointer', location, ...readImageMembers(chunk, at) }
    }
    case 'dmel':
      return { type: 'dmel', dmel: readBytes(chunk['dmel'], `${at}.dmel`) }
    default:
      throw mismatch(`${at}.type`, 'a known kind of chunk', type)
  }
}

function inferType(chunk: Record<string, unknown>): string | undefined {
  const members = { tokens: 'encoded_text', location: 'image_asset_pointer', data: 'image', dmel: 'dmel' }
  const found = Object.entries(members).filter(([member]) => chunk[member] !== undefined)
  return found.length === 1 ? found[0]![1] : undefined
}

export function readTokens(value: unknown, at: string): Int32Array {
  if (!Array.isArray(value)) throw mismatch(at, 'a list of token ids', value)
  const tokens = new Int32Array(value.length)
  for (let i = 0; i < tokens.length; i++) {
    const id: unknown = value[i]
    if (typeof id !== 'number' || (id | 0) !== id) throw mismatch(`${at}[${i}]`, 'a token id', id)
    tokens[i] = id
  }
  return tokens
}

function readBytes(value: unknown, at: string): Uint8Array {
  if (typeof value !== 'string') throw mismatch(at, 'base64 text', value)
  try {
    return base64ToBytes(value)
  } catch (error) {
    throw error instanceof WireError ? new WireError(`${at}: ${error.message}`) : error
  }
}

function readImageMembers(
  chunk: Record<string, unknown>,
  at: string,
): { format: ImageFormat; expectedTokens?: number } {
  const { format, expected_tokens: expected } = chunk
  if (format !== 'png' && format !== 'jpeg') throw mismatch(`${at}.format`, '"png" or "jpeg"', format)
  if (expected === undefined || expected === null) return { format }
  if (typeof expected !== 'number' || !Number.isSafeInteger(expected))
    throw mismatch(`${at}.expected_tokens`, 'an integer', expected)
  return { format, expectedTokens: expected }
}
