/** The protobuf codec: the official SDK's own cases, messages of servers of all ages, and messages that mean harm. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forwardBackwardCalls } from '../testing/arbitraries.ts'
import { modelInputFromTokens, modelInputTokens, textChunk } from './modelInput.ts'
import { packFloat32, packInt32, packInt64 } from './packedArrays.ts'
import { decodeForwardBackwardProto, encodeForwardBackwardProto } from './protoForwardBackward.ts'
import { decodeForwardBackwardOutputProto, encodeForwardBackwardOutputProto } from './protoForwardBackwardOutput.ts'
import { decodeSampleResultProto, encodeSampleResultProto } from './protoSample.ts'
import { inUtf8Order, ProtoWriter } from './protoWriter.ts'
import { encodeSampleResultJson } from './sample.ts'
import { compressRows } from './sparseTensor.ts'
import { float32Tensor, int64Tensor } from './tensorData.ts'
import type { Result } from '../../base/result.ts'
import type { ForwardBackwardCall } from './forwardBackward.ts'

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function valueOf<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error)
  return result.value
}

function written(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter()
  write(out)
  return out.finish()
}

describe('the vectors of the protocol reference §4.5', () => {
  test('a result of sampling', () => {
    const message = '0a160801120805000000060000001a08000000bf000080bf12080000c07f000080be2001'
    expect(encodeSampleResultJson(valueOf(decodeSampleResultProto(bytes(message))))).toEqual({
      type: 'sample',
      sequences: [{ stop_reason: 'length', tokens: [5, 6], logprobs: [-0.5, -1] }],
      prompt_logprobs: [null, -0.25],
      topk_prompt_logprobs: null,
      prompt_cache_hit_tokens: 1,
    })
  })

  test('a result of forward-backward', () => {
    const read = decodeForwardBackwardOutputProto(
      bytes(
        '0a0f546f7263684c6f737352657475726e123a12360a086c6f6770726f6273122a0a0c000080bf000000c0000040c01218000000000000000008000000000000000c00000000000000180118021a130a086c6f73733a73756d11000000000000f83f',
      ),
    )
    const logprobs = (...v: number[]): object => ({ logprobs: float32Tensor(v) })
    expect(valueOf(read)).toEqual({
      lossFnOutputType: 'TorchLossReturn',
      lossFnOutputs: [logprobs(-1, -2), logprobs(-3)],
      metrics: { 'loss:sum': 1.5 },
    })
  })
})

/** Names as in the official SDK's `test_proto_request_conv.py` and `test_proto_response_conv.py`. */
describe('cases of the official SDK', () => {
  test('a sparse tensor travels as rows, not dense', () => {
    const dense = float32Tensor([0, 0, 0, 1.5, 0, 0, 0, 0, 2.5, 0, 0, 0], [3, 4])
    const sparse = compressRows(dense)
    expect(sparse.sparse).toEqual({ crowIndices: Int32Array.of(0, 1, 1, 2), colIndices: Int32Array.of(3, 0) })
    const call = callOf({ weights: sparse })
    expect(valueOf(decodeForwardBackwardProto(encodeForwardBackwardProto(call)))).toEqual(call)
  })

  test('an image asset pointer is refused before anything is sent', () => {
    const chunk = { type: 'image_asset_pointer', location: 'x', format: 'png' } as const
    const call = { ...callOf({}), data: [{ modelInput: { chunks: [chunk] }, lossFnInputs: {} }] }
    expect(() => encodeForwardBackwardProto(call)).toThrow('send the image itself')
  })

  test('int32 becomes int64 and bfloat16 becomes float32, bit for bit', () => {
    const record = (dtype: number, data: Uint8Array, offsets: number[]): Uint8Array =>
      written((out) =>
        out.message(2, () => {
          out.message(2, () => {
            out.string(1, 'v')
            out.message(2, () => {
              out.bytes(1, data)
              out.bytes(2, packInt64(Int32Array.from(offsets)))
              out.varint(3, dtype)
            })
          })
          out.varint(3, offsets.length - 1)
        }),
      )
    const narrow = valueOf(decodeForwardBackwardOutputProto(record(3, packInt32(Int32Array.of(-1, 7)), [0, 4, 8])))
    expect(narrow.lossFnOutputs).toEqual([{ v: int64Tensor([-1]) }, { v: int64Tensor([7]) }])
    fc.assert(
      fc.property(fc.uint16Array({ minLength: 1, maxLength: 8 }), (halves) => {
        const message = record(4, new Uint8Array(halves.buffer.slice(0)), [0, halves.byteLength])
        const [datum] = valueOf(decodeForwardBackwardOutputProto(message)).lossFnOutputs
        const words = new Uint32Array((datum!['v']!.data as Float32Array).buffer)
        // A quiet bit may be set on the way of a NaN through a register, never on the way of a number.
        halves.forEach((half, i) => expect((half & 0x7f80) === 0x7f80 || words[i]! >>> 16 === half).toBe(true))
      }),
    )
  })

  test('several records differ in shape and type; each datum has those of its own', () => {
    const output = {
      lossFnOutputType: 'X',
      lossFnOutputs: [
        { v: float32Tensor([1, 2], [1, 2]) },
        { v: float32Tensor([1, 2, 3], [1, 3]) },
        { v: int64Tensor([4, 5, 6], [1, 3]) },
      ],
      metrics: {},
    }
    expect(valueOf(decodeForwardBackwardOutputProto(encodeForwardBackwardOutputProto(output)))).toEqual(output)
  })

  test('the number of datums survives when a server strips every field', () => {
    const message = written((out) => out.message(2, () => out.varint(3, 3)))
    expect(valueOf(decodeForwardBackwardOutputProto(message)).lossFnOutputs).toEqual([{}, {}, {}])
  })

  test('no records: no outputs, a stock type, the metrics kept', () => {
    const message = written((out) =>
      out.message(3, () => {
        out.string(1, 'loss:sum')
        out.double(2, 2.5)
      }),
    )
    const read = { lossFnOutputType: 'ArrayRecord', lossFnOutputs: [], metrics: { 'loss:sum': 2.5 } }
    expect(valueOf(decodeForwardBackwardOutputProto(message))).toEqual(read)
  })
})

test('keys of maps come in the order of their UTF-8 bytes, whatever they hold', () => {
  const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 4 }), { maxLength: 8 }), (keys) => {
      expect([...keys].sort(inUtf8Order)).toEqual([...keys].sort(byBytes))
    }),
  )
})

describe('a reason to stop', () => {
  test('that has a number is read and written; another number or word is refused', () => {
    const sampled = (write: (out: ProtoWriter) => void): unknown =>
      decodeSampleResultProto(written((out) => out.message(1, () => write(out))))
    expect(sampled((out) => out.varint(1, 1))).toMatchObject({ value: { sequences: [{ stopReason: 'length' }] } })
    expect(sampled((out) => out.varint(1, 7))).toMatchObject({
      ok: false,
      error: expect.stringContaining('7') as string,
    })
    const odd = { tokens: Int32Array.of(1), logprobs: null, stopReason: 'content_filter' }
    const rest = { promptLogprobs: null, topkPromptLogprobs: null, promptCacheHitTokens: 0 }
    expect(() => encodeSampleResultProto({ sequences: [odd], ...rest })).toThrow('content_filter')
  })
})

describe('settings of a loss in both maps', () => {
  const call = { ...callOf({}), lossFnConfig: { beta: 0.1, mode: 'token' } }
  const sent = encodeForwardBackwardProto(call)

  test('a reader of 0.38 has all of them, one of 0.25 the numbers', () => {
    expect(valueOf(decodeForwardBackwardProto(sent))).toEqual(call)
    const older = written((out) =>
      out.message(5, () => {
        out.string(1, 'beta')
        out.double(2, 0.1)
      }),
    )
    expect(valueOf(decodeForwardBackwardProto(older)).lossFnConfig).toEqual({ beta: 0.1 })
  })

  test('where the maps differ the newer one is believed', () => {
    const entry = (field: number, value: number): Uint8Array =>
      written((out) =>
        out.message(field, () => {
          out.string(1, 'beta')
          if (field === 5) out.double(2, value)
          else out.message(2, () => out.double(1, value))
        }),
      )
    for (const order of [
      [entry(5, 1), entry(7, 2)],
      [entry(7, 2), entry(5, 1)],
    ])
      expect(valueOf(decodeForwardBackwardProto(Buffer.concat(order))).lossFnConfig).toEqual({ beta: 2 })
  })
})

function callOf(lossFnInputs: ForwardBackwardCall['data'][number]['lossFnInputs']): ForwardBackwardCall {
  const data = [{ modelInput: modelInputFromTokens([1, 2, 3]), lossFnInputs }]
  return { modelId: 'm', seqId: 1, data, lossFn: 'cross_entropy', forwardOnly: false }
}

describe('messages of servers and clients to come', () => {
  test('unknown fields of every wire type are skipped, at any depth', () => {
    const unknown = written((out) => {
      out.varint(99, 10n ** 18n)
      out.double(98, 1)
      out.string(97, 'new')
    })
    fc.assert(
      fc.property(forwardBackwardCalls(true), (call) => {
        const plain = encodeForwardBackwardProto(call)
        const datum = written((out) => out.message(3, () => out.message(1, () => out.bytes(96, unknown))))
        const read = decodeForwardBackwardProto(Buffer.concat([unknown, plain, unknown]))
        expect(valueOf(read)).toEqual(call)
        // A chunk of a kind yet unknown cannot be left out of a prompt: that is an error with its place.
        expect(decodeForwardBackwardProto(datum)).toMatchObject({ ok: false })
      }),
      { numRuns: 50 },
    )
  })

  test('a field that comes twice: the last counts, lists grow', () => {
    const twice = written((out) => {
      out.string(1, 'first')
      out.string(1, 'second')
    })
    expect(valueOf(decodeForwardBackwardProto(twice)).modelId).toBe('second')
  })
})

describe('messages that mean harm', () => {
  const refused = (read: Result<unknown, string>, words: string): void => {
    expect(read.ok ? 'read' : read.error).toContain(words)
  }
  const tensor = (write: (out: ProtoWriter) => void): Uint8Array =>
    written((out) =>
      out.message(3, () =>
        out.message(2, () => {
          out.string(1, 'weights')
          out.message(2, () => write(out))
        }),
      ),
    )

  test('a length beyond the end is refused, whatever it says', () => {
    for (const size of [200, 2 ** 31, 2 ** 53, 2n ** 63n, 2n ** 64n - 1n]) {
      const bomb = written((out) => out.varint(3, size))
      bomb[0] = (3 << 3) | 2
      refused(decodeForwardBackwardProto(bomb), 'cut short')
    }
  })

  test('a claim of a billion datums in ten bytes allocates nothing', () => {
    for (const count of [1_000_001, 2 ** 31, 2 ** 53]) {
      const message = written((out) => out.message(2, () => out.varint(3, count)))
      refused(decodeForwardBackwardOutputProto(message), 'announces')
    }
  })

  test('more datums than values, a negative trailing shape, offsets that go back', () => {
    const field = (offsets: number[], trailing: bigint[], count: number): Uint8Array =>
      written((out) =>
        out.message(2, () => {
          out.message(2, () => {
            out.string(1, 'v')
            out.message(2, () => {
              out.bytes(1, packFloat32(new Float32Array(2)))
              out.bytes(2, packInt64(Int32Array.from(offsets)))
              out.varint(3, 1)
              for (const n of trailing) out.varint(4, n)
            })
          })
          out.varint(3, count)
        }),
      )
    refused(decodeForwardBackwardOutputProto(field([0, 4], [], 9)), 'announces 9 datums but holds 1')
    refused(decodeForwardBackwardOutputProto(field([0, 8], [-1n], 1)), 'negative')
    refused(decodeForwardBackwardOutputProto(field([8, 0], [], 1)), 'offsets')
    refused(decodeForwardBackwardOutputProto(field([0, 800], [], 1)), 'offsets')
  })

  test('a shape of a thousand dimensions, and one whose product overflows', () => {
    const many = tensor((out) => {
      out.bytes(1, packFloat32(new Float32Array(1)))
      out.varint(3, 1)
      out.packed(
        4,
        Array.from({ length: 1000 }, () => 1),
      )
    })
    refused(decodeForwardBackwardProto(many), 'more than 64')
    const huge = tensor((out) => {
      out.bytes(1, packFloat32(new Float32Array(1)))
      out.varint(3, 1)
      out.packed(4, [2 ** 30, 2 ** 30])
    })
    refused(decodeForwardBackwardProto(huge), 'but 1 values')
  })

  test('a sparse tensor that would be dense at a terabyte', () => {
    const message = tensor((out) => {
      out.message(2, () => {
        out.bytes(1, packFloat32(Float32Array.of(1)))
        out.bytes(2, packInt64(Int32Array.of(0, 1)))
        out.bytes(3, packInt64(Int32Array.of(0)))
      })
      out.varint(3, 1)
      out.packed(4, [1, 2 ** 40])
    })
    refused(decodeForwardBackwardProto(message), 'more than 2^27')
  })

  test('a varint that never ends, a field numbered zero, a group, text that is no UTF-8', () => {
    refused(decodeSampleResultProto(new Uint8Array(40).fill(0x80)), 'too long')
    refused(decodeSampleResultProto(Uint8Array.of(0x00, 0x01)), 'numbered 0')
    refused(decodeSampleResultProto(Uint8Array.of((9 << 3) | 3)), 'wire type 3')
    refused(decodeForwardBackwardProto(Uint8Array.of(0x0a, 2, 0xc3, 0x28)), 'UTF-8')
  })

  test('a member named __proto__ is an ordinary member', () => {
    const message = written((out) =>
      out.message(3, () => {
        out.string(1, '__proto__')
        out.double(2, 1)
      }),
    )
    const { metrics } = valueOf(decodeForwardBackwardOutputProto(message))
    expect(Object.keys(metrics)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(metrics)).toBe(Object.prototype)
  })
})

test('the tokens of several chunks are joined, and an image has none', () => {
  expect([...modelInputTokens({ chunks: [textChunk([1, 2]), textChunk([3])] })]).toEqual([1, 2, 3])
  expect(modelInputFromTokens([1, 2]).chunks).toHaveLength(1)
  const image = { type: 'image', data: new Uint8Array(1), format: 'png', expectedTokens: 2 } as const
  expect(() => modelInputTokens({ chunks: [image] })).toThrow(TypeError)
})

test('integers beyond 2^53 are refused as numbers and taken as bigint', () => {
  expect(() => int64Tensor([2 ** 53])).toThrow('give it as bigint')
  expect(() => int64Tensor([NaN])).toThrow(TypeError)
  expect(int64Tensor([2n ** 53n + 1n, 1]).data).toEqual(BigInt64Array.of(2n ** 53n + 1n, 1n))
  // @ts-expect-error unsigned arrays are no integers of this API
  expect(() => int64Tensor(new Uint8Array([1]))).toThrow(TypeError)
})
