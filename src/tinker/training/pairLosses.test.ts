/** Losses over pairs: their values, and their gradients against central differences. */
import { describe, expect, test } from 'vitest'
import { vectorsOf } from '../testing/vectors.ts'
import { tensorForKey } from '../wire/datum.ts'
import { modelInputFromTokens } from '../wire/modelInput.ts'
import { float32Tensor } from '../wire/tensorData.ts'
import { dpoLoss, ipoLoss, simpoLoss } from './pairLosses.ts'
import { weightedNll } from './weightedNll.ts'
import type { Datum } from '../wire/datum.ts'
import type { CustomLoss, CustomLossOutput } from './customLoss.ts'

function datumOf(weights: readonly number[] | undefined, length: number): Datum {
  const tokens = Array.from({ length }, (_, i) => i + 1)
  const target_tokens = tensorForKey('target_tokens', tokens)
  const modelInput = modelInputFromTokens(tokens)
  if (weights === undefined) return { modelInput, lossFnInputs: { target_tokens } }
  return { modelInput, lossFnInputs: { target_tokens, weights: tensorForKey('weights', weights) } }
}

function evaluate(
  loss: CustomLoss,
  data: readonly Datum[],
  logprobs: readonly (readonly number[])[],
): CustomLossOutput {
  return loss(
    data,
    logprobs.map((row) => float32Tensor(row)),
  ) as CustomLossOutput
}

const LOSSES: readonly (readonly [string, CustomLoss])[] = [
  ['DPO', dpoLoss({ beta: 0.3, reference: [-3, -4, -5, -2.5] })],
  ['IPO', ipoLoss({ beta: 0.3, reference: [-3, -4, -5, -2.5] })],
  ['SimPO', simpoLoss({ beta: 2, gamma: 0.5 })],
]

describe.each(LOSSES)('%s', (_name, loss) => {
  const data = [datumOf([0, 1, 1], 3), datumOf([1, 1], 2), datumOf(undefined, 2), datumOf([1, 0, 1, 1], 4)]
  const logprobs = [
    [-1, -2, -0.5],
    [-1.5, -2.5],
    [-0.25, -4],
    [-1, -3, -2, -1.25],
  ]

  test('has the gradient that its value has', () => {
    const { gradients } = evaluate(loss, data, logprobs)
    const step = 1 / 64
    logprobs.forEach((row, i) =>
      row.forEach((_, t) => {
        const at = (delta: number): number =>
          evaluate(
            loss,
            data,
            logprobs.map((r, j) => r.map((v, k) => (i === j && t === k ? v + delta : v))),
          ).loss
        expect(gradients[i]![t]!).toBeCloseTo((at(step) - at(-step)) / (2 * step), 3)
      }),
    )
    expect(gradients[0]![0]).toBe(0)
  })

  test('refuses half a pair', () => {
    expect(() => evaluate(loss, data.slice(1), logprobs.slice(1))).toThrow(RangeError)
  })
})

test('DPO of the shared vector, and log 2 where nothing is preferred yet', () => {
  type Pair = { chosen: number[]; rejected: number[]; beta: number; reference_margin: number }
  const vectors = vectorsOf<Pair, { loss: number; weights: number[][] }>('custom_loss')
  const { input, expected } = vectors.find(({ name }) => name.startsWith('preference loss'))!
  const data = [datumOf(undefined, 2), datumOf(undefined, 2)]
  const loss = dpoLoss({ beta: input.beta, reference: [input.reference_margin, 0] })
  const output = evaluate(loss, data, [input.chosen, input.rejected])
  expect(output.loss).toBeCloseTo(expected.loss, 5)
  expected.weights.forEach((row, i) => row.forEach((w, t) => expect(-output.gradients[i]![t]!).toBeCloseTo(w, 5)))
  const fresh = dpoLoss({ reference: [-3, -4.5] })
  expect(evaluate(fresh, data, [input.chosen, input.rejected]).loss).toBeCloseTo(Math.LN2, 6)
})

test('far margins neither overflow nor lose their gradient’s sign', () => {
  const data = [datumOf(undefined, 1), datumOf(undefined, 1)]
  const far = evaluate(dpoLoss({ beta: 1, reference: [0, 0] }), data, [[-2000], [-1]])
  expect(far.loss).toBeCloseTo(1999, 0)
  expect(far.gradients[0]![0]).toBeCloseTo(-1, 6)
})

test('the mean loss per trained token', () => {
  const vectors = vectorsOf<{ logprobs: number[]; weights: number[] }, number>('custom_loss')
  const { input, expected } = vectors.find(({ name }) => name.startsWith('weighted average loss'))!
  const output = { lossFnOutputs: [{ logprobs: float32Tensor(input.logprobs) }] }
  expect(weightedNll(output, [datumOf(input.weights, 3)])).toBe(expected)
  expect(weightedNll(output, [datumOf(undefined, 3)])).toBeCloseTo(7 / 3, 6)
  expect(weightedNll(output, [datumOf([0, 0, 0], 3)])).toBeNaN()
})
