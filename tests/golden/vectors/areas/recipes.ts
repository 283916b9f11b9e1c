/** What the training loops compute themselves: datums, advantages, mean losses; and the defaults that they send. */
import { trainingSequence } from '#src/data/trainingSequence.ts'
import { groupAdvantages, isConstant } from '#src/training/advantages.ts'
import { meanLoss } from '#src/training/datums.ts'
import { adamParams } from '#src/tinker/wire/requests.ts'
import { readShape } from '#src/tinker/wire/shape.ts'
import { check, elsewhere, near, same } from '../vector.ts'

type Row = { tokens: number[]; weights: (0 | 1)[]; max_length: number | null }
type Built = { model_input: number[]; target_tokens: number[]; weights: number[] }

export const datumBuild = check<{ prompt: number[]; completion: number[] } | Row[], unknown>((input, expected) => {
  if (!Array.isArray(input)) {
    const weights = [...input.prompt.map(() => 0 as const), ...input.completion.map(() => 1 as const)]
    return same(built({ tokens: [...input.prompt, ...input.completion], weights, max_length: null }), expected)
  }
  const wanted = (expected as (Built | { throws: string })[]).map((one) => ('throws' in one ? null : one))
  same(input.map(built), wanted)
})

function built({ tokens, weights, max_length: limit }: Row): Built | null {
  const sequence = trainingSequence({ tokens, weights }, limit ?? Infinity)
  if (sequence === null) return null
  return { model_input: [...sequence.input], target_tokens: [...sequence.targets], weights: [...sequence.weights] }
}

export const grpo = check<{ rewards: number[] }, number[] | { skipped: boolean }>(({ rewards }, expected) => {
  if (Array.isArray(expected)) near(groupAdvantages(rewards, false), expected, 1e-9)
  else same(isConstant(rewards), expected.skipped)
})

type Batch = { logprobs: number[][]; weights: number[][] }

export const batchLoss = check<Batch[], (number | null)[]>((input, expected) => {
  const losses = input.map(({ logprobs, weights }) => {
    const sequences = weights.map((row) => ({
      input: row,
      targets: row,
      weights: row,
      trained: row.reduce((sum, weight) => sum + weight, 0),
      truncated: false,
    }))
    const rows = logprobs.map((row) => Float32Array.from(row))
    const { loss } = meanLoss(rows, sequences)
    return Number.isNaN(loss) ? null : loss
  })
  near(losses, expected, 1e-6)
})

export const adam = check<Record<string, number> | object[], unknown>((input, expected) => {
  if (Array.isArray(input))
    elsewhere('the range of a rate is the server\u2019s and the editor\u2019s to judge, not the wire\u2019s')
  same(readShape(adamParams, input), { ok: true, value: expected })
})
