/** What a model reads: a list of chunks, text as token ids in typed arrays; with the JSON form both ways. */
import { base64ToBytes, bytesToBase64 } from './base64.ts'
import { mismatch, plainObject } from './shape.ts'
import { tensorContainerDims } from './tensorContainer.ts'
import { WireError } from './wireError.ts'

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

/** Length in tokens. @throws TypeError for an image whose `expectedTokens` is not known. */
export function modelInputLength(input: ModelInput): number {
  return input.chunks.reduce((sum, chunk) => sum + chunkLength(chunk), 0)
}

export function chunkLength(chunk: ModelInputChunk): number {
  switch (chunk.type) {
    case 'encoded_text':
      return chunk.tokens.length
    case 'dmel':
      return tensorContainerDims(chunk.dmel)[0]!
    default:
      if (chunk.expectedTokens === undefined) throw new TypeError('the length of an image needs expectedTokens')
      return chunk.expectedTokens
  }
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
