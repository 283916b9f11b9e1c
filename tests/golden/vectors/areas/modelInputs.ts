/** Tensors, model inputs, chunks and their sizes. */
import { splitIntoChunks, datumBytes, promptBytes } from '#src/tinker/wire/chunking.ts'
import { tensorForKey } from '#src/tinker/wire/datum.ts'
import { chunkLength, encodeChunkJson, modelInputFromTokens, modelInputTokens } from '#src/tinker/wire/modelInput.ts'
import { appendTokens, readChunk, textChunk } from '#src/tinker/wire/modelInput.ts'
import { decodeSampleResultJson } from '#src/tinker/wire/clientJson.ts'
import { compressRows } from '#src/tinker/wire/sparseTensor.ts'
import { tensorContainerDims } from '#src/tinker/wire/tensorContainer.ts'
import { encodeTensorJson, float32Tensor, int64Tensor } from '#src/tinker/wire/tensorData.ts'
import { throws } from 'node:assert/strict'
import { bytesOfHex, check, fails, hex, same } from '../vector.ts'
import type { Datum } from '#src/tinker/wire/datum.ts'
import type { ModelInputChunk } from '#src/tinker/wire/modelInput.ts'

type Nested = number[] | number[][]
type TensorInput = { key: string; value: Nested } | { array_dtype: string; data: number[] } | number[][]
type TensorExpected = {
  throws?: string
  encoding?: string
  values?: number[]
  crow_indices?: number[]
  col_indices?: number[]
}

export const tensorData = check<TensorInput, TensorExpected>((input, expected) => {
  if (Array.isArray(input)) {
    const { sparse, data } = compressRows(float32Tensor(input.flat(), [input.length, input[0]?.length ?? 0]))
    same(sparse === undefined ? 'dense' : 'sparse_csr', expected.encoding)
    if (sparse === undefined) return
    same([...data], expected.values)
    same([...sparse.crowIndices], expected.crow_indices)
    same([...sparse.colIndices], expected.col_indices)
  } else if ('array_dtype' in input) {
    const array = typedArray(input.array_dtype, input.data)
    if (expected.throws !== undefined) fails(() => int64Tensor(array as unknown as Int32Array))
    else if (array instanceof Float32Array) same(encodeTensorJson(float32Tensor(array)), withoutAbsent(expected))
    else same(encodeTensorJson(int64Tensor(array as Int32Array)), withoutAbsent(expected))
  } else if (expected.throws !== undefined) throws(() => tensorForKey(input.key, input.value), TypeError)
  else same(encodeTensorJson(tensorForKey(input.key, input.value)), withoutAbsent(expected))
})

function typedArray(dtype: string, data: readonly number[]): ArrayBufferView {
  const kinds: Record<string, (values: readonly number[]) => ArrayBufferView> = {
    uint8: (v) => Uint8Array.from(v),
    uint16: (v) => Uint16Array.from(v),
    uint32: (v) => Uint32Array.from(v),
    uint64: (v) => BigUint64Array.from(v, BigInt),
    int32: (v) => Int32Array.from(v),
    int64: (v) => BigInt64Array.from(v, BigInt),
    float32: (v) => Float32Array.from(v),
    float64: (v) => Float64Array.from(v),
  }
  const make = kinds[dtype] ?? kinds['uint8']!
  return make(data.map(Number))
}

/** The SDK shows members that are not there as null; on the wire they are left out. */
function withoutAbsent(expected: object): object {
  return Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== null))
}

export const tensorContainer = check<string, number[] | { throws: string }>((input, expected) => {
  if (Array.isArray(expected)) same(tensorContainerDims(bytesOfHex(input)), expected)
  else throws(() => tensorContainerDims(bytesOfHex(input)), { message: expected.throws })
})

export const jsonChunk = check<Record<string, unknown>, Record<string, unknown>>((input, expected) => {
  if (expected['bytes_hex'] !== undefined) {
    const chunk = readChunk(input, '')
    same(chunk.type === 'image' && hex(chunk.data), expected['bytes_hex'])
  } else same(encodeChunkJson(readChunk(expected, '')), expected)
})

/** A case names only the kind and what its length depends on; the rest of a chunk of that kind is filled in. */
export const chunkLengths = check<Record<string, unknown>, number | { throws: string } | 'throws'>(
  (input, expected) => {
    const stock: Record<string, object> = {
      encoded_text: { tokens: [1, 2, 3] },
      image: { data: 'AQID', format: 'png', ...(typeof expected === 'number' ? { expected_tokens: expected } : {}) },
      image_asset_pointer: { location: 'x', format: 'png' },
      dmel: { dmel: Buffer.from('04020750', 'hex').toString('base64') },
    }
    const chunk = readChunk({ ...stock[String(input['type'])], ...input }, '')
    if (typeof expected === 'number') same(chunkLength(chunk), expected)
    else throws(() => chunkLength(chunk), TypeError)
  },
)

type InputCase = { from_ints?: number[]; append_int?: number; chunks?: (number[] | string)[] }

export const modelInput = check<InputCase, number[][] | number[] | 'throws'>((input, expected) => {
  const image: ModelInputChunk = { type: 'image', data: new Uint8Array(1), format: 'png', expectedTokens: 2 }
  const chunks = (input.chunks ?? []).map((chunk) => (typeof chunk === 'string' ? image : textChunk(chunk)))
  if (expected === 'throws') return throws(() => modelInputTokens({ chunks }), TypeError)
  if (input.from_ints === undefined) return same([...modelInputTokens({ chunks })], expected)
  const start = modelInputFromTokens(input.from_ints)
  const whole = input.append_int === undefined ? start : appendTokens(start, input.append_int)
  same(
    whole.chunks.map((chunk) => (chunk.type === 'encoded_text' ? [...chunk.tokens] : chunk.type)),
    expected,
  )
})

type ChunkingInput = { items?: number; bytes_each?: number; bytes?: number[]; max_len?: number; max_bytes?: number }

export const chunking = check<ChunkingInput, unknown>((input, expected) => {
  const sizes = input.bytes ?? Array.from({ length: input.items ?? 0 }, () => input.bytes_each ?? 0)
  const limits = { maxDatums: input.max_len ?? 1024, maxBytes: input.max_bytes ?? 5_000_000 }
  const chunks = splitIntoChunks(sizes, (size) => size, limits)
  same(
    chunks.map((c) => ({ len: c.items.length, bytes: c.bytes })),
    expected,
  )
})

type Sizes = {
  tokens?: number
  target_tokens?: number
  weights?: number
  image_bytes?: number
  crow?: number
  col?: number
  values_float32?: number
  location?: string
}

export const byteEstimate = check<Sizes, number>((input, expected) => {
  const chunks: ModelInputChunk[] = input.tokens ? [textChunk(new Int32Array(input.tokens))] : []
  if (input.location !== undefined)
    chunks.push({ type: 'image_asset_pointer', location: input.location, format: 'png' })
  if (input.image_bytes !== undefined)
    chunks.push({ type: 'image', data: new Uint8Array(input.image_bytes), format: 'png' })
  const inputs: Record<string, Datum['lossFnInputs'][string]> = {}
  if (input.target_tokens !== undefined) inputs['target_tokens'] = int64Tensor(new Int32Array(input.target_tokens))
  if (input.weights !== undefined) inputs['weights'] = float32Tensor(new Float32Array(input.weights))
  if (input.values_float32 !== undefined) {
    const sparse = { crowIndices: new Int32Array(input.crow ?? 0), colIndices: new Int32Array(input.col ?? 0) }
    inputs['weights'] = { dtype: 'float32', data: new Float32Array(input.values_float32), shape: [2, 5], sparse }
  }
  // Cases with an image and no tensors are those of sampling, which is metered by its own rule.
  const sampling = input.image_bytes !== undefined && Object.keys(inputs).length === 0
  same(sampling ? promptBytes({ chunks }) : datumBytes({ modelInput: { chunks }, lossFnInputs: inputs }), expected)
})

export const stopReason = check<string[], string[]>((input, expected) => {
  const read = input.map((reason) => {
    const result = decodeSampleResultJson({ sequences: [{ stop_reason: reason, tokens: [1] }] })
    return result.ok ? result.value.sequences[0]!.stopReason : 'throws'
  })
  same(read, expected)
})
