/** Reads tensors of JSON bodies. */
import { mismatch, plainObject } from './shape.ts'
import { frameOf, integersOf } from './tensorData.ts'
import type { TensorData } from './tensorData.ts'

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
