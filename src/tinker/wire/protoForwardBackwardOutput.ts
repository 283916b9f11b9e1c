/** Protobuf result of forward and forward-backward (`ForwardBackwardOutput`), both ways. */
import { DTYPE, packFloat32, packInt64 } from './packedArrays.ts'
import { unpackBfloat16, unpackFloat32, unpackIndices, unpackInt32, unpackInt64 } from './packedArrays.ts'
import { readEntry } from './protoForwardBackward.ts'
import { ProtoReader } from './protoReader.ts'
import { MAX_DIMENSIONS } from './protoTensor.ts'
import { inUtf8Order, ProtoWriter } from './protoWriter.ts'
import { densify } from './sparseTensor.ts'
import { elementCount } from './tensorData.ts'
import { decoding, WireError } from './wireError.ts'
import type { Result } from '../../base/result.ts'
import type { ForwardBackwardOutput } from './forwardBackward.ts'
import type { TensorData } from './tensorData.ts'

type Outputs = Readonly<Record<string, TensorData>>

/**
 * Datums of one shape go into one record; a change of type or trailing shape starts the next. Every record holds every
 * field (readers index by the first record's names), so a field that a datum lacks becomes an empty slice.
 */
export function encodeForwardBackwardOutputProto(output: ForwardBackwardOutput): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter(4096)
  if (output.lossFnOutputType !== '') out.string(1, output.lossFnOutputType)
  const outputs = output.lossFnOutputs.map(densified)
  const names = [...new Set(outputs.flatMap((datum) => Object.keys(datum)))].sort(inUtf8Order)
  for (const run of alikeRuns(outputs, names)) out.message(2, () => writeRecord(out, run, names))
  for (const key of Object.keys(output.metrics).sort(inUtf8Order))
    out.message(3, () => {
      out.string(1, key)
      out.double(2, output.metrics[key]!)
    })
  return out.finish()
}

function densified(datum: Outputs): Outputs {
  return Object.fromEntries(Object.entries(datum).map(([name, tensor]) => [name, densify(tensor)]))
}

function alikeRuns(outputs: readonly Outputs[], names: readonly string[]): Outputs[][] {
  const runs: Outputs[][] = []
  let seen = new Map<string, string>()
  for (const datum of outputs) {
    const kinds = names.flatMap((name) => {
      const tensor = datum[name]
      return tensor === undefined ? [] : [[name, `${tensor.dtype} ${tensor.shape.slice(1).join()}`] as const]
    })
    if (runs.length === 0 || kinds.some(([name, kind]) => (seen.get(name) ?? kind) !== kind)) {
      runs.push([])
      seen = new Map()
    }
    runs.at(-1)!.push(datum)
    for (const [name, kind] of kinds) seen.set(name, kind)
  }
  return runs
}

function writeRecord(out: ProtoWriter, datums: readonly Outputs[], names: readonly string[]): void {
  for (const name of names)
    out.message(2, () => {
      out.string(1, name)
      out.message(2, () => writeBatchedTensor(out, datums, name))
    })
  out.varint(3, datums.length)
}

function writeBatchedTensor(out: ProtoWriter, datums: readonly Outputs[], name: string): void {
  const slices = datums.map((datum) => {
    const tensor = datum[name]
    if (tensor === undefined) return new Uint8Array(0)
    return tensor.dtype === 'float32' ? packFloat32(tensor.data) : packInt64(tensor.data)
  })
  const offsets = new Int32Array(slices.length + 1)
  slices.forEach((slice, i) => (offsets[i + 1] = offsets[i]! + slice.length))
  const data = new Uint8Array(offsets[slices.length]!)
  slices.forEach((slice, i) => data.set(slice, offsets[i]))
  const first = datums.find((datum) => datum[name] !== undefined)?.[name]
  if (data.length > 0) out.bytes(1, data)
  out.bytes(2, packInt64(offsets))
  out.varint(3, DTYPE[first?.dtype ?? 'float32'])
  out.packed(4, first?.shape.slice(1) ?? [])
}

export function decodeForwardBackwardOutputProto(bytes: Uint8Array): Result<ForwardBackwardOutput, string> {
  return decoding(() => {
    const reader = new ProtoReader(bytes)
    const records: RecordFields[] = []
    const metrics: Record<string, number> = {}
    let type = ''
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) type = reader.string()
      else if (field === 2) records.push(reader.message(readRecord))
      else if (field === 3) reader.message((r) => readEntry(r, (v) => v.double(), 0, metrics))
      else reader.skip()
    }
    const shown = records.length === 0 ? type || 'ArrayRecord' : type.slice(type.lastIndexOf(':') + 1)
    return { lossFnOutputType: shown, lossFnOutputs: records.flatMap(datumsOf), metrics }
  })
}

type RecordFields = { count: number; fields: Record<string, TensorData[]> }

function readRecord(reader: ProtoReader): RecordFields {
  const fields: Record<string, TensorData[]> = {}
  let count = 0
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) reader.message((entry) => readEntry(entry, (v) => v.message(readBatchedTensor), undefined, fields))
    else if (field === 3) count = reader.varint()
    else reader.skip()
  }
  return { count, fields }
}

/** Records without fields cost nothing to send, so their number is bounded: far above what one request may hold. */
const MOST_BARE_DATUMS = 1_000_000

/** `num_datums` decides; without it the first field does. */
function datumsOf({ count, fields }: RecordFields): Record<string, TensorData>[] {
  const entries = Object.entries(fields)
  const total = count > 0 ? count : (entries[0]?.[1].length ?? 0)
  const held = entries.length === 0 ? MOST_BARE_DATUMS : entries[0]![1].length
  if (total > held) throw new WireError(`a record announces ${total} datums but holds ${held}`)
  return Array.from({ length: total }, (_, i) =>
    Object.fromEntries(
      entries.map(([name, tensors]) => {
        const tensor = tensors[i]
        if (tensor === undefined) throw new WireError(`the field '${name}' has no value for datum ${i}`)
        return [name, tensor]
      }),
    ),
  )
}

function readBatchedTensor(reader: ProtoReader): TensorData[] {
  let [data, offsetBytes] = [new Uint8Array(0) as Uint8Array, new Uint8Array(0) as Uint8Array]
  let dtype = 0
  const trailing: number[] = []
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) data = reader.bytes()
    else if (field === 2) offsetBytes = reader.bytes()
    else if (field === 3) dtype = reader.varint()
    else if (field === 4) reader.varintsInto(trailing, MAX_DIMENSIONS)
    else reader.skip()
  }
  const offsets = unpackIndices(offsetBytes, 'offsets')
  const tensors: TensorData[] = []
  for (let i = 0; i + 1 < offsets.length; i++) {
    const [from, to] = [offsets[i]!, offsets[i + 1]!]
    if (from < 0 || to < from || to > data.length) throw new WireError('offsets of a loss output do not fit its data')
    tensors.push(tensorOf(data.subarray(from, to), dtype, trailing))
  }
  return tensors
}

function tensorOf(bytes: Uint8Array, dtype: number, trailing: readonly number[]): TensorData {
  const what = 'a loss output'
  if (dtype === DTYPE.float32) return float32Of(unpackFloat32(bytes, what), trailing)
  if (dtype === DTYPE.bfloat16) return float32Of(unpackBfloat16(bytes, what), trailing)
  if (dtype !== DTYPE.int64 && dtype !== DTYPE.int32)
    throw new WireError(`a loss output has an unknown number type ${dtype}`)
  const data = dtype === DTYPE.int64 ? unpackInt64(bytes, what) : unpackInt32(bytes, what)
  return { dtype: 'int64', data, shape: shapeOf(data.length, trailing) }
}

function float32Of(data: Float32Array, trailing: readonly number[]): TensorData {
  return { dtype: 'float32', data, shape: shapeOf(data.length, trailing) }
}

function shapeOf(length: number, trailing: readonly number[]): number[] {
  const size = elementCount(trailing)
  if (trailing.some((n) => n < 0)) throw new WireError('a trailing shape must not be negative')
  if (size === 0 ? length !== 0 : length % size !== 0)
    throw new WireError(`a loss output of ${length} values does not fit the trailing shape [${trailing.join(', ')}]`)
  return [size === 0 ? 0 : length / size, ...trailing]
}
