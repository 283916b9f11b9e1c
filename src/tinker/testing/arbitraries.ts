/** Random values of the wire's types for property tests. */
import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { ProvenanceSpan } from '../wire/datum.ts'
import type { ForwardBackwardCall, ForwardBackwardOutput } from '../wire/forwardBackward.ts'
import type { ModelInputChunk } from '../wire/modelInput.ts'
import type { SampleCall, SampleResult } from '../wire/sample.ts'
import type { TensorData } from '../wire/tensorData.ts'

const float = fc.float({ noNaN: true, noDefaultInfinity: true }).filter((v) => !Object.is(v, -0))
const token = fc.integer({ min: 0, max: 200_000 })
const tokens = fc.array(token, { maxLength: 8 }).map((ids) => Int32Array.from(ids))
const name = fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' })
const imageMembers = fc.record(
  { format: fc.constantFrom('png' as const, 'jpeg' as const), expectedTokens: fc.nat(1000) },
  { requiredKeys: ['format'] },
)

/** Chunks that both wire forms can carry. */
const protoChunk: Arbitrary<ModelInputChunk> = fc.oneof(
  tokens.map((ids) => ({ type: 'encoded_text' as const, tokens: ids })),
  fc
    .tuple(fc.uint8Array({ maxLength: 9 }), imageMembers)
    .map(([data, members]) => ({ type: 'image' as const, data, ...members })),
  fc.uint8Array({ maxLength: 9 }).map((dmel) => ({ type: 'dmel' as const, dmel })),
)

const anyChunk: Arbitrary<ModelInputChunk> = fc.oneof(
  protoChunk,
  fc.tuple(name, imageMembers).map(([location, members]) => ({
    type: 'image_asset_pointer' as const,
    location,
    ...members,
  })),
)

const shape = fc.array(fc.nat(3), { minLength: 1, maxLength: 3 })
const wide = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })

const denseTensor: Arbitrary<TensorData> = shape.chain((dims) => {
  const size = dims.reduce((a, b) => a * b, 1)
  const sized = { minLength: size, maxLength: size }
  return fc.oneof(
    fc.array(float, sized).map((v): TensorData => ({ dtype: 'float32', data: Float32Array.from(v), shape: dims })),
    fc.array(fc.integer(), sized).map((v): TensorData => ({ dtype: 'int64', data: Int32Array.from(v), shape: dims })),
    fc.array(wide, sized).map((v): TensorData => {
      // The form rule of Int64Tensor: narrow whenever all values fit.
      const fits = v.every((x) => BigInt.asIntN(32, x) === x)
      return { dtype: 'int64', data: fits ? Int32Array.from(v, Number) : BigInt64Array.from(v), shape: dims }
    }),
  )
})

export function forwardBackwardCalls(seqId: boolean): Arbitrary<ForwardBackwardCall> {
  const datum = fc.record({
    modelInput: fc.record({ chunks: fc.array(protoChunk, { maxLength: 3 }) }),
    lossFnInputs: fc.dictionary(name, denseTensor, { maxKeys: 3, noNullPrototype: true }),
  })
  const members = {
    modelId: name,
    data: fc.array(datum, { maxLength: 3 }),
    lossFn: fc.constantFrom('cross_entropy', 'ppo'),
    lossFnConfig: fc
      .dictionary(name, fc.oneof(float, name), { maxKeys: 2, noNullPrototype: true })
      .filter((c) => Object.keys(c).length > 0),
    forwardOnly: fc.boolean(),
  }
  const requiredKeys = ['modelId', 'data', 'lossFn', 'forwardOnly'] as const
  return seqId
    ? fc.record(
        { ...members, seqId: fc.integer({ min: 1, max: 2 ** 31 - 1 }) },
        { requiredKeys: [...requiredKeys, 'seqId'] },
      )
    : fc.record(members, { requiredKeys: [...requiredKeys] })
}

/** Outputs whose datums share their field names, as the protobuf form demands; shapes and types vary. */
export const forwardBackwardOutputs: Arbitrary<ForwardBackwardOutput> = fc
  .uniqueArray(name, { maxLength: 2 })
  .chain((names) =>
    fc.record({
      lossFnOutputType: fc.constantFrom('TorchLossReturn', 'ArrayRecord'),
      lossFnOutputs: fc.array(
        fc.tuple(...names.map(() => denseTensor)).map((tensors) => ownEntries(names, tensors)),
        { maxLength: 4 },
      ),
      metrics: fc.dictionary(
        name.map((n) => `${n}:sum`),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((v) => !Object.is(v, -0)),
        { maxKeys: 3, noNullPrototype: true },
      ),
    }),
  )

const span: Arbitrary<ProvenanceSpan> = fc.record({
  of: fc.constantFrom('prompt' as const, 'sampled' as const),
  sequenceId: name,
  offset: fc.nat(),
  length: fc.nat(),
})

/** Calls whose datums say where their tokens came from, which only protobuf carries. */
export const tracedCalls: Arbitrary<ForwardBackwardCall> = fc
  .tuple(forwardBackwardCalls(true), fc.array(span, { minLength: 1, maxLength: 3 }))
  .map(([call, spans]) => ({
    ...call,
    data: call.data.map((datum) => ({ ...datum, modelInputSpans: spans, lossFnInputSpans: spans.slice(0, 1) })),
  }))

function ownEntries(names: readonly string[], tensors: readonly TensorData[]): Record<string, TensorData> {
  return Object.fromEntries(names.map((n, i) => [n, tensors[i]!]))
}

const topkRow = fc.array(fc.record({ token, logprob: float.filter((v) => v > -99000) }), {
  minLength: 1,
  maxLength: 3,
})
const topkRows = fc.array(fc.option(topkRow), { minLength: 1, maxLength: 4 })

const sequence = fc.array(token, { minLength: 1, maxLength: 5 }).chain((ids) =>
  fc.record(
    {
      tokens: fc.constant(Int32Array.from(ids)),
      logprobs: fc.option(
        fc.array(float, { minLength: ids.length, maxLength: ids.length }).map((v) => Float32Array.from(v)),
      ),
      stopReason: fc.constantFrom('stop' as const, 'length' as const),
      topkLogprobs: topkRows,
    },
    { requiredKeys: ['tokens', 'logprobs', 'stopReason'] },
  ),
)

export const sampleResults: Arbitrary<SampleResult> = fc.record(
  {
    sequences: fc.array(sequence, { maxLength: 3 }),
    promptLogprobs: fc.option(
      fc.array(fc.oneof(float, fc.constant(NaN)), { minLength: 1, maxLength: 4 }).map((v) => Float32Array.from(v)),
    ),
    topkPromptLogprobs: fc.option(topkRows),
    promptCacheHitTokens: fc.nat(100),
    targetPromptLogprobs: denseTensor,
    promptAltTokens: fc.record({ tokens: denseTensor, logprobs: denseTensor }),
  },
  { requiredKeys: ['sequences', 'promptLogprobs', 'topkPromptLogprobs', 'promptCacheHitTokens'] },
)

const wideId = fc.oneof(fc.nat(), fc.bigInt({ min: BigInt(Number.MAX_SAFE_INTEGER) + 1n, max: 10n ** 18n }))

export const sampleCalls: Arbitrary<SampleCall> = fc.record(
  {
    prompt: fc.record({ chunks: fc.array(anyChunk, { maxLength: 3 }) }),
    numSamples: fc.integer({ min: 1, max: 16 }),
    params: fc.record(
      {
        maxTokens: fc.nat(100),
        seed: wideId,
        stop: fc.oneof(name, fc.array(name, { minLength: 1 }), fc.array(token, { minLength: 1 })),
        temperature: float,
        topK: fc.integer({ min: -1, max: 50 }),
        topP: float,
      },
      { requiredKeys: ['temperature', 'topK', 'topP'] },
    ),
    samplingSessionId: name,
    baseModel: name,
    modelPath: name,
    seqId: wideId,
    promptLogprobs: fc.boolean(),
    topkPromptLogprobs: fc.nat(5),
    topkSampleLogprobs: fc.integer({ min: 1, max: 5 }),
    targetPromptLogprobs: denseTensor,
    promptAltTokensK: fc.integer({ min: 1, max: 5 }),
    promptLogprobsLastN: fc.integer({ min: 1, max: 5 }),
    recordStabilityInfo: fc.constant(true as const),
  },
  { requiredKeys: ['prompt', 'numSamples', 'params', 'promptLogprobs', 'topkPromptLogprobs'] },
)
