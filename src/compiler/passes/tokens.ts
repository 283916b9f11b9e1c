/** Tokens that a stage will use, by what the service bills, as a range: answers are at least one token and at most as long as allowed. */
import { NOTHING_SPENT } from '../../ir/cost.ts'
import type { Spent } from '../../ir/cost.ts'
import type { EvaluateStage, RlStage, SftStage } from '../../ir/pipelineConfig.ts'
import type { StepCount } from '../../ir/steps.ts'
import { cutTokens, perBound } from './stageRows.ts'
import type { RowTokens } from './stageRows.ts'

export type TokenRange = { readonly low: Spent; readonly high: Spent }

/**
 * Whole sequences after cutting, the masked prompt included, through every epoch; held-out passes are `forward` calls and
 * cost the same per token. Which rows fill the last batch is not known, so their mean stands for them.
 */
export function sftTokens(
  stage: SftStage,
  rows: number,
  { batches, optimizerSteps }: StepCount,
  tokens: RowTokens | null,
  heldout: number | null,
): TokenRange | null {
  if (!tokens || heldout === null || rows === 0) return null
  const { batchSize, maxSequenceLength } = stage.hyperparameters
  const all = cutTokens(tokens, maxSequenceLength)
  const { evalEvery } = stage.sft
  const passes = stage.heldout ? (evalEvery > 0 ? Math.ceil(optimizerSteps / evalEvery) : 1) + 1 : 0
  const trained = batches * batchSize * (all / tokens.prompt.length) + passes * heldout
  const spent = { ...NOTHING_SPENT, trained: Math.round(trained) }
  return { low: spent, high: spent }
}

/**
 * Each prompt is read once and again from the cache for the rest of its group; what was sampled is trained on with its
 * prompt, unless the group was removed. A KL penalty reads every answer once more with the start policy.
 */
export function rlTokens(stage: RlStage, { batches }: StepCount, tokens: RowTokens | null): TokenRange | null {
  if (!tokens) return null
  const { groupSize, sampling, klCoef, removeConstantGroups } = stage.rl
  const prompts = batches * stage.hyperparameters.batchSize
  const prompt = meanPrompt(tokens, 0)
  const spent = (out: number, trainedShare: number): Spent => {
    const answers = prompts * groupSize * trainedShare
    const whole = answers * (prompt + out)
    return rounded({
      // The last token of an answer is predicted, not read.
      trained: whole - answers,
      prefilled: prompts * prompt + (klCoef > 0 ? whole : 0),
      cached: prompts * prompt * (groupSize - 1),
      sampled: prompts * groupSize * out,
    })
  }
  return { low: spent(1, removeConstantGroups ? 0 : 1), high: spent(sampling.maxTokens, 1) }
}

export function evaluationTokens(stage: EvaluateStage, rows: number, tokens: RowTokens | null): TokenRange | null {
  if (!tokens) return null
  const { policies, samplesPerRow, sampling } = stage.evaluation
  const prompts = rows * policies.length
  const prompt = meanPrompt(tokens, 0)
  const spent = (out: number): Spent =>
    rounded({
      trained: 0,
      prefilled: prompts * prompt,
      cached: prompts * prompt * (samplesPerRow - 1),
      sampled: prompts * samplesPerRow * out,
    })
  return { low: spent(1), high: spent(sampling.maxTokens) }
}

function rounded({ trained, prefilled, cached, sampled }: Spent): Spent {
  return {
    trained: Math.round(trained),
    prefilled: Math.round(prefilled),
    cached: Math.round(cached),
    sampled: Math.round(sampled),
  }
}

/** Tokens of a prompt on average; there is no bound on them. */
const meanPrompt = perBound(({ prompt }) =>
  prompt.length === 0 ? 0 : prompt.reduce((sum, tokens) => sum + tokens, 0) / prompt.length,
)
