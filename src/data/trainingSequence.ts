/** Unshifted tokens → what the loss sees: position i of the input predicts token i + 1. */
import type { SupervisedTokens } from './renderers/renderer.ts'

export type TrainingSequence = {
  /** All but the last token. */
  readonly input: readonly number[]
  /** All but the first token; same length as `input`. */
  readonly targets: readonly number[]
  /** 0 or 1 per target. */
  readonly weights: readonly number[]
  /** How many targets count. */
  readonly trained: number
  readonly truncated: boolean
}

/** Cuts to `maxLength` tokens from the right, then shifts. Null when fewer than two tokens remain. */
export function trainingSequence(example: SupervisedTokens, maxLength: number): TrainingSequence | null {
  const tokens = example.tokens.slice(0, maxLength)
  if (tokens.length < 2) return null
  const weights = example.weights.slice(1, tokens.length)
  return {
    input: tokens.slice(0, -1),
    targets: tokens.slice(1),
    weights,
    trained: weights.reduce<number>((sum, weight) => sum + weight, 0),
    truncated: tokens.length < example.tokens.length,
  }
}
