/** Values that other implementations gave for the same inputs (tests/golden/vectors.json). */
import { expect, test } from 'vitest'
import { tokenizerRepository } from '../tokenizers/tokenizerRepository.ts'
import { trainingSequence } from '../data/trainingSequence.ts'
import { vectorsOf } from '../tinker/testing/vectors.ts'
import { groupAdvantages, isConstant } from './advantages.ts'
import { meanLoss } from './datums.ts'

const named = (area: string, name: string): { input: unknown; expected: unknown } => {
  const found = vectorsOf<unknown, unknown>(area).find((one) => one.name.startsWith(name))
  if (!found) throw new Error(`no case "${name}" in ${area}`)
  return found
}

test('a row is weighted, cut and shifted like the official SDK does it', () => {
  const { input, expected } = named('datum_build', 'prompt tokens weigh 0')
  const { prompt, completion } = input as { prompt: number[]; completion: number[] }
  const weights = [...prompt.map(() => 0 as const), ...completion.map(() => 1 as const)]
  const sequence = trainingSequence({ tokens: [...prompt, ...completion], weights }, Infinity)!
  expect({ model_input: sequence.input, target_tokens: sequence.targets, weights: sequence.weights }).toEqual(expected)

  const cut = named('datum_build', 'cut to the maximum length')
  const [long, short] = cut.input as { tokens: number[]; weights: (0 | 1)[]; max_length: number | null }[]
  const made = trainingSequence(long!, long!.max_length!)!
  expect({ model_input: made.input, target_tokens: made.targets, weights: made.weights }).toEqual(
    (cut.expected as unknown[])[0],
  )
  expect(trainingSequence(short!, Infinity)).toBeNull()
})

test('advantages are those of the recipe, and groups without a difference have none', () => {
  const { input, expected } = named('studio_grpo', 'advantages are rewards minus')
  expect(groupAdvantages((input as { rewards: number[] }).rewards, false)).toEqual(expected)
  const equal = named('studio_grpo', 'a group whose rewards are all equal').input as { rewards: number[] }
  expect(isConstant(equal.rewards)).toBe(true)
})

test('the mean loss weighs by trained tokens, and is not a number without any', () => {
  const { input, expected } = named('studio_loss', 'mean negative log likelihood')
  const losses = (input as { logprobs: number[][]; weights: number[][] }[]).map(({ logprobs, weights }) => {
    const sequences = weights.map((row) => ({
      input: row,
      targets: row,
      weights: row,
      trained: row.reduce((sum, weight) => sum + weight, 0),
      truncated: false,
    }))
    const { loss } = meanLoss(
      logprobs.map((row) => Float32Array.from(row)),
      sequences,
    )
    return Number.isNaN(loss) ? null : loss
  })
  expect(losses).toEqual(expected)
})

test('tokenizers are looked up where the official SDK looks', () => {
  const ours = vectorsOf<unknown, unknown>('tokenizer_id').filter(({ expected, input }) => {
    const plain = typeof expected === 'object' && Object.keys(expected as object).length === 1
    return plain && (input as { tokenizer_id?: unknown }).tokenizer_id === null
  })
  expect(ours.length).toBeGreaterThan(3)
  for (const { input, expected } of ours)
    expect({ id: tokenizerRepository((input as { model_name: string }).model_name) }).toEqual(expected)
})
