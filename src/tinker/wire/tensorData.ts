/** Tensors of the API: typed arrays with a shape, dense or compressed sparse rows; with the JSON form both ways. */
import { mismatch, plainObject } from './shape.ts'
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
function integersOf(values: readonly (number | bigint)[]): Int32Array | BigInt64Array {
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

/** Shape of a JSON tensor. A missing shape means one dimension; null inside float data reads as NaN. */
export function readTensor(value: unknown, at: string): TensorData {
  const tensor = plainObject(value, at)
  const { data, dtype } = tensor
  if (!Array.isArray(data)) throw mismatch(`${at}.data`, 'a list of numbers', data)
  const crow = readIndices(tensor['sparse_crow_indices'], `${at}.sparse_crow_indices`)
  const col = readIndices(tensor['sparse_col_indices'], `${at}.sparse_col_indices`)
  const shape = readIndices(tensor['shape'], `${at}.shape`)
  const frame = frameOf(data.length, shape && Array.from(shape), crow, col, at)
  if (dtype === 'float32') return { dtype, data: readFloats(data, `${at}.data`), ...frame }
  if (dtype === 'int64') return { dtype, data: readIntegers(data, `${at}.data`), ...frame }
  throw mismatch(`${at}.dtype`, '"float32" or "int64"', dtype)
}

/** A few bytes can claim any dense size; this much is more than a full context window of top-1000 targets. */
const MOST_SPARSE_ELEMENTS = 2 ** 27

/** Checks shape and sparse indices against the number of stored values. Shared with the protobuf decoder. */
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

function readFloats(data: readonly unknown[], at: string): Float32Array {
  const out = new Float32Array(data.length)
  for (let i = 0; i < out.length; i++) {
    const v = data[i]
    if (typeof v === 'number') out[i] = v
    else if (typeof v === 'bigint') out[i] = Number(v)
    else if (v === null) out[i] = NaN
    else throw mismatch(`${at}[${i}]`, 'a number', v)
  }
  return out
}

function readIntegers(data: readonly unknown[], at: string): Int32Array | BigInt64Array {
  data.forEach((v, i) => {
    if (typeof v !== 'bigint' && !Number.isSafeInteger(v)) throw mismatch(`${at}[${i}]`, 'an integer', v)
  })
  return integersOf(data as readonly (number | bigint)[])
}

function readIndices(value: unknown, at: string): Int32Array | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw mismatch(at, 'a list of integers', value)
  return Int32Array.from(value, (v: unknown, i) => {
    if (typeof v !== 'number' || (v | 0) !== v) throw mismatch(`${at}[${i}]`, 'an integer', v)
    return v
  })
}
