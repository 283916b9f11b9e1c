/** Dense matrices to compressed sparse rows and back. */
import { elementCount } from './tensorData.ts'
import type { TensorData } from './tensorData.ts'

/**
 * Compresses a two-dimensional tensor when that is strictly smaller by the API's measure
 * (row pointers + 2 · stored values < rows · columns); otherwise returns the tensor itself.
 * Some servers refuse sparse tensors, so callers choose when to use it.
 */
export function compressRows(tensor: TensorData): TensorData {
  if (tensor.sparse !== undefined || tensor.shape.length !== 2) return tensor
  const [rows, cols] = tensor.shape as [number, number]
  const crowIndices = new Int32Array(rows + 1)
  const at: number[] = []
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) if (Number(tensor.data[r * cols + c]) !== 0) at.push(r * cols + c)
    crowIndices[r + 1] = at.length
  }
  if (rows + 1 + 2 * at.length >= rows * cols) return tensor
  const sparse = { crowIndices, colIndices: Int32Array.from(at, (i) => i % cols) }
  if (tensor.dtype === 'float32')
    return { dtype: 'float32', data: Float32Array.from(at, (i) => tensor.data[i]!), shape: tensor.shape, sparse }
  const { data } = tensor
  const values = data instanceof Int32Array ? Int32Array.from(at, (i) => data[i]!) : bigs(at, data)
  return { dtype: 'int64', data: values, shape: tensor.shape, sparse }
}

function bigs(at: readonly number[], data: BigInt64Array): BigInt64Array {
  return BigInt64Array.from(at, (i) => data[i]!)
}

/** The dense tensor of the same values; a dense tensor is returned as it is. */
export function densify(tensor: TensorData): TensorData {
  if (tensor.sparse === undefined) return tensor
  const { shape } = tensor
  const { crowIndices, colIndices } = tensor.sparse
  const [rows, cols] = shape as [number, number]
  const size = elementCount(shape)
  const place = (put: (to: number, from: number) => void): void => {
    for (let r = 0; r < rows; r++)
      for (let k = crowIndices[r]!; k < crowIndices[r + 1]!; k++) put(r * cols + colIndices[k]!, k)
  }
  if (tensor.dtype === 'float32') {
    const data = new Float32Array(size)
    place((to, from) => (data[to] = tensor.data[from]!))
    return { dtype: 'float32', data, shape }
  }
  const stored = tensor.data
  if (stored instanceof Int32Array) {
    const data = new Int32Array(size)
    place((to, from) => (data[to] = stored[from]!))
    return { dtype: 'int64', data, shape }
  }
  const data = new BigInt64Array(size)
  place((to, from) => (data[to] = stored[from]!))
  return { dtype: 'int64', data, shape }
}
