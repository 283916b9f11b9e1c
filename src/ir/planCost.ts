/** What a plan will cost, stage by stage and in all: dollars as a range, storage, and time where earlier runs tell the pace. */
import { paramsPerRank } from './adapterSize.ts'
import { costOf, storageCost } from './cost.ts'
import type { Spent } from './cost.ts'
import { PRICES } from './prices.ts'
import type { PriceTable } from './prices.ts'
import type { PipelineConfig, Plan, StageEstimate } from './pipelineConfig.ts'

export type Range = { readonly low: number; readonly high: number }

export type StageCost = {
  readonly stage: string
  /** US dollars for tokens; null when rows were not counted or a model has no price. */
  readonly dollars: Range | null
  /** Seconds; null when no earlier run tells how fast such a stage is. */
  readonly seconds: Range | null
  /** Bytes that its saves take, roughly; null for models whose size nobody knows. */
  readonly bytes: number | null
}

export type PlanCost = {
  /** Day of the prices. */
  readonly pricesAsOf: string
  readonly stages: readonly StageCost[]
  /** Sums over the stages that are known; `complete` tells whether that is all of them. */
  readonly dollars: Range
  readonly complete: boolean
  readonly seconds: Range | null
  readonly bytes: number
  /** US dollars for keeping all saves for 30 days. */
  readonly storagePerMonth: number
}

/** Seconds per optimizer step (for evaluations: per policy) and per unit of work, by `paceKeys`. */
export type Paces = ReadonlyMap<string, Range>

/** Sampler weights in fp32, and a training state of about three times that: weights and two moments. */
const BYTES_PER_PARAM = 4 + 3 * 4

/** @param open whether a stage may come to nothing, as a gate before it is not decided: the sums may do without it */
export function planCost(
  plan: Plan,
  prices: PriceTable = PRICES,
  paces: Paces = new Map(),
  open: (stage: PipelineConfig) => boolean = (stage) => stage.conditions.length > 0,
): PlanCost {
  const stages = plan.stages.map((stage) => stageCost(plan, stage, prices, paces))
  const bytes = stages.reduce((sum, stage) => sum + (stage.bytes ?? 0), 0)
  const may = plan.stages.map(open)
  const sum = (of: 'dollars' | 'seconds'): Range =>
    total(stages.flatMap((stage, i) => (stage[of] ? [may[i] ? { ...stage[of], low: 0 } : stage[of]] : [])))
  return {
    pricesAsOf: prices.asOf,
    stages,
    dollars: sum('dollars'),
    complete: stages.every((stage) => stage.dollars !== null),
    seconds: stages.every((stage) => stage.seconds !== null) ? sum('seconds') : null,
    bytes,
    storagePerMonth: storageCost(bytes, 30, prices),
  }
}

/**
 * A service that is never full takes the same time for every step, a single machine the same for every row or token. Which
 * of the two a server is only its runs tell, so both paces are kept; where they disagree, the truth lies between them.
 */
export function paceKeys(stage: PipelineConfig): { readonly step: string; readonly work: string } {
  const model = stage.mode === 'evaluate' ? stage.evaluation.policies[0]!.model : stage.model
  const step = `${stage.mode} ${model.name}`
  return { step, work: `${step} by ${stage.mode === 'sft' ? 'sequence' : 'sampled token'}` }
}

/** Sequences of a supervised stage, tokens that others may sample; null when nobody counted them. */
export function workOf(stage: PipelineConfig, steps: number, estimate: StageEstimate | undefined): number | null {
  if (stage.mode !== 'sft') return estimate?.maxSampledTokens ?? null
  return steps * stage.hyperparameters.batchSize * stage.hyperparameters.gradientAccumulation
}

function stageCost(plan: Plan, stage: PipelineConfig, prices: PriceTable, paces: Paces): StageCost {
  const estimate = plan.estimates[stage.id]
  const model = stage.mode === 'evaluate' ? stage.evaluation.policies[0]!.model : stage.model
  const low = estimate?.tokens ? dollarsOf(stage, estimate.tokens.low, prices) : null
  const high = estimate?.tokens ? dollarsOf(stage, estimate.tokens.high, prices) : null
  const steps = stage.mode === 'evaluate' ? stage.evaluation.policies.length : (estimate?.optimizerSteps ?? 0)
  const perRank = paramsPerRank(model.name)
  const saves = estimate?.saves ?? 0
  return {
    stage: stage.id,
    dollars: low !== null && high !== null ? { low, high } : null,
    seconds: secondsOf(stage, steps, estimate, paces),
    bytes: saves === 0 ? 0 : perRank === null ? null : saves * perRank * model.loraRank * BYTES_PER_PARAM,
  }
}

/** Every policy of an evaluation reads the same rows, so each has an equal share of the tokens, at the price of its model. */
function dollarsOf(stage: PipelineConfig, spent: Spent, prices: PriceTable): number | null {
  if (stage.mode !== 'evaluate') return costOf(stage.model.name, spent, prices)
  const all = stage.evaluation.policies.map(({ model }) => costOf(model.name, spent, prices))
  return all.reduce((sum: number | null, one) => (sum === null || one === null ? null : sum + one / all.length), 0)
}

function secondsOf(
  stage: PipelineConfig,
  steps: number,
  estimate: StageEstimate | undefined,
  paces: Paces,
): Range | null {
  const keys = paceKeys(stage)
  const step = paces.get(keys.step)
  if (!step || (stage.mode !== 'evaluate' && !estimate)) return null
  const bySteps = { low: steps * step.low, high: steps * step.high }
  const work = workOf(stage, steps, estimate)
  const pace = paces.get(keys.work)
  if (!pace || work === null) return bySteps
  return { low: Math.min(bySteps.low, work * pace.low), high: Math.max(bySteps.high, work * pace.high) }
}

function total(ranges: readonly Range[]): Range {
  return {
    low: ranges.reduce((sum, range) => sum + range.low, 0),
    high: ranges.reduce((sum, range) => sum + range.high, 0),
  }
}
