/** From datums on the wire to datums of the engine: what Tinker refuses is refused here, before anything is queued. */
import { densify } from '../../tinker/wire/sparseTensor.ts'
import { elementCount } from '../../tinker/wire/tensorData.ts'
import { demand, Refusal } from './refusal.ts'
import type { Datum as WireDatum } from '../../tinker/wire/datum.ts'
import type { ForwardBackwardCall } from '../../tinker/wire/forwardBackward.ts'
import type { ModelInput } from '../../tinker/wire/modelInput.ts'
import type { TensorData } from '../../tinker/wire/tensorData.ts'
import type { Datum, LossName } from '../engine/index.ts'
import type { BaseModel } from './baseModels.ts'

const MAX_ELEMENTS = 1 << 24
const THRESHOLDS = ['clip_low_threshold', 'clip_high_threshold']

/** Inputs that a loss needs, and settings that it knows. */
const LOSSES: {
  readonly [loss in LossName]: { inputs: readonly string[]; optional: readonly string[]; config: readonly string[] }
} = {
  cross_entropy: { inputs: ['target_tokens'], optional: ['weights'], config: [] },
  importance_sampling: { inputs: ['target_tokens', 'logprobs', 'advantages'], optional: [], config: [] },
  ppo: { inputs: ['target_tokens', 'logprobs', 'advantages'], optional: [], config: THRESHOLDS },
  cispo: { inputs: ['target_tokens', 'logprobs', 'advantages'], optional: [], config: THRESHOLDS },
  dro: { inputs: ['target_tokens', 'logprobs', 'advantages'], optional: [], config: ['beta'] },
}

export type LossCall = {
  readonly loss: LossName
  readonly config: Readonly<Record<string, number>>
  readonly data: readonly Datum[]
  /** Shape of each datum's targets, which is that of its logprobs. */
  readonly shapes: readonly (readonly number[])[]
}

/** @throws Refusal that names the datum and the key. */
export function lossCallOf(call: ForwardBackwardCall, base: BaseModel): LossCall {
  const loss = lossNamed(call.lossFn)
  demand(call.data.length > 0, 'there is no data: forward_backward needs at least one datum')
  const config: Record<string, number> = {}
  for (const [key, value] of Object.entries(call.lossFnConfig ?? {})) {
    const known = LOSSES[loss].config
    const choice = known.length > 0 ? `it has ${known.join(', ')}` : 'it has none'
    demand(known.includes(key), `the loss ${loss} has no setting '${key}'; ${choice}`)
    demand(
      typeof value === 'number' && Number.isFinite(value),
      `the setting '${key}' of ${loss} is not a finite number`,
    )
    config[key] = value
  }
  const read = call.data.map((datum, i) => readDatum(datum, loss, base, `data[${i}]`))
  return { loss, config, data: read.map((r) => r.datum), shapes: read.map((r) => r.shape) }
}

function lossNamed(name: string): LossName {
  if (Object.hasOwn(LOSSES, name)) return name as LossName
  throw new Refusal(
    `there is no loss ${JSON.stringify(name.slice(0, 60))}; there are ${Object.keys(LOSSES).join(', ')}`,
  )
}

function readDatum(
  datum: WireDatum,
  loss: LossName,
  base: BaseModel,
  at: string,
): { datum: Datum; shape: readonly number[] } {
  const { inputs, optional } = LOSSES[loss]
  const given = datum.lossFnInputs
  for (const key of Object.keys(given))
    demand(
      inputs.includes(key) || optional.includes(key),
      `${at}.loss_fn_inputs has the key '${key}', which ${loss} does not take; it takes ${[...inputs, ...optional].join(', ')}`,
    )
  for (const key of inputs)
    demand(Object.hasOwn(given, key), `${at}.loss_fn_inputs lacks '${key}', which ${loss} needs`)
  const tokens = textTokens(datum.modelInput, `${at}.model_input`)
  demand(tokens.length > 0, `${at}.model_input is empty`)
  demand(
    tokens.length <= base.window,
    `${at}.model_input has ${tokens.length} tokens; the context window of ${base.name} is ${base.window}`,
  )
  checkTokens(tokens, base, `${at}.model_input`)
  const targetTensor = dense(given['target_tokens']!, `${at}.loss_fn_inputs.target_tokens`)
  const targets = integers(targetTensor, `${at}.loss_fn_inputs.target_tokens`)
  const perToken = targets.length / tokens.length
  demand(
    targetTensor.shape[0] === tokens.length && Number.isInteger(perToken) && perToken > 0,
    `${at} has ${tokens.length} input tokens but target_tokens of shape [${targetTensor.shape.join(', ')}]; each position needs a target`,
  )
  demand(perToken === 1 || loss === 'cross_entropy', `${at}: several targets for a token are for cross_entropy only`)
  checkTokens(targets, base, `${at}.loss_fn_inputs.target_tokens`)
  const out: Datum = { tokens, targets, ...(perToken > 1 ? { targetsPerToken: perToken } : {}) }
  for (const key of ['weights', 'logprobs', 'advantages'] as const)
    if (Object.hasOwn(given, key)) out[key] = floats(given[key]!, targets.length, `${at}.loss_fn_inputs.${key}`)
  return { datum: out, shape: targetTensor.shape }
}

/** All tokens of an input of text. @throws Refusal for images and sound. */
export function textTokens(input: ModelInput, at: string): Int32Array {
  const texts = input.chunks.map((chunk) => {
    if (chunk.type === 'encoded_text') return chunk.tokens
    throw new Refusal(`${at} has a chunk of type ${chunk.type}; the models of this server read text only`)
  })
  if (texts.length === 1) return texts[0]!
  const out = new Int32Array(texts.reduce((sum, text) => sum + text.length, 0))
  let at0 = 0
  for (const text of texts) {
    out.set(text, at0)
    at0 += text.length
  }
  return out
}

export function checkTokens(tokens: Int32Array, base: BaseModel, at: string): void {
  const wrong = tokens.findIndex((id) => id < 0 || id >= base.vocabSize)
  if (wrong >= 0)
    throw new Refusal(
      `${at} has the token ${tokens[wrong]} at ${wrong}; the vocabulary of ${base.name} is 0 to ${base.vocabSize - 1}`,
    )
}

/** A sparse tensor of a few bytes can name a shape that no memory holds. */
function dense(tensor: TensorData, at: string): TensorData {
  demand(elementCount(tensor.shape) <= MAX_ELEMENTS, `${at} has a shape of more than ${MAX_ELEMENTS} values`)
  return densify(tensor)
}

function integers(tensor: TensorData, at: string): Int32Array {
  if (tensor.dtype !== 'int64') throw new Refusal(`${at} must be int64, not ${tensor.dtype}`)
  if (tensor.data instanceof Int32Array) return tensor.data
  throw new Refusal(`${at} has a value beyond 32 bits, which is no token`)
}

function floats(sparse: TensorData, length: number, at: string): Float32Array {
  const tensor = dense(sparse, at)
  demand(
    tensor.data.length === length,
    `${at} has ${tensor.data.length} values; it needs ${length}, one for each target`,
  )
  const values = tensor.dtype === 'float32' ? tensor.data : Float32Array.from(tensor.data, Number)
  const wrong = values.findIndex((v) => !Number.isFinite(v))
  demand(wrong < 0, `${at} holds ${values[wrong]} at ${wrong}; it must be finite`)
  return values
}
