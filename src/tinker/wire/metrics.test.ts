/** Numbers of several chunks as one, in the words of any server, and the loss that people read. */
import { describe, expect, test } from 'vitest'
import { modelInputFromTokens } from './modelInput.ts'
import { hashSum, hashUnordered, reduceMetrics } from './metricReduction.ts'
import { compressRows } from './sparseTensor.ts'
import { float32Tensor } from './tensorData.ts'
import { weightedMeanLoss } from './weightedLoss.ts'
import type { Datum } from './datum.ts'

const chunk = (
  metrics: Record<string, number>,
  weight: number,
): { metrics: Record<string, number>; weight: number } => ({
  metrics,
  weight,
})

describe('metrics that the official client drops or stumbles over', () => {
  test.each([
    ['a name without a colon (Open-RL)', { loss: 2 }, { loss: 4 }, { loss: 3.5 }],
    ['a suffix of its own (Twinkle)', { 'loss:avg': 2 }, { 'loss:avg': 4 }, { 'loss:avg': 3.5 }],
    [
      'a path in the name (SkyRL)',
      { 'skyrl.ai/grad_norm': 1 },
      { 'skyrl.ai/grad_norm': 1 },
      { 'skyrl.ai/grad_norm': 1 },
    ],
    ['two colons', { 'a:b:sum': 1 }, { 'a:b:sum': 2 }, { 'a:b:sum': 3 }],
    ['one that a chunk lacks', { 'a:sum': 1, 'b:sum': 1 }, { 'a:sum': 2 }, { 'a:sum': 3 }],
  ])('%s', (_name, first, second, merged) => {
    expect(reduceMetrics([chunk(first, 1), chunk(second, 3)])).toEqual(merged)
  })

  test('a mean over chunks without outputs counts the chunks equally', () => {
    expect(reduceMetrics([chunk({ 'a:mean': 1 }, 0), chunk({ 'a:mean': 3 }, 0)])).toEqual({ 'a:mean': 2 })
    expect(() => reduceMetrics([chunk({ 'a:mean': 1 }, 0)], { strict: true })).toThrow(RangeError)
  })
})

describe('hashes', () => {
  test('as CPython computes that of a tuple, beyond 2^53', () => {
    expect(hashUnordered([1, 2, 3])).toBe(529344067295497451n)
    expect(hashUnordered([5, 2])).toBe(-8422800446983873125n)
    expect(hashUnordered([-1])).toBe(hashUnordered([-2]))
  })

  test('since SDK 0.38 a sum modulo 2^64', () => {
    expect(hashSum([1.9, 2])).toBe(3n)
    expect(hashSum([2 ** 63, 2 ** 63])).toBe(0n)
    expect(hashSum([-1])).toBe(2n ** 64n - 1n)
    expect(reduceMetrics([chunk({ 'h:hash2': 3 }, 1), chunk({ 'h:hash2': 4 }, 9)], { strict: true })).toEqual({
      'h:hash2': 7,
    })
  })
})

describe('the mean loss over weights', () => {
  const datum = (weights?: Datum['lossFnInputs'][string]): Datum => ({
    modelInput: modelInputFromTokens([1]),
    lossFnInputs: weights === undefined ? {} : { weights },
  })
  const output = (...rows: number[][]): Parameters<typeof weightedMeanLoss>[0] => ({
    lossFnOutputType: 'X',
    lossFnOutputs: rows.map((row) => ({ logprobs: float32Tensor(row) })),
    metrics: {},
  })

  test('weighs tokens across datums, leaves out what has no weight, and is null without any', () => {
    const data = [datum(float32Tensor([0, 1])), datum(float32Tensor([0.5]))]
    expect(weightedMeanLoss(output([-Infinity, -2], [-4]), data)).toBeCloseTo((2 + 0.5 * 4) / 1.5)
    expect(weightedMeanLoss(output([-1]), [datum(float32Tensor([0]))])).toBeNull()
    expect(weightedMeanLoss(output([-1, -3]), [datum()])).toBe(2)
  })

  test('reads sparse weights, and refuses an output of other data', () => {
    const sparse = compressRows(float32Tensor([0, 0, 0, 1, 0, 0, 0, 0, 0, 0], [2, 5]))
    expect(sparse.sparse).toBeDefined()
    expect(weightedMeanLoss(output([-9, -9, -9, -2, -9, -9, -9, -9, -9, -9]), [datum(sparse)])).toBe(2)
    expect(() => weightedMeanLoss(output([-1]), [datum(float32Tensor([1, 1]))])).toThrow(TypeError)
    expect(() => weightedMeanLoss(output(), [datum()])).toThrow(TypeError)
  })
})
