/** Tensors of the API: typed arrays with a shape, dense or compressed sparse rows; the JSON form is read in `tensorJson.ts`. */
import { WireError } from './wireError.ts'

/** Row pointers and column indices of a compressed sparse row matrix; `data` then holds the stored values only. */
export type SparseRows = { readonly crowIndices: Int32Array; readonly colIndices: Int32Array }

export type Float32Tensor = {
  readonly dtype: 'float32'
  readonly data: Float32Array
  readonly shape: readonly number[]
  readonly sparse?: SparseRows
}

/** 64-bit on the wire. Held as `Int32Array` where every value fits (token ids always do), else as `BigInt64Array`. */
export type Int64Tensor = {
  readonly dtype: 'int64'
  readonly data: Int32Array | BigInt64Array
  readonly shape: readonly number[]
  readonly sparse?: SparseRows
}

export type TensorData = Float32Tensor | Int64Tensor

/** Row-major data; `shape` defaults to one dimension. @throws TypeError when the shape does not hold the data. */
export function float32Tensor(data: Float32Array | readonly number[], shape?: readonly number[]): Float32Tensor {
  const array = data instanceof Float32Array ? data : Float32Array.from(data)
  return { dtype: 'float32', data: array, shape: fittingShape(array.length, shape) }
}

/**
 * As {@link float32Tensor}; plain numbers are truncated toward zero.
 * @throws TypeError for a number beyond ±2^53, which has lost digits already: give such values as bigint.
 */
export function int64Tensor(
  data: Int32Array | BigInt64Array | readonly (number | bigint)[],
  shape?: readonly number[],
): Int64Tensor {
  if (ArrayBuffer.isView(data) && !(data instanceof Int32Array || data instanceof BigInt64Array))
    throw new TypeError('int64 data comes as Int32Array, BigInt64Array or a list')
  const array = ArrayBuffer.isView(data) ? data : integersOf(data.map(wholeNumber))
  return { dtype: 'int64', data: array, shape: fittingShape(array.length, shape) }
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}

function fittingShape(length: number, shape: readonly number[] | undefined): readonly number[] {
  if (shape === undefined) return [length]
  if (elementCount(shape) !== length)
    throw new TypeError(`a tensor of shape [${shape.join(', ')}] cannot hold ${length} values`)
  return shape
}

function wholeNumber(value: number | bigint): number | bigint {
  if (typeof value === 'bigint') return value
  const whole = Math.trunc(value)
  if (!Number.isSafeInteger(whole)) throw new TypeError(`${value} is not an exact integer: give it as bigint`)
  return whole
}

/** `Int32Array` when every value fits, `BigInt64Array` otherwise. */
export function integersOf(values: readonly (number | bigint)[]): Int32Array | BigInt64Array {
  const narrow = new Int32Array(values.length)
  for (let i = 0; i < narrow.length; i++) {
    narrow[i] = Number(values[i])
    if (narrow[i] !== Number(values[i])) return BigInt64Array.from(values, BigInt)
  }
  return narrow
}

export function encodeTensorJson(tensor: TensorData): Record<string, unknown> {
  const body = { data: Array.from<number | bigint>(tensor.data), dtype: tensor.dtype, shape: [...tensor.shape] }
  if (tensor.sparse === undefined) return body
  return {
    ...body,
    sparse_crow_indices: Array.from(tensor.sparse.crowIndices),
    sparse_col_indices: Array.from(tensor.sparse.colIndices),
  }
}

/** A few bytes can claim any dense size; this much is more than a full context window of top-1000 targets. */
const MOST_SPARSE_ELEMENTS = 2 ** 27

/** Checks shape and sparse indices against the number of stored values. For the decoders of JSON and protobuf. */
export function frameOf(
  stored: number,
  shape: readonly number[] | undefined,
  crow: Int32Array | undefined,
  col: Int32Array | undefined,
  at: string,
): { shape: readonly number[]; sparse?: SparseRows } {
  if ((shape ?? []).some((n) => n < 0)) throw new WireError(`${at}.shape must not be negative`)
  if (crow === undefined && col === undefined) {
    if (shape !== undefined && elementCount(shape) !== stored)
      throw new WireError(`${at} has shape [${shape.join(', ')}] but ${stored} values`)
    return { shape: shape ?? [stored] }
  }
  if (crow === undefined || col === undefined)
    throw new WireError(`${at} needs both row pointers and column indices to be sparse`)
  if (shape?.length !== 2) throw new WireError(`${at} is sparse and needs a shape of two dimensions`)
  const [rows, cols] = shape as [number, number]
  if (rows * cols > MOST_SPARSE_ELEMENTS) throw new WireError(`${at} is sparse with more than 2^27 elements`)
  const rising = crow.every((v, i) => v >= (i === 0 ? 0 : crow[i - 1]!))
  if (crow.length !== rows + 1 || crow[0] !== 0 || crow[rows] !== stored || !rising || col.length !== stored)
    throw new WireError(`${at} has sparse indices that do not fit its shape and values`)
  if (!col.every((v) => v >= 0 && v < cols)) throw new WireError(`${at} has a column index outside its shape`)
  return { shape, sparse: { crowIndices: crow, colIndices: col } }
}
