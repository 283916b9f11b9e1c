import { expect, test } from 'vitest'
import type { TrainingSequence } from '../data/trainingSequence.ts'
import { modelInputTokens } from '../tinker/index.ts'
import { meanLoss, policyDatum, supervisedDatum } from './datums.ts'

const sequence: TrainingSequence = {
  input: [9, 8, 7],
  targets: [8, 7, 6],
  weights: [0, 1, 1],
  trained: 2,
  truncated: false,
}

test('a supervised row weighs 1 in all, spread over its trained targets', () => {
  const { modelInput, lossFnInputs } = supervisedDatum(sequence)
  expect([...modelInputTokens(modelInput)]).toEqual([9, 8, 7])
  expect([...lossFnInputs['target_tokens']!.data]).toEqual([8, 7, 6])
  expect([...lossFnInputs['weights']!.data]).toEqual([0, 0.5, 0.5])
})

test('a sampled answer is aligned with what predicts it, and the prompt has no advantage', () => {
  const { modelInput, lossFnInputs } = policyDatum({
    prompt: Int32Array.from([1, 2, 3]),
    tokens: Int32Array.from([4, 5]),
    logprobs: Float32Array.from([-0.5, -1]),
    advantages: [2, 3],
  })
  expect([...modelInputTokens(modelInput)]).toEqual([1, 2, 3, 4])
  expect(Object.fromEntries(Object.entries(lossFnInputs).map(([key, { data }]) => [key, [...data]]))).toEqual({
    target_tokens: [2, 3, 4, 5],
    logprobs: [0, 0, -0.5, -1],
    advantages: [0, 0, 2, 3],
  })
})

test('the mean loss weighs tokens alike, not rows', () => {
  const short: TrainingSequence = { input: [1], targets: [2], weights: [1], trained: 1, truncated: false }
  const logprobs = [Float32Array.from([-9, -1, -2]), Float32Array.from([-6])]
  expect(meanLoss(logprobs, [sequence, short])).toEqual({ loss: 3, tokens: 3 })
})
