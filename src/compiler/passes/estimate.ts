/** Pass 6: numbers from real rows, and what they forbid: stages without rows, answers, room or steps. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { countPart, indicesOfPart } from '../../base/rowPart.ts'
import type { DatasetFacts, DatasetSpec, Facts } from '../../ir/dataset.ts'
import type { EvaluateStage, PipelineConfig, RlStage, SftStage, StageEstimate } from '../../ir/pipelineConfig.ts'
import { rlSteps, sftSteps } from '../../ir/steps.ts'
import { answerProblems, emptyPart, overlapProblems, workingRows } from './rows.ts'
import { roomProblems } from './room.ts'
import { stepProblems } from './stepProblems.ts'
import type { LoweredGraph } from './lower.ts'

export type Estimated = {
  readonly estimates: { readonly [stage: string]: StageEstimate }
  readonly diagnostics: readonly Diagnostic[]
}

/** What the checks of one stage look at. */
export type StageRows = {
  readonly facts: DatasetFacts
  /** Rows of the stage's part. */
  readonly rows: number
  /** Tokens of those rows as the stage's model counts them; null when nobody counted with it. */
  readonly tokens: { readonly prompt: readonly number[]; readonly completion: readonly number[] } | null
  /** What the model can read at most; null when the backend does not say. */
  readonly maxContext: number | null
}

export function estimate(stages: readonly PipelineConfig[], lowered: LoweredGraph, facts: Facts): Estimated {
  const estimates: { [stage: string]: StageEstimate } = {}
  const diagnostics: Diagnostic[] = []
  for (const stage of stages) {
    const rows = rowsOf(stage, lowered, facts)
    if (!rows) continue
    const empty = emptyPart(stage, lowered.factsByNode)
    if (empty) {
      diagnostics.push(empty)
      continue
    }
    const made = lowered.nodes.get(stage.node)?.estimate ?? estimateOf(stage, rows)
    estimates[stage.id] = made
    diagnostics.push(...answerProblems(stage, rows), ...roomProblems(stage, rows), ...stepProblems(stage, rows, made))
  }
  diagnostics.push(...overlapProblems(stages))
  return { estimates, diagnostics }
}

function rowsOf(stage: PipelineConfig, lowered: LoweredGraph, facts: Facts): StageRows | null {
  const known = lowered.factsByNode.get(stage.dataset.node)
  if (!known) return null
  const model = stage.mode === 'evaluate' ? stage.evaluation.policies[0]!.model.name : stage.model.name
  return {
    facts: known,
    rows: countPart(known.usable, stage.dataset),
    tokens: tokensOf(known, stage.dataset, model),
    maxContext: facts.models?.find((m) => m.name === model)?.maxContext ?? null,
  }
}

function tokensOf(facts: DatasetFacts, spec: DatasetSpec, model: string): StageRows['tokens'] {
  const { tokens } = facts
  if (!tokens || tokens.model !== model || tokens.prompt.length < facts.usable) return null
  const indices = indicesOfPart(facts.usable, spec)
  return {
    prompt: indices.map((i) => tokens.prompt[i]!),
    completion: indices.map((i) => tokens.completion[i] ?? 0),
  }
}

function estimateOf(stage: PipelineConfig, rows: StageRows): StageEstimate {
  if (stage.mode === 'sft') return estimateSft(stage, rows)
  return stage.mode === 'rl' ? estimateRl(stage, rows) : estimateEvaluation(stage, rows)
}

function estimateSft(stage: SftStage, given: StageRows): StageEstimate {
  const { hyperparameters: hyper } = stage
  const rows = workingRows(stage, given)
  const steps = sftSteps(rows, hyper)
  const trained = steps.batches * hyper.batchSize
  const { tokens } = given
  return {
    stage: stage.id,
    rows,
    stepsPerEpoch: Math.floor(steps.batchesPerEpoch / hyper.gradientAccumulation),
    optimizerSteps: steps.optimizerSteps,
    trainTokens: tokens && Math.round((trained * cutTokens(tokens, hyper.maxSequenceLength)) / given.rows),
    rollouts: 0,
    maxSampledTokens: 0,
  }
}

/** Tokens of all rows after cutting each at the longest sequence. */
function cutTokens(tokens: NonNullable<StageRows['tokens']>, longest: number): number {
  return tokens.prompt.reduce((sum, prompt, i) => sum + Math.min(prompt + tokens.completion[i]!, longest), 0)
}

function estimateRl(stage: RlStage, rows: StageRows): StageEstimate {
  const { hyperparameters: hyper, rl } = stage
  const prompts = workingRows(stage, rows)
  const steps = rlSteps(prompts, hyper, rl.substeps)
  const rollouts = steps.batches * hyper.batchSize * rl.groupSize
  return {
    stage: stage.id,
    rows: prompts,
    stepsPerEpoch: steps.batchesPerEpoch * rl.substeps,
    optimizerSteps: steps.optimizerSteps,
    // How long answers will be is not known before they are drawn.
    trainTokens: null,
    rollouts,
    maxSampledTokens: rollouts * rl.sampling.maxTokens,
  }
}

function estimateEvaluation(stage: EvaluateStage, given: StageRows): StageEstimate {
  const rows = workingRows(stage, given)
  const { policies, samplesPerRow, sampling } = stage.evaluation
  const rollouts = rows * samplesPerRow * policies.length
  return {
    stage: stage.id,
    rows,
    stepsPerEpoch: 0,
    optimizerSteps: 0,
    trainTokens: 0,
    rollouts,
    maxSampledTokens: rollouts * sampling.maxTokens,
  }
}
