/** The protobuf message `Tensor`, both ways: dense values or compressed sparse rows, with type and shape. */
import { DTYPE, packFloat32 } from './packedArrays.ts'
import { unpackBfloat16, unpackFloat32, unpackIndices, unpackInt32, unpackInt64 } from './packedArrays.ts'
import { frameOf } from './tensorData.ts'
import { WireError } from './wireError.ts'
import type { ProtoReader } from './protoReader.ts'
import type { ProtoWriter } from './protoWriter.ts'
import type { TensorData } from './tensorData.ts'

/** More dimensions than any tensor of this API has; a longer list is an attack on memory or a broken message. */
export const MAX_DIMENSIONS = 64

export function writeTensor(out: ProtoWriter, tensor: TensorData): void {
  const { sparse } = tensor
  if (sparse === undefined) writeValues(out, tensor)
  else
    out.message(2, () => {
      if (tensor.data.length > 0) writeValues(out, tensor)
      out.int64s(2, sparse.crowIndices)
      if (sparse.colIndices.length > 0) out.int64s(3, sparse.colIndices)
    })
  out.varint(3, DTYPE[tensor.dtype])
  out.packed(4, tensor.shape)
}

function writeValues(out: ProtoWriter, { dtype, data }: TensorData): void {
  if (dtype === 'float32') out.bytes(1, packFloat32(data))
  else out.int64s(1, data)
}

/** int32 and bfloat16 are widened to the two types that the API shows: int64 and float32. */
export function readTensor(reader: ProtoReader, at: string): TensorData {
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
    else if (field === 4) reader.varintsInto(shape, MAX_DIMENSIONS)
    else reader.skip()
  }
  const given = shape.length === 0 ? undefined : shape
  if (dtype === DTYPE.float32 || dtype === DTYPE.bfloat16) {
    const data = dtype === DTYPE.float32 ? unpackFloat32(values, at) : unpackBfloat16(values, at)
    return { dtype: 'float32', data, ...frameOf(data.length, given, crow, col, at) }
  }
  if (dtype === DTYPE.int64 || dtype === DTYPE.int32) {
    const data = dtype === DTYPE.int64 ? unpackInt64(values, at) : unpackInt32(values, at)
    return { dtype: 'int64', data, ...frameOf(data.length, given, crow, col, at) }
  }
  throw new WireError(`${at} has an unsupported number type ${dtype}`)
}
