/** Byte for byte against the official SDK's own converters; tests/golden/makeWire.py writes the file. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeForwardBackwardJson, encodeForwardBackwardOutputJson } from './forwardBackward.ts'
import { parseJson } from './json.ts'
import { decodeForwardBackwardProto, encodeForwardBackwardProto } from './protoForwardBackward.ts'
import { decodeForwardBackwardOutputProto, encodeForwardBackwardOutputProto } from './protoForwardBackwardOutput.ts'
import { decodeSampleResultProto, encodeSampleResultProto } from './protoSample.ts'
import { encodeSampleResultJson } from './sample.ts'
import type { Datum, ProvenanceSpan } from './datum.ts'
import type { ForwardBackwardCall } from './forwardBackward.ts'
import type { Result } from '../../base/result.ts'

type SpanJson = { of: 'prompt' | 'sampled'; sequence_id: string; offset: number; length: number }
type DatumJson = { model_input_spans?: SpanJson[]; loss_fn_input_spans?: SpanJson[] }
type RequestCase = {
  name: string
  hex: string
  forward_only: boolean
  body: { forward_backward_input: { data: DatumJson[] } }
}
type ResultCase = { name: string; hex: string; canonical: boolean; read: Record<string, unknown> }
type Cases = { sdk: string; requests: RequestCase[]; samples: ResultCase[]; outputs: ResultCase[] }

// Our own parser: the file holds integers beyond 2^53.
const cases = valueOf(
  parseJson(readFileSync(new URL('../../../tests/golden/wire38.json', import.meta.url), 'utf8')),
) as Cases

function valueOf<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error)
  return result.value
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function spansOf(spans: readonly SpanJson[]): ProvenanceSpan[] {
  return spans.map(({ of, sequence_id: sequenceId, offset, length }) => ({ of, sequenceId, offset, length }))
}

/** The JSON body has no place for spans, which exist in protobuf only; they stand beside it. */
function callOf(request: RequestCase): ForwardBackwardCall {
  const call = valueOf(decodeForwardBackwardJson(request.body, false))
  const data = call.data.map((datum, i): Datum => {
    const { model_input_spans: input, loss_fn_input_spans: rows } = request.body.forward_backward_input.data[i]!
    return {
      ...datum,
      ...(input && { modelInputSpans: spansOf(input) }),
      ...(rows && { lossFnInputSpans: spansOf(rows) }),
    }
  })
  return { ...call, data, forwardOnly: request.forward_only }
}

describe(`requests as SDK ${cases.sdk} encodes them`, () => {
  test.each(cases.requests)('$name', (request) => {
    const call = callOf(request)
    expect(hex(encodeForwardBackwardProto(call))).toBe(request.hex)
    // An empty map of settings and none at all are the same bytes.
    const { lossFnConfig, ...rest } = call
    const settings = Object.keys(lossFnConfig ?? {}).length > 0 ? { lossFnConfig } : {}
    expect(valueOf(decodeForwardBackwardProto(bytesOf(request.hex)))).toEqual({ ...rest, ...settings })
  })
})

/** The SDK shows what it was not given as null, and rows that were not asked for too. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([name, v]) => v !== null && name !== 'type')
  return Object.fromEntries(members.map(([name, v]) => [name, withoutNulls(v)]))
}

describe(`results as SDK ${cases.sdk} decodes them`, () => {
  test.each(cases.samples)('of sampling: $name', ({ hex: message, canonical, read }) => {
    const result = valueOf(decodeSampleResultProto(bytesOf(message)))
    expect(withoutNulls(encodeSampleResultJson(result))).toEqual(withoutNulls(read))
    if (canonical) expect(hex(encodeSampleResultProto(result))).toBe(message)
  })

  test.each(cases.outputs)('of forward-backward: $name', ({ hex: message, canonical, read }) => {
    const output = valueOf(decodeForwardBackwardOutputProto(bytesOf(message)))
    expect(encodeForwardBackwardOutputJson(output)).toEqual(read)
    if (canonical) expect(hex(encodeForwardBackwardOutputProto(output))).toBe(message)
  })
})
