/** An adapter's state as the bytes of a checkpoint, and back. */
import { array, boolean, int, mismatch, number, object, optional, record } from '../../tinker/wire/shape.ts'
import { readShape } from '../../tinker/wire/shape.ts'
import { packValue, unpackValue } from '../storage/packedValue.ts'
import { Refusal } from './refusal.ts'
import type { Shape } from '../../tinker/wire/shape.ts'
import type { AdapterState, AdapterTensor } from '../engine/index.ts'

const VERSION = 1

export function encodeAdapter(state: AdapterState): Uint8Array {
  return packValue({ version: VERSION, ...state })
}

const floats: Shape<Float32Array> = (value, at) => {
  if (!(value instanceof Float32Array)) throw mismatch(at, 'an array of floats', value)
  return value
}

const tensor: Shape<AdapterTensor> = (value, at) => {
  const { shape, data } = object({ shape: array(int), data: floats })(value, at)
  const [rows, columns] = shape
  if (shape.length !== 2 || rows! * columns! !== data.length)
    throw mismatch(`${at}.shape`, 'the shape of its data', shape)
  return { shape: [rows!, columns!], data }
}

const stateShape = object({
  version: int,
  shape: object({ rank: int, alpha: number, seed: int, trainAttn: boolean, trainMlp: boolean, trainUnembed: boolean }),
  tensors: record(tensor),
  optimizer: optional(object({ step: int, m: record(floats), v: record(floats) })),
})

/** @throws Refusal (the server's fault: what it wrote itself cannot be read). */
export function decodeAdapter(bytes: Uint8Array, path: string): AdapterState {
  const unpacked = unpackValue(bytes)
  const read = unpacked.ok ? readShape(stateShape, unpacked.value) : unpacked
  if (!read.ok) throw new Refusal(`the data of ${path} cannot be read: ${read.error}`, 500)
  const { version, ...state } = read.value
  if (version !== VERSION) throw new Refusal(`${path} was written by another version (format ${version})`, 500)
  return state
}
