/** One training example: what the model reads and the arrays its loss needs, all of the input's length. */
import { float32Tensor, int64Tensor } from './tensorData.ts'
import { readModelInput } from './modelInput.ts'
import { readTensor } from './tensorJson.ts'
import { object, record } from './shape.ts'
import type { ModelInput } from './modelInput.ts'
import type { TensorData } from './tensorData.ts'

export type Datum = {
  readonly modelInput: ModelInput
  readonly lossFnInputs: Readonly<Record<string, TensorData>>
  /** Where the input tokens came from, as consecutive runs over all of them. Protobuf only, since SDK 0.38. */
  readonly modelInputSpans?: readonly ProvenanceSpan[]
  /** The same for the rows of `target_tokens`. Both lists are given, or neither. */
  readonly lossFnInputSpans?: readonly ProvenanceSpan[]
}

/** A run of `length` tokens taken from position `offset` of a sampled sequence or of the prompt that it was sampled from. */
export type ProvenanceSpan = {
  readonly of: 'prompt' | 'sampled'
  /** As the sampling result named the sequence. */
  readonly sequenceId: string
  readonly offset: number
  readonly length: number
}

/** Numeric type by key, as the API fixes it; other keys must be given as tensors. */
const KEY_DTYPES: Readonly<Record<string, TensorData['dtype']>> = {
  target_tokens: 'int64',
  weights: 'float32',
  advantages: 'float32',
  logprobs: 'float32',
  clip_low_threshold: 'float32',
  clip_high_threshold: 'float32',
  sequence_ratio_mask: 'float32',
}

type Nested = readonly number[] | readonly (readonly number[])[]

/**
 * A tensor for a key of `lossFnInputs` from a plain or nested list.
 * @throws TypeError for a ragged list or a key whose type the API does not fix.
 */
export function tensorForKey(key: string, values: Nested): TensorData {
  const dtype = Object.hasOwn(KEY_DTYPES, key) ? KEY_DTYPES[key] : undefined
  if (dtype === undefined) throw new TypeError(`'${key}' has no fixed type; give a tensor`)
  const { flat, shape } = flatten(key, values)
  return dtype === 'int64' ? int64Tensor(flat, shape) : float32Tensor(flat, shape)
}

function flatten(key: string, values: Nested): { flat: number[]; shape: number[] } {
  const rows = values as readonly (number | readonly number[])[]
  if (!rows.some(Array.isArray)) return { flat: rows as number[], shape: [rows.length] }
  const width = (rows[0] as readonly number[]).length
  if (!rows.every((row) => Array.isArray(row) && row.length === width))
    throw new TypeError(`${key} must be a rectangular numeric array; ragged nested lists are refused`)
  return { flat: rows.flat(), shape: [rows.length, width!] }
}

const datumShape = object({ model_input: readModelInput, loss_fn_inputs: record(readTensor) })

export function readDatum(value: unknown, at: string): Datum {
  const datum = datumShape(value, at)
  return { modelInput: datum.model_input, lossFnInputs: datum.loss_fn_inputs }
}
