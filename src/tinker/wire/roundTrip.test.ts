import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  forwardBackwardCalls,
  forwardBackwardOutputs,
  sampleCalls,
  sampleResults,
  tracedCalls,
} from '../testing/arbitraries.ts'
import { bytesToBase64, base64ToBytes } from './base64.ts'
import { decodeForwardBackwardOutputJson, decodeSampleResultJson, encodeForwardBackwardJson } from './clientJson.ts'
import { decodeForwardBackwardJson, encodeForwardBackwardOutputJson } from './forwardBackward.ts'
import { parseJson, stringifyJson } from './json.ts'
import { decodeForwardBackwardProto, encodeForwardBackwardProto } from './protoForwardBackward.ts'
import { decodeForwardBackwardOutputProto, encodeForwardBackwardOutputProto } from './protoForwardBackwardOutput.ts'
import { decodeSampleResultProto, encodeSampleResultProto } from './protoSample.ts'
import { decodeSampleJson, encodeSampleResultJson } from './sample.ts'
import { encodeSampleJson } from './sampleCall.ts'
import { compressRows, densify } from './sparseTensor.ts'
import { float32Tensor, int64Tensor } from './tensorData.ts'
import type { Result } from '../../base/result.ts'
import type { TensorData } from './tensorData.ts'

function overJson(body: unknown): unknown {
  return valueOf(parseJson(stringifyJson(body)))
}

function valueOf<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error)
  return result.value
}

describe('what is encoded decodes to the same value', () => {
  test('a forward-backward call as protobuf', () => {
    fc.assert(
      fc.property(forwardBackwardCalls(true), (call) => {
        expect(valueOf(decodeForwardBackwardProto(encodeForwardBackwardProto(call)))).toEqual(call)
      }),
    )
  })

  test('a call whose tokens say where they came from, as protobuf', () => {
    fc.assert(
      fc.property(tracedCalls, (call) => {
        expect(valueOf(decodeForwardBackwardProto(encodeForwardBackwardProto(call)))).toEqual(call)
      }),
    )
  })

  test('a forward-backward call as JSON, with and without a sequence number', () => {
    fc.assert(
      fc.property(fc.oneof(forwardBackwardCalls(true), forwardBackwardCalls(false)), (call) => {
        const body = overJson(encodeForwardBackwardJson(call))
        expect(valueOf(decodeForwardBackwardJson(body, call.forwardOnly))).toEqual(call)
      }),
    )
  })

  test('a forward-backward result as protobuf, one dimension at least', () => {
    fc.assert(
      fc.property(forwardBackwardOutputs, (output) => {
        const read = valueOf(decodeForwardBackwardOutputProto(encodeForwardBackwardOutputProto(output)))
        expect(read.metrics).toEqual(output.metrics)
        expect(read.lossFnOutputs.map(contents)).toEqual(output.lossFnOutputs.map(contents))
      }),
    )
  })

  test('a forward-backward result as JSON', () => {
    fc.assert(
      fc.property(forwardBackwardOutputs, (output) => {
        expect(valueOf(decodeForwardBackwardOutputJson(overJson(encodeForwardBackwardOutputJson(output))))).toEqual(
          output,
        )
      }),
    )
  })

  test('a sampling request as JSON, numbers beyond 2^53 intact', () => {
    fc.assert(
      fc.property(sampleCalls, (call) => {
        expect(valueOf(decodeSampleJson(overJson(encodeSampleJson(call))))).toEqual(call)
      }),
    )
  })

  test('a sampling result in both forms', () => {
    fc.assert(
      fc.property(sampleResults, (result) => {
        expect(valueOf(decodeSampleResultProto(encodeSampleResultProto(result)))).toEqual(result)
        expect(valueOf(decodeSampleResultJson(overJson(encodeSampleResultJson(result))))).toEqual(result)
      }),
    )
  })

  test('bytes as base64, as the platform writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(bytesToBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
        expect(base64ToBytes(bytesToBase64(bytes))).toEqual(bytes)
      }),
    )
  })

  test('a matrix as compressed rows', () => {
    const matrix = fc.tuple(fc.nat(5), fc.nat(5)).chain(([rows, cols]) =>
      fc
        .array(fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) }), {
          minLength: rows * cols,
          maxLength: rows * cols,
        })
        .map((values) => ({ values, shape: [rows, cols] })),
    )
    fc.assert(
      fc.property(matrix, ({ values, shape }) => {
        const dense = float32Tensor(values, shape)
        expect(densify(compressRows(dense))).toEqual(dense)
        const integers = int64Tensor(values, shape)
        expect(densify(compressRows(integers))).toEqual(integers)
      }),
    )
  })
})

/** An empty trailing dimension leaves no way to tell the leading one, in this format as such; compare what it can hold. */
function contents(datum: Readonly<Record<string, TensorData>>): unknown {
  return Object.fromEntries(
    Object.entries(datum).map(([name, tensor]) => [
      name,
      { dtype: tensor.dtype, data: tensor.data, shape: tensor.data.length === 0 ? 'empty' : tensor.shape },
    ]),
  )
}

describe('arbitrary bytes and text', () => {
  test('protobuf decoders answer with a result, never an exception', () => {
    const decoders = [decodeForwardBackwardProto, decodeForwardBackwardOutputProto, decodeSampleResultProto]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of decoders) expect(typeof decode(bytes).ok).toBe('boolean')
      }),
      { numRuns: 1000 },
    )
  })

  test('a call cut short at any byte is refused or reads as a shorter one, never an exception', () => {
    const [call] = fc.sample(
      forwardBackwardCalls(true).filter((c) => c.data.length > 1),
      { seed: 5, numRuns: 1 },
    )
    const bytes = encodeForwardBackwardProto(call!)
    for (let end = 0; end < bytes.length; end++)
      expect(typeof decodeForwardBackwardProto(bytes.subarray(0, end)).ok).toBe('boolean')
  })

  test('JSON decoders answer with a result, never an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const read of [decodeSampleJson, decodeSampleResultJson, decodeForwardBackwardOutputJson])
          expect(typeof read(value).ok).toBe('boolean')
        expect(typeof decodeForwardBackwardJson(value, true).ok).toBe('boolean')
      }),
    )
  })
})

describe('JSON text', () => {
  test('parses as the platform does but for the type of wide integers', () => {
    const narrowed = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value)
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), (value) => {
        const text = JSON.stringify(value)
        expect(JSON.parse(JSON.stringify(valueOf(parseJson(text)), narrowed))).toEqual(JSON.parse(text))
      }),
      { numRuns: 500 },
    )
  })

  test('keeps digits that only look like a fraction apart from wide integers', () => {
    const text =
      '{"a":0.10000000149011612,"b":1000000000000000000,"c":"9007199254740993","d":1e20,"e":-9007199254740993}'
    expect(valueOf(parseJson(text))).toEqual({
      a: 0.10000000149011612,
      b: 1000000000000000000n,
      c: '9007199254740993',
      d: 1e20,
      e: -9007199254740993n,
    })
  })

  test('writes wide integers bare, also beside strings that look like its own marks', () => {
    const value = { a: 10n ** 18n, b: '#int:7', c: '##int:8' }
    expect(stringifyJson(value)).toBe('{"a":1000000000000000000,"b":"#int:7","c":"##int:8"}')
  })

  test('reads the bare NaN and Infinity of Python as null, but not inside strings', () => {
    expect(valueOf(parseJson('{"a":NaN,"b":[-Infinity,1],"c":"NaN \\" Infinity"}'))).toEqual({
      a: null,
      b: [null, 1],
      c: 'NaN " Infinity',
    })
  })

  test('refuses text that is cut short', () => {
    expect(parseJson('{"a":1').ok).toBe(false)
    expect(parseJson('').ok).toBe(false)
    expect(parseJson('{"a":1000000000000000000').ok).toBe(false)
  })
})
