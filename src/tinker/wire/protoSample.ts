/** Protobuf result of sampling (`SampleResponse`), both ways. */
import { packFloat32, packInt32, unpackFloat32, unpackInt32 } from './packedArrays.ts'
import { ProtoReader } from './protoReader.ts'
import { readTensor, writeTensor } from './protoTensor.ts'
import { ProtoWriter } from './protoWriter.ts'
import { decoding, WireError } from './wireError.ts'
import type { Result } from '../../base/result.ts'
import type { PromptAltTokens, SampledSequence, SampleResult, StopReason, TopkRow } from './sample.ts'
import type { TensorData } from './tensorData.ts'

/** By number of the protobuf enum; `stop` is 0 and therefore absent on the wire. */
const STOP_REASONS: readonly StopReason[] = ['stop', 'length']

/** Fills the cells of the top-k matrix that hold nothing. */
const EMPTY_TOKEN = 0
const EMPTY_LOGPROB = -99999

export function encodeSampleResultProto(result: SampleResult): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter(1024)
  for (const sequence of result.sequences)
    out.message(1, () => {
      if (sequence.stopReason !== 'stop') out.varint(1, numberOf(sequence.stopReason))
      if (sequence.tokens.length > 0) out.bytes(2, packInt32(sequence.tokens))
      if (sequence.logprobs !== null) out.bytes(3, packFloat32(sequence.logprobs))
      if (sequence.topkLogprobs !== undefined) writeTopk(out, 4, sequence.topkLogprobs)
    })
  if (result.promptLogprobs !== null) out.bytes(2, packFloat32(result.promptLogprobs))
  if (result.topkPromptLogprobs !== null) writeTopk(out, 3, result.topkPromptLogprobs)
  if (result.promptCacheHitTokens !== 0) out.varint(4, result.promptCacheHitTokens)
  const { targetPromptLogprobs: targets, promptAltTokens: alternatives } = result
  if (targets !== undefined) out.message(5, () => writeTensor(out, targets))
  if (alternatives !== undefined)
    out.message(6, () => {
      out.message(1, () => writeTensor(out, alternatives.tokens))
      out.message(2, () => writeTensor(out, alternatives.logprobs))
    })
  return out.finish()
}

function writeTopk(out: ProtoWriter, field: number, rows: readonly (TopkRow | null)[]): void {
  // A matrix of no columns reads as "not asked for", so a fully masked one keeps a column of empty cells.
  const k = Math.max(1, ...rows.map((row) => row?.length ?? 0))
  const tokens = new Int32Array(rows.length * k).fill(EMPTY_TOKEN)
  const logprobs = new Float32Array(rows.length * k).fill(EMPTY_LOGPROB)
  rows.forEach((row, r) =>
    row?.forEach((cell, c) => {
      tokens[r * k + c] = cell.token
      logprobs[r * k + c] = cell.logprob
    }),
  )
  out.message(field, () => {
    out.bytes(1, packInt32(tokens))
    out.bytes(2, packFloat32(logprobs))
    out.varint(3, k)
    out.varint(4, rows.length)
  })
}

/** @throws WireError for a reason that has no number: only JSON can carry it. */
function numberOf(reason: StopReason): number {
  const number = STOP_REASONS.indexOf(reason)
  if (number < 0) throw new WireError(`the stop reason ${reason} has no number in protobuf`)
  return number
}

export function decodeSampleResultProto(bytes: Uint8Array): Result<SampleResult, string> {
  return decoding(() => {
    const reader = new ProtoReader(bytes)
    const sequences: SampledSequence[] = []
    let promptLogprobs: Float32Array | null = null
    let topkPromptLogprobs: (TopkRow | null)[] | null = null
    let promptCacheHitTokens = 0
    let targetPromptLogprobs: TensorData | undefined
    let promptAltTokens: PromptAltTokens | undefined
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) sequences.push(reader.message(readSequence))
      else if (field === 2) promptLogprobs = nonEmpty(unpackFloat32(reader.bytes(), 'prompt_logprobs'))
      else if (field === 3) topkPromptLogprobs = reader.message(readTopk)
      else if (field === 4) promptCacheHitTokens = reader.varint()
      else if (field === 5) targetPromptLogprobs = reader.message((r) => readTensor(r, 'target_prompt_logprobs'))
      else if (field === 6) promptAltTokens = reader.message(readAltTokens)
      else reader.skip()
    }
    return {
      sequences,
      promptLogprobs,
      topkPromptLogprobs,
      promptCacheHitTokens,
      ...(targetPromptLogprobs && { targetPromptLogprobs }),
      ...(promptAltTokens && { promptAltTokens }),
    }
  })
}

function readSequence(reader: ProtoReader): SampledSequence {
  let reason = 0
  let tokens = new Int32Array(0)
  let logprobs: Float32Array | null = null
  let topkLogprobs: (TopkRow | null)[] | null = null
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) reason = reader.varint()
    else if (field === 2) tokens = unpackInt32(reader.bytes(), 'tokens') as Int32Array<ArrayBuffer>
    else if (field === 3) logprobs = nonEmpty(unpackFloat32(reader.bytes(), 'logprobs'))
    else if (field === 4) topkLogprobs = reader.message(readTopk)
    else reader.skip()
  }
  const stopReason = STOP_REASONS[reason]
  if (stopReason === undefined) throw new WireError(`Unknown stop_reason enum value ${reason} in proto SampleResponse`)
  if (logprobs !== null && logprobs.length !== tokens.length)
    throw new WireError(`a sampled sequence has ${tokens.length} tokens but ${logprobs.length} logprobs`)
  return { tokens, logprobs, stopReason, ...(topkLogprobs && { topkLogprobs }) }
}

function readAltTokens(reader: ProtoReader): PromptAltTokens {
  let [tokens, logprobs]: (TensorData | undefined)[] = []
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) tokens = reader.message((r) => readTensor(r, 'prompt_alt_tokens.tokens'))
    else if (field === 2) logprobs = reader.message((r) => readTensor(r, 'prompt_alt_tokens.logprobs'))
    else reader.skip()
  }
  if (tokens === undefined || logprobs === undefined) throw new WireError('prompt_alt_tokens lacks a tensor')
  return { tokens, logprobs }
}

function nonEmpty(values: Float32Array): Float32Array | null {
  return values.length === 0 ? null : values
}

function readTopk(reader: ProtoReader): (TopkRow | null)[] | null {
  let tokens = new Int32Array(0) as Int32Array
  let logprobs = new Float32Array(0) as Float32Array
  let [k, rows] = [0, 0]
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) tokens = unpackInt32(reader.bytes(), 'top-k token_ids')
    else if (field === 2) logprobs = unpackFloat32(reader.bytes(), 'top-k logprobs')
    else if (field === 3) k = reader.varint()
    else if (field === 4) rows = reader.varint()
    else reader.skip()
  }
  if (k <= 0 || rows <= 0) return null
  if (tokens.length !== k * rows || logprobs.length !== k * rows)
    throw new WireError(`top-k prompt logprobs do not fill ${rows} rows of ${k}`)
  return Array.from({ length: rows }, (_, r) => {
    let width = k
    while (width > 0 && isEmpty(tokens[r * k + width - 1]!, logprobs[r * k + width - 1]!)) width--
    if (width === 0 || isEmpty(tokens[r * k]!, logprobs[r * k]!)) return null
    return Array.from({ length: width }, (_cell, c) => ({ token: tokens[r * k + c]!, logprob: logprobs[r * k + c]! }))
  })
}

function isEmpty(token: number, logprob: number): boolean {
  return token === EMPTY_TOKEN && logprob === EMPTY_LOGPROB
}
