/** Bodies and results in protobuf. */
import { decodeForwardBackwardProto, encodeForwardBackwardProto } from '#src/tinker/wire/protoForwardBackward.ts'
import { decodeForwardBackwardOutputProto } from '#src/tinker/wire/protoForwardBackwardOutput.ts'
import { decodeSampleResultProto } from '#src/tinker/wire/protoSample.ts'
import { encodeSampleResultJson } from '#src/tinker/wire/sample.ts'
import { base64ToBytes } from '#src/tinker/wire/base64.ts'
import { tensorForKey } from '#src/tinker/wire/datum.ts'
import { textChunk } from '#src/tinker/wire/modelInput.ts'
import { encodeTensorJson } from '#src/tinker/wire/tensorData.ts'
import { ok } from 'node:assert/strict'
import { bytesOfHex, check, fails, hex, same } from '../vector.ts'
import type { Datum } from '#src/tinker/wire/datum.ts'
import type { ForwardBackwardCall } from '#src/tinker/wire/forwardBackward.ts'
import type { ModelInputChunk } from '#src/tinker/wire/modelInput.ts'

type Csr = { values: number[]; crow_indices: number[]; col_indices: number[]; shape: number[] }
type GivenChunk = {
  type: string
  tokens?: number[]
  data_base64?: string
  dmel_base64?: string
  location?: string
  format?: 'png' | 'jpeg'
  expected_tokens?: number | null
}
type GivenDatum = { tokens?: number[]; chunks?: GivenChunk[] } & Record<string, unknown>
type Request = {
  model_id: string
  seq_id?: number | null
  loss_fn: string
  loss_fn_config?: Record<string, number | string>
  forward_only?: boolean
  data: GivenDatum[]
}
type Refusal = { throws?: string; message_contains?: string }

export const protoRequest = check<Request, { hex?: string } & Refusal>((input, expected) => {
  const call: ForwardBackwardCall = {
    modelId: input.model_id,
    ...(input.seq_id ? { seqId: input.seq_id } : {}),
    data: input.data.map(datumOf),
    lossFn: input.loss_fn,
    ...(Object.keys(input.loss_fn_config ?? {}).length > 0 ? { lossFnConfig: input.loss_fn_config! } : {}),
    forwardOnly: input.forward_only ?? false,
  }
  if (expected.hex === undefined) return fails(() => encodeForwardBackwardProto(call))
  const sent = hex(encodeForwardBackwardProto(call))
  const read = { ok: true, value: call }
  same(decodeForwardBackwardProto(bytesOfHex(expected.hex)), read)
  if (sent === expected.hex) return
  if (sent.startsWith(expected.hex)) {
    // Senders of 0.38 repeat the settings in a second map, which older servers skip; nothing else may follow.
    const rest = decodeForwardBackwardProto(bytesOfHex(sent.slice(expected.hex.length)))
    const settings = call.lossFnConfig && { lossFnConfig: call.lossFnConfig }
    same(rest, { ok: true, value: { modelId: '', data: [], lossFn: '', ...settings, forwardOnly: false } })
  } else same(decodeForwardBackwardProto(bytesOfHex(sent)), read)
})

function datumOf({ tokens, chunks = [], ...inputs }: GivenDatum): Datum {
  const given = tokens === undefined ? [] : [textChunk(tokens)]
  const tensors = Object.entries(inputs).map(([key, value]) => [key, tensorOf(key, value as number[] | Csr)])
  return { modelInput: { chunks: [...given, ...chunks.map(chunkOf)] }, lossFnInputs: Object.fromEntries(tensors) }
}

function tensorOf(key: string, value: number[] | Csr): Datum['lossFnInputs'][string] {
  if (Array.isArray(value)) return tensorForKey(key, value)
  const { values, shape, crow_indices: crow, col_indices: col } = value
  const sparse = { crowIndices: Int32Array.from(crow), colIndices: Int32Array.from(col) }
  return key === 'target_tokens'
    ? { dtype: 'int64', data: Int32Array.from(values), shape, sparse }
    : { dtype: 'float32', data: Float32Array.from(values), shape, sparse }
}

function chunkOf(chunk: GivenChunk): ModelInputChunk {
  const { type, data_base64: data = '', dmel_base64: dmel = data, format = 'png', expected_tokens: size } = chunk
  const members = { format, ...(size === undefined || size === null ? {} : { expectedTokens: size }) }
  if (type === 'encoded_text') return textChunk(chunk.tokens ?? [])
  if (type === 'dmel') return { type, dmel: base64ToBytes(dmel) }
  if (type === 'image_asset_pointer') return { type, location: chunk.location ?? '', ...members }
  return { type: 'image', data: base64ToBytes(data), ...members }
}

type Result = Refusal & { sequences?: unknown }

export const protoResponse = check<{ hex: string }, Result>(({ hex: text }, expected) => {
  const message = bytesOfHex(text)
  if (expected.throws !== undefined) {
    const tried = [decodeSampleResultProto(message), decodeForwardBackwardOutputProto(message)]
    const words = tried.map((read) => (read.ok ? 'read' : read.error))
    ok(
      words.some((said) => said.includes(expected.message_contains ?? '') && said !== 'read'),
      words.join(' / '),
    )
  } else if (expected.sequences !== undefined) {
    const read = decodeSampleResultProto(message)
    ok(read.ok, read.ok ? '' : read.error)
    const { type: _type, ...shown } = encodeSampleResultJson(read.value)
    same(shown, expected)
  } else {
    const read = decodeForwardBackwardOutputProto(message)
    ok(read.ok, read.ok ? '' : read.error)
    const outputs = read.value.lossFnOutputs.map((datum) =>
      Object.fromEntries(Object.entries(datum).map(([key, tensor]) => [key, encodeTensorJson(tensor)])),
    )
    const { lossFnOutputType, metrics } = read.value
    same({ loss_fn_output_type: lossFnOutputType, metrics, loss_fn_outputs: outputs }, expected)
  }
})
