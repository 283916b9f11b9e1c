/** Protobuf body of `POST forward_backward` (`ForwardBackwardRequest`), both ways. */
import { DTYPE, packFloat32, packInt32, packInt64 } from './packedArrays.ts'
import { unpackFloat32, unpackIndices, unpackInt32, unpackInt64 } from './packedArrays.ts'
import { ProtoReader } from './protoReader.ts'
import { ProtoWriter } from './protoWriter.ts'
import { frameOf } from './tensorData.ts'
import { decoding, WireError } from './wireError.ts'
import type { Result } from '../../base/result.ts'
import type { Datum } from './datum.ts'
import type { ForwardBackwardCall } from './forwardBackward.ts'
import type { ModelInputChunk } from './modelInput.ts'
import type { TensorData } from './tensorData.ts'

/**
 * Map entries are written in key order, so the same call is always the same bytes.
 * @throws TypeError for an image asset pointer, which this format cannot carry.
 */
export function encodeForwardBackwardProto(call: ForwardBackwardCall, sizeHint = 4096): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter(sizeHint)
  out.string(1, call.modelId)
  if (call.seqId) out.varint(2, call.seqId)
  for (const datum of call.data) out.message(3, () => writeDatum(out, datum))
  out.string(4, call.lossFn)
  for (const key of Object.keys(call.lossFnConfig ?? {}).sort())
    out.message(5, () => {
      out.string(1, key)
      out.double(2, call.lossFnConfig![key]!)
    })
  if (call.forwardOnly) out.varint(6, 1)
  return out.finish()
}

function writeDatum(out: ProtoWriter, datum: Datum): void {
  for (const chunk of datum.modelInput.chunks) out.message(1, () => writeChunk(out, chunk))
  for (const key of Object.keys(datum.lossFnInputs).sort())
    out.message(2, () => {
      out.string(1, key)
      out.message(2, () => writeTensor(out, datum.lossFnInputs[key]!))
    })
}

function writeChunk(out: ProtoWriter, chunk: ModelInputChunk): void {
  switch (chunk.type) {
    case 'encoded_text':
      out.message(1, () => chunk.tokens.length > 0 && out.bytes(1, packInt32(chunk.tokens)))
      return
    case 'image':
      out.message(2, () => {
        if (chunk.data.length > 0) out.bytes(1, chunk.data)
        out.string(2, chunk.format)
        if (chunk.expectedTokens !== undefined) out.varint(3, chunk.expectedTokens)
      })
      return
    case 'dmel':
      out.message(3, () => chunk.dmel.length > 0 && out.bytes(1, chunk.dmel))
      return
    case 'image_asset_pointer':
      throw new TypeError('an image asset pointer cannot be used in training: send the image itself')
  }
}

function writeTensor(out: ProtoWriter, tensor: TensorData): void {
  const values = tensor.dtype === 'float32' ? packFloat32(tensor.data) : packInt64(tensor.data)
  const { sparse } = tensor
  if (sparse === undefined) out.bytes(1, values)
  else
    out.message(2, () => {
      out.bytes(1, values)
      out.bytes(2, packInt64(sparse.crowIndices))
      out.bytes(3, packInt64(sparse.colIndices))
    })
  out.varint(3, DTYPE[tensor.dtype])
  out.packed(4, tensor.shape)
}

export function decodeForwardBackwardProto(bytes: Uint8Array): Result<ForwardBackwardCall, string> {
  return decoding(() => {
    const data: Datum[] = []
    const config: Record<string, number> = {}
    let [modelId, seqId, lossFn, forwardOnly] = ['', 0, '', false]
    const reader = new ProtoReader(bytes)
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) modelId = reader.string()
      else if (field === 2) seqId = reader.varint()
      else if (field === 3) data.push(reader.message((r) => readDatum(r, `data[${data.length}]`)))
      else if (field === 4) lossFn = reader.string()
      else if (field === 5) reader.message((r) => readEntry(r, (v) => v.double(), 0, config))
      else if (field === 6) forwardOnly = reader.bool()
      else reader.skip()
    }
    const lossFnConfig = Object.keys(config).length > 0 ? { lossFnConfig: config } : {}
    return { modelId, ...(seqId === 0 ? {} : { seqId }), data, lossFn, ...lossFnConfig, forwardOnly }
  })
}

function readDatum(reader: ProtoReader, at: string): Datum {
  const chunks: ModelInputChunk[] = []
  const lossFnInputs: Record<string, TensorData> = {}
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) chunks.push(reader.message((r) => readChunk(r, `${at}.model_input[${chunks.length}]`)))
    else if (field === 2)
      reader.message((entry) => {
        const readValue = (v: ProtoReader): TensorData => v.message((r) => readTensor(r, `${at}.loss_fn_inputs`))
        readEntry(entry, readValue, undefined, lossFnInputs)
      })
    else reader.skip()
  }
  return { modelInput: { chunks }, lossFnInputs }
}

/** One entry of a protobuf map: key 1, value 2, either of which may be absent when it is the default. */
export function readEntry<T>(
  reader: ProtoReader,
  readValue: (reader: ProtoReader) => T,
  absent: T | undefined,
  into: Record<string, T>,
): void {
  let key = ''
  let value = absent
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = reader.string()
    else if (field === 2) value = readValue(reader)
    else reader.skip()
  }
  if (value === undefined) throw new WireError(`the entry '${key}' has no value`)
  Object.defineProperty(into, key, { value, enumerable: true, writable: true, configurable: true })
}

function readChunk(reader: ProtoReader, at: string): ModelInputChunk {
  let chunk: ModelInputChunk | undefined
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1)
      chunk = { type: 'encoded_text', tokens: unpackInt32(reader.message(readOnlyBytes), `${at}.tokens`) }
    else if (field === 2) chunk = reader.message((r) => readImage(r, at))
    else if (field === 3) chunk = { type: 'dmel', dmel: reader.message(readOnlyBytes).slice() }
    else reader.skip()
  }
  if (chunk === undefined) throw new WireError(`${at} is a chunk of an unknown kind`)
  return chunk
}

function readOnlyBytes(reader: ProtoReader): Uint8Array {
  let bytes = new Uint8Array(0) as Uint8Array
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) bytes = reader.bytes()
    else reader.skip()
  }
  return bytes
}

function readImage(reader: ProtoReader, at: string): ModelInputChunk {
  let data = new Uint8Array(0) as Uint8Array
  let format = ''
  let expected: number | undefined
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) data = reader.bytes().slice()
    else if (field === 2) format = reader.string()
    else if (field === 3) expected = reader.varint()
    else reader.skip()
  }
  if (format !== 'png' && format !== 'jpeg') throw new WireError(`${at}.format must be "png" or "jpeg"`)
  return { type: 'image', data, format, ...(expected === undefined ? {} : { expectedTokens: expected }) }
}

function readTensor(reader: ProtoReader, at: string): TensorData {
  const shape: number[] = []
  let values = new Uint8Array(0) as Uint8Array
  let [crow, col]: (Int32Array | undefined)[] = []
  let dtype = 0
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) values = reader.bytes()
    else if (field === 2)
      reader.message((csr) => {
        ;[crow, col] = [new Int32Array(0), new Int32Array(0)]
        for (let f = csr.next(); f !== 0; f = csr.next()) {
          if (f === 1) values = csr.bytes()
          else if (f === 2) crow = unpackIndices(csr.bytes(), `${at}.crow_indices`)
          else if (f === 3) col = unpackIndices(csr.bytes(), `${at}.col_indices`)
          else csr.skip()
        }
      })
    else if (field === 3) dtype = reader.varint()
    else if (field === 4) reader.varintsInto(shape)
    else reader.skip()
  }
  const given = shape.length === 0 ? undefined : shape
  if (dtype === DTYPE.float32) {
    const data = unpackFloat32(values, at)
    return { dtype: 'float32', data, ...frameOf(data.length, given, crow, col, at) }
  }
  if (dtype === DTYPE.int64) {
    const data = unpackInt64(values, at)
    return { dtype: 'int64', data, ...frameOf(data.length, given, crow, col, at) }
  }
  throw new WireError(`${at} has an unsupported number type ${dtype}`)
}
