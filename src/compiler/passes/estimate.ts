/** Pass 6: numbers from real rows, and what they forbid: stages without rows, answers, room or steps. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { DatasetFacts, DatasetSpec, Facts } from '../../ir/dataset.ts'
import type { EvaluateStage, PipelineConfig, RlStage, SftStage, StageEstimate } from '../../ir/pipelineConfig.ts'
import { rlSteps, sftSteps } from '../../ir/steps.ts'
import { Alikes } from './alike.ts'
import { answerProblems, emptyPart, workingRows } from './rows.ts'
import { roomProblems } from './room.ts'
import { stepProblems } from './stepProblems.ts'
import { factsOfSpec } from './lower.ts'
import type { LoweredGraph } from './lower.ts'
import { overlapProblems } from './overlap.ts'
import { cutTokens, stageRows, tokensOf } from './stageRows.ts'
import { evaluationTokens, rlTokens, sftTokens } from './tokens.ts'
import type { StageRows } from './stageRows.ts'
import type { Verified } from './verify.ts'

export type Estimated = {
  readonly estimates: { readonly [stage: string]: StageEstimate }
  readonly diagnostics: readonly Diagnostic[]
}

/** The numbers of a stage with what they were counted from. */
export type Counted = {
  readonly models: Facts['models']
  /** What all datasets were known by when somebody last saw that it holds. */
  datasets: LoweredGraph['datasets']
  /** Of each dataset that the stage reads; null while nobody has read it. */
  readonly facts: readonly (DatasetFacts | null)[]
  /** Null while the rows of one of the datasets are unknown. */
  readonly rows: StageRows | null
  readonly estimate: StageEstimate | null
  readonly diagnostics: readonly Diagnostic[]
}

/** Leaves in each record what was counted: the same object while it follows from the same. */
export function estimate({ records, stages }: Verified, lowered: LoweredGraph, facts: Facts): Estimated {
  const estimates: { [stage: string]: StageEstimate } = {}
  const diagnostics: Diagnostic[] = []
  const alikes = new Alikes()
  for (const record of records) {
    const { stage, specs, estimate: own } = record
    let { counted } = record
    if (!counted || counted.models !== facts.models || !sameFacts(counted, specs, lowered)) {
      const other = own || stage.mode === 'evaluate' ? null : alikes.find(stage)
      counted = other ? countedLike(other.counted!, stage) : count(stage, specs, lowered, facts, own)
      record.counted = counted
      if (!other && !own && stage.mode !== 'evaluate' && saysOnlyNumbers(counted)) alikes.keep(record)
    }
    if (counted.estimate) estimates[stage.id] = counted.estimate
    if (counted.diagnostics.length > 0) diagnostics.push(...counted.diagnostics)
  }
  diagnostics.push(...overlapProblems(stages))
  return { estimates, diagnostics }
}

function sameFacts(before: Counted, specs: readonly DatasetSpec[], lowered: LoweredGraph): boolean {
  if (before.datasets === lowered.datasets) return true
  for (let i = 0; i < specs.length; i++) if (before.facts[i] !== factsOfSpec(lowered, specs[i]!)) return false
  before.datasets = lowered.datasets
  return true
}

function saysOnlyNumbers({ estimate, diagnostics }: Counted): boolean {
  return estimate !== null && diagnostics.length === 0
}

/** The same numbers for a stage that is set alike. */
function countedLike({ models, datasets, facts, rows, estimate }: Counted, { id }: PipelineConfig): Counted {
  const same = estimate!
  const own: StageEstimate = {
    stage: id,
    rows: same.rows,
    stepsPerEpoch: same.stepsPerEpoch,
    optimizerSteps: same.optimizerSteps,
    trainTokens: same.trainTokens,
    rollouts: same.rollouts,
    maxSampledTokens: same.maxSampledTokens,
    dropped: same.dropped,
    tokens: same.tokens,
    saves: same.saves,
  }
  return { models, datasets, facts, rows, estimate: own, diagnostics: NONE }
}

/** @param own the kind's own estimate, where it makes one */
function count(
  stage: PipelineConfig,
  specs: readonly DatasetSpec[],
  lowered: LoweredGraph,
  facts: Facts,
  own: StageEstimate | null,
): Counted {
  const { models } = facts
  const { datasets } = lowered
  const known = specs.map((spec) => factsOfSpec(lowered, spec))
  const rows = stageRows(stage, lowered, facts)
  if (!rows) return { models, datasets, facts: known, rows, estimate: null, diagnostics: NONE }
  const empty = emptyPart(stage, lowered)
  if (empty) return { models, datasets, facts: known, rows, estimate: null, diagnostics: [empty] }
  const made = own ?? estimateOf(stage, rows, heldoutTokens(stage, lowered))
  const diagnostics = [...answerProblems(stage, rows), ...roomProblems(stage, rows), ...stepProblems(stage, rows, made)]
  return { models, datasets, facts: known, rows, estimate: made, diagnostics }
}

const NONE: readonly Diagnostic[] = []

/** Tokens of one pass over the held-out rows; null when nobody counted them. */
function heldoutTokens(stage: PipelineConfig, lowered: LoweredGraph): number | null {
  if (stage.mode !== 'sft' || !stage.heldout) return 0
  const { maxSequenceLength } = stage.hyperparameters
  let sum = 0
  for (const spec of partsOf(stage.heldout)) {
    const known = factsOfSpec(lowered, spec)
    const tokens = known && tokensOf(known, spec, stage.model.name)
    if (!tokens) return null
    sum += cutTokens(tokens, maxSequenceLength)
  }
  return sum
}

function estimateOf(stage: PipelineConfig, rows: StageRows, heldout: number | null): StageEstimate {
  if (stage.mode === 'sft') return estimateSft(stage, rows, heldout)
  return stage.mode === 'rl' ? estimateRl(stage, rows) : estimateEvaluation(stage, rows)
}

function estimateSft(stage: SftStage, given: StageRows, heldout: number | null): StageEstimate {
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
    dropped: given.rows - rows,
    tokens: sftTokens(stage, rows, steps, tokens, heldout),
    saves: savesOf(stage, steps.optimizerSteps),
  }
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
    dropped: rows.rows - prompts,
    tokens: rlTokens(stage, steps, rows.tokens),
    saves: savesOf(stage, steps.optimizerSteps),
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
    dropped: given.rows - rows,
    tokens: evaluationTokens(stage, rows, given.tokens),
    saves: 0,
  }
}

/** Every rule's saves on the way, its last one, and the trainer's own last save. */
function savesOf(stage: SftStage | RlStage, steps: number): number {
  const along = stage.checkpointing.map(({ every }) => (every > 0 ? Math.floor(Math.max(0, steps - 1) / every) : 0) + 1)
  return along.reduce((sum, count) => sum + count, 1)
}
