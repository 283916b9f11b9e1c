/** Protobuf body of `POST forward_backward` (`ForwardBackwardRequest`), both ways, as SDKs 0.19 to 0.38 write it. */
import { define } from './json.ts'
import { readChunk, writeChunk } from './protoModelInput.ts'
import { ProtoReader } from './protoReader.ts'
import { readTensor, writeTensor } from './protoTensor.ts'
import { inUtf8Order, ProtoWriter } from './protoWriter.ts'
import { decoding, WireError } from './wireError.ts'
import type { Result } from '../../base/result.ts'
import type { Datum, ProvenanceSpan } from './datum.ts'
import type { ForwardBackwardCall, LossFnConfig } from './forwardBackward.ts'
import type { ModelInputChunk } from './modelInput.ts'
import type { TensorData } from './tensorData.ts'

/**
 * Map entries are written in key order, so the same call is always the same bytes. Numeric settings go into both maps
 * of settings: servers before 0.38 know only field 5, newer ones prefer field 7, which alone can hold text.
 * @throws TypeError for an image asset pointer, which this format cannot carry.
 */
export function encodeForwardBackwardProto(call: ForwardBackwardCall, sizeHint = 4096): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter(sizeHint)
  if (call.modelId !== '') out.string(1, call.modelId)
  if (call.seqId) out.varint(2, call.seqId)
  for (const datum of call.data) out.message(3, () => writeDatum(out, datum))
  if (call.lossFn !== '') out.string(4, call.lossFn)
  const settings = Object.entries(call.lossFnConfig ?? {}).sort(([a], [b]) => inUtf8Order(a, b))
  for (const [key, value] of settings)
    if (typeof value === 'number')
      out.message(5, () => {
        out.string(1, key)
        out.double(2, value)
      })
  if (call.forwardOnly) out.varint(6, 1)
  for (const [key, value] of settings)
    out.message(7, () => {
      out.string(1, key)
      out.message(2, () => (typeof value === 'number' ? out.double(1, value) : out.string(2, value)))
    })
  return out.finish()
}

function writeDatum(out: ProtoWriter, datum: Datum): void {
  for (const chunk of datum.modelInput.chunks) out.message(1, () => writeChunk(out, chunk))
  for (const key of Object.keys(datum.lossFnInputs).sort(inUtf8Order))
    out.message(2, () => {
      out.string(1, key)
      out.message(2, () => writeTensor(out, datum.lossFnInputs[key]!))
    })
  for (const span of datum.modelInputSpans ?? []) out.message(3, () => writeSpan(out, span))
  for (const span of datum.lossFnInputSpans ?? []) out.message(4, () => writeSpan(out, span))
}

function writeSpan(out: ProtoWriter, span: ProvenanceSpan): void {
  out.message(span.of === 'prompt' ? 1 : 2, () => {
    if (span.sequenceId !== '') out.string(1, span.sequenceId)
    if (span.offset !== 0) out.varint(2, span.offset)
    if (span.length !== 0) out.varint(3, span.length)
  })
}

export function decodeForwardBackwardProto(bytes: Uint8Array): Result<ForwardBackwardCall, string> {
  return decoding(() => {
    const data: Datum[] = []
    const older: Record<string, number> = {}
    const newer: Record<string, number | string> = {}
    let [modelId, seqId, lossFn, forwardOnly] = ['', 0, '', false]
    const reader = new ProtoReader(bytes)
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) modelId = reader.string()
      else if (field === 2) seqId = reader.varint()
      else if (field === 3) data.push(reader.message((r) => readDatum(r, `data[${data.length}]`)))
      else if (field === 4) lossFn = reader.string()
      else if (field === 5) reader.message((r) => readEntry(r, (v) => v.double(), 0, older))
      else if (field === 6) forwardOnly = reader.bool()
      else if (field === 7) reader.message((r) => readEntry(r, (v) => v.message(readSetting), undefined, newer))
      else reader.skip()
    }
    // A sender that fills both says the same in both; the newer map wins, as it does in the service.
    const config: LossFnConfig = { ...older, ...newer }
    const lossFnConfig = Object.keys(config).length > 0 ? { lossFnConfig: config } : {}
    return { modelId, ...(seqId === 0 ? {} : { seqId }), data, lossFn, ...lossFnConfig, forwardOnly }
  })
}

/** `LossConfigValue`: a number or text; of several the last counts. */
function readSetting(reader: ProtoReader): number | string {
  let value: number | string | undefined
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) value = reader.double()
    else if (field === 2) value = reader.string()
    else reader.skip()
  }
  if (value === undefined) throw new WireError('a setting of the loss is neither a number nor text')
  return value
}

function readDatum(reader: ProtoReader, at: string): Datum {
  const chunks: ModelInputChunk[] = []
  const lossFnInputs: Record<string, TensorData> = {}
  const modelInputSpans: ProvenanceSpan[] = []
  const lossFnInputSpans: ProvenanceSpan[] = []
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) chunks.push(reader.message((r) => readChunk(r, `${at}.model_input[${chunks.length}]`)))
    else if (field === 2)
      reader.message((entry) => {
        const readValue = (v: ProtoReader): TensorData => v.message((r) => readTensor(r, `${at}.loss_fn_inputs`))
        readEntry(entry, readValue, undefined, lossFnInputs)
      })
    else if (field === 3) modelInputSpans.push(reader.message((r) => readSpan(r, `${at}.model_input_spans`)))
    else if (field === 4) lossFnInputSpans.push(reader.message((r) => readSpan(r, `${at}.loss_fn_input_spans`)))
    else reader.skip()
  }
  return {
    modelInput: { chunks },
    lossFnInputs,
    ...(modelInputSpans.length > 0 ? { modelInputSpans } : {}),
    ...(lossFnInputSpans.length > 0 ? { lossFnInputSpans } : {}),
  }
}

function readSpan(reader: ProtoReader, at: string): ProvenanceSpan {
  let span: ProvenanceSpan | undefined
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1 || field === 2) {
      const of = field === 1 ? 'prompt' : 'sampled'
      span = reader.message((run) => readRun(run, of))
    } else reader.skip()
  }
  if (span === undefined || span.offset < 0 || span.length < 0)
    throw new WireError(`${at} holds a run of no known kind`)
  return span
}

function readRun(run: ProtoReader, of: ProvenanceSpan['of']): ProvenanceSpan {
  let [sequenceId, offset, length] = ['', 0, 0]
  for (let field = run.next(); field !== 0; field = run.next()) {
    if (field === 1) sequenceId = run.string()
    else if (field === 2) offset = run.varint()
    else if (field === 3) length = run.varint()
    else run.skip()
  }
  return { of, sequenceId, offset, length }
}

/** One entry of a protobuf map: key 1, value 2, either of which may be absent when it is the default. */
export function readEntry<T>(
  reader: ProtoReader,
  readValue: (reader: ProtoReader) => T,
  absent: T | undefined,
  into: Record<string, T>,
): void {
  let key = ''
  let value = absent
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = reader.string()
    else if (field === 2) value = readValue(reader)
    else reader.skip()
  }
  if (value === undefined) throw new WireError(`the entry '${key}' has no value`)
  define(into, key, value)
}
