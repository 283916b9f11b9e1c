/** Splits one forward-backward call into requests of bounded size. Source: protocol reference §6.3 (SDK 0.25.0). */
import type { Datum } from './datum.ts'
import type { ModelInput } from './modelInput.ts'
import type { TensorData } from './tensorData.ts'

export type ChunkLimits = { readonly maxDatums: number; readonly maxBytes: number }

export const DEFAULT_CHUNK_LIMITS: ChunkLimits = { maxDatums: 1024, maxBytes: 5_000_000 }

export type Chunk<T> = { readonly items: readonly T[]; readonly bytes: number }

/**
 * Greedy, in order: a chunk is closed when it is full or when the next item would pass the byte limit. An item larger
 * than the limit travels alone. No items give no chunks.
 */
export function splitIntoChunks<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  limits: ChunkLimits = DEFAULT_CHUNK_LIMITS,
): Chunk<T>[] {
  const chunks: { items: T[]; bytes: number }[] = []
  for (const item of items) {
    const bytes = bytesOf(item)
    const last = chunks.at(-1)
    if (last === undefined || last.items.length >= limits.maxDatums || last.bytes + bytes > limits.maxBytes)
      chunks.push({ items: [item], bytes })
    else {
      last.items.push(item)
      last.bytes += bytes
    }
  }
  return chunks
}

/** Estimated wire size of a datum: 4 bytes a token or float, 8 an int64 or a sparse index, raw bytes for images. */
export function datumBytes(datum: Datum): number {
  let bytes = inputBytes(datum.modelInput, 4)
  for (const tensor of Object.values(datum.lossFnInputs)) bytes += tensorBytes(tensor)
  return bytes
}

/** Estimated wire size of a prompt as sampling requests are metered: 10 bytes a token. */
export function promptBytes(prompt: ModelInput): number {
  return inputBytes(prompt, 10)
}

function inputBytes(input: ModelInput, perToken: number): number {
  let bytes = 0
  for (const chunk of input.chunks)
    if (chunk.type === 'encoded_text') bytes += chunk.tokens.length * perToken
    else if (chunk.type === 'image') bytes += chunk.data.length
    else if (chunk.type === 'dmel') bytes += chunk.dmel.length
    else bytes += chunk.location.length
  return bytes
}

function tensorBytes(tensor: TensorData): number {
  const indices = tensor.sparse ? tensor.sparse.crowIndices.length + tensor.sparse.colIndices.length : 0
  return tensor.data.length * (tensor.dtype === 'float32' ? 4 : 8) + indices * 8
}
