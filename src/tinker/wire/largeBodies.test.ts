/** Bodies of tens of megabytes take time in proportion, and no more copies than they must; hostile ones are no worse. */
import { describe, expect, test } from 'vitest'
import { base64ToBytes, bytesToBase64 } from './base64.ts'
import { datumBytes } from './chunking.ts'
import { encodeForwardBackwardJson } from './clientJson.ts'
import { decodeForwardBackwardJson } from './forwardBackward.ts'
import { parseJson, stringifyJson } from './json.ts'
import { modelInputFromTokens } from './modelInput.ts'
import { decodeForwardBackwardProto, encodeForwardBackwardProto } from './protoForwardBackward.ts'
import { SseDecoder } from './sse.ts'
import { float32Tensor, int64Tensor } from './tensorData.ts'
import type { Datum } from './datum.ts'
import type { ForwardBackwardCall } from './forwardBackward.ts'

const MEGA = 2 ** 20

function callOf(datums: number, length: number): ForwardBackwardCall {
  const tokens = Int32Array.from({ length }, (_, i) => (i * 7919) % 150_000)
  const datum: Datum = {
    modelInput: modelInputFromTokens(tokens),
    lossFnInputs: {
      target_tokens: int64Tensor(tokens),
      weights: float32Tensor(Float32Array.from(tokens, (t) => t / 3)),
    },
  }
  return {
    modelId: 'm',
    seqId: 1,
    data: Array.from({ length: datums }, () => datum),
    lossFn: 'ppo',
    forwardOnly: false,
  }
}

describe('a body of 30 MB', () => {
  const call = callOf(64, 30_000)
  const size = call.data.reduce((sum, datum) => sum + datumBytes(datum), 0)

  test('as protobuf: one buffer out, exact arrays in', () => {
    const room = size + 64 * 256
    const bytes = encodeForwardBackwardProto(call, room)
    expect(bytes.length).toBeGreaterThan(30e6)
    // The estimate that callers give is enough, so the buffer was never grown and copied.
    expect(bytes.buffer.byteLength).toBe(room)
    const read = decodeForwardBackwardProto(bytes)
    if (!read.ok) throw new Error(read.error)
    for (const { modelInput, lossFnInputs } of read.value.data) {
      const [chunk] = modelInput.chunks
      const arrays = [chunk!.type === 'encoded_text' ? chunk!.tokens : undefined, lossFnInputs['weights']!.data]
      // Arrays of their own: a kept datum must not keep the whole message alive.
      for (const array of arrays) expect(array!.buffer.byteLength).toBe(array!.byteLength)
    }
    expect(read.value.data.at(-1)).toEqual(call.data.at(-1))
  })

  test('without an estimate the buffer doubles: never more than twice too large', () => {
    const bytes = encodeForwardBackwardProto(call)
    expect(bytes.buffer.byteLength).toBeLessThan(2 * bytes.length)
  })

  test('as JSON, with an integer beyond 2^53 beside the tokens', () => {
    const small = { ...callOf(16, 60_000), seqId: 7 }
    const text = stringifyJson({ ...encodeForwardBackwardJson(small), wide: 2n ** 60n })
    expect(text.length).toBeGreaterThan(20e6)
    const body = parseJson(text)
    if (!body.ok) throw new Error(body.error)
    expect((body.value as { wide: unknown }).wide).toBe(2n ** 60n)
    const read = decodeForwardBackwardJson(body.value, false)
    expect(read.ok && read.value.data.at(-1)).toEqual(small.data.at(-1))
  })

  test('an image as base64 and back', () => {
    const image = new Uint8Array(30 * MEGA)
    for (let i = 0; i < 4096; i++) image[i] = i * 31
    for (let filled = 4096; filled < image.length; filled *= 2) image.copyWithin(filled, 0, filled)
    const text = bytesToBase64(image)
    expect(text.length).toBe(40 * MEGA)
    expect(Buffer.compare(base64ToBytes(text), image)).toBe(0)
  })
})

/** Each of these takes hours where time grows with the square, and the test's own limit ends it. */
describe('megabytes that mean harm', () => {
  test.each([
    ['a string of escapes that never ends', `{"a":1000000000000000001,"b":"${'\\"'.repeat(2 * MEGA)}`],
    ['the same with a bare NaN', `{"a":NaN,"b":"${'\\"'.repeat(2 * MEGA)}`],
    ['backslashes', `{"a":NaN,"b":"${'\\'.repeat(4 * MEGA)}`],
    ['digits of one number', `{"a":1000000000000000001,"b":${'1'.repeat(4 * MEGA)}.5`],
    ['opened lists', '['.repeat(4 * MEGA)],
    ['words that need mending', `[${'NaN,'.repeat(MEGA)}`],
    ['quotes', '"'.repeat(4 * MEGA + 1)],
  ])('%s', (_name, text) => {
    expect(parseJson(text).ok).toBe(false)
  })

  test('a number of millions of digits is what the platform makes of it', () => {
    expect(parseJson(`{"a":${'7'.repeat(4 * MEGA)}}`)).toEqual({ ok: true, value: { a: Infinity } })
  })

  test('marks of our own in strings stay strings', () => {
    const text = '{"a":"#int-1:5","b":1000000000000000001,"c":["#int:7"],"__proto__":1000000000000000001}'
    const read = parseJson(text)
    expect(read.ok && Object.entries(read.value as object)).toEqual([
      ['a', '#int-1:5'],
      ['b', 1000000000000000001n],
      ['c', ['#int:7']],
      ['__proto__', 1000000000000000001n],
    ])
  })

  test('exponents and fractions are no wide integers', () => {
    const text =
      '[1e-1000000000000000,1E+0000000000000001,0.1234567890123456789,12345678901234567.5,-12345678901234567e0]'
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) })
  })

  test('server-sent events that come byte by byte', () => {
    const stream = new TextEncoder().encode(`data: ${'x'.repeat(MEGA / 4)}\r\n\r\n`)
    const decoder = new SseDecoder()
    let data = ''
    for (let i = 0; i < stream.length; i++)
      for (const event of decoder.feed(stream.subarray(i, i + 1))) data += event.data
    expect(data.length).toBe(MEGA / 4)
  })
})
