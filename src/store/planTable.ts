/** A plan as rows for people: what each stage will do, what that takes, and what all of them take together. Pure. */
import type { Spent } from '../ir/cost.ts'
import { NOTHING_SPENT, added } from '../ir/cost.ts'
import type { Decided } from '../ir/decide.ts'
import { foresee } from '../ir/foresee.ts'
import type { Foreseen } from '../ir/foresee.ts'
import type { Decision, PipelineConfig, Plan, StageEstimate } from '../ir/pipelineConfig.ts'
import { planCost } from '../ir/planCost.ts'
import type { PlanCost, Range, StageCost } from '../ir/planCost.ts'
import type { PriceTable } from '../ir/prices.ts'
import type { RerunReason } from '../ir/reuse.ts'
import type { PlanReview, StageRecord } from '../services/runService.ts'
import { cardsOf } from './planCards.ts'

export type RowState =
  | 'runs'
  /** Results of an earlier run stand for it. */
  | 'reused'
  /** A person has pinned it to its result. */
  | 'pinned'
  /** Pinned to a result that is no longer there: it would fail. */
  | 'pin-lost'
  /** A gate that is known to be closed keeps it from running. */
  | 'skipped'

export type PlanRow = {
  readonly stage: PipelineConfig
  readonly state: RowState
  /** Why it is skipped, or on which gates it hangs; null when it runs in any case. */
  readonly note: string | null
  readonly estimate: StageEstimate | null
  /** Null for what does not run. */
  readonly cost: StageCost | null
  readonly reasons: readonly RerunReason[]
  readonly before: StageRecord | null
  /** Cards that it comes from, its own first. */
  readonly nodes: readonly string[]
}

export type DecisionRow = { readonly decision: Decision; readonly known: Decided | null }

export type PlanTable = {
  readonly rows: readonly PlanRow[]
  /** By the stage behind which they are taken. */
  readonly decisions: { readonly [stage: string]: readonly DecisionRow[] }
  /** Of the stages that run; the least is without those that hang on a gate. */
  readonly total: {
    readonly stages: number
    /** How many of them hang on gates that are not decided yet. */
    readonly open: number
    readonly steps: Range
    readonly rollouts: Range
    readonly saves: Range
    /** Null when the rows of a stage were not counted. */
    readonly tokens: { readonly low: Spent; readonly high: Spent } | null
    readonly cost: PlanCost
  }
}

/** @param review null while it is not known what earlier runs left: then everything runs */
export function planTable(
  plan: Plan,
  review: PlanReview | null,
  { prices, fresh }: { readonly prices: PriceTable; readonly fresh: boolean },
): PlanTable {
  const reviewed = new Map((review?.stages ?? []).map((stage) => [stage.stage, stage]))
  const taken = (stage: PipelineConfig): boolean =>
    (!fresh || stage.pin !== null) && (reviewed.get(stage.id)?.from ?? null) !== null
  const { outcomes, skipped, open } = foresee(plan, (stage) =>
    taken(stage) ? reviewed.get(stage.id)?.before?.evaluations : undefined,
  )
  const stateOf = (stage: PipelineConfig): RowState => {
    if (skipped.has(stage.id)) return 'skipped'
    if (taken(stage)) return stage.pin === null ? 'reused' : 'pinned'
    return stage.pin === null || review === null ? 'runs' : 'pin-lost'
  }
  const running = plan.stages.filter((stage) => stateOf(stage) === 'runs')
  const cost = planCost({ ...plan, stages: running }, prices, new Map(review?.paces), (stage) => open.has(stage.id))
  const costs = new Map(cost.stages.map((stage) => [stage.stage, stage]))
  const rows = plan.stages.map((stage): PlanRow => {
    const { reasons = [], before = null } = reviewed.get(stage.id) ?? {}
    const state = stateOf(stage)
    return {
      stage,
      state,
      note: skipped.get(stage.id) ?? open.get(stage.id) ?? null,
      estimate: plan.estimates[stage.id] ?? null,
      cost: costs.get(stage.id) ?? null,
      reasons: state === 'runs' && !fresh ? reasons : [],
      before,
      nodes: cardsOf(plan, stage),
    }
  })
  const sum = (of: (estimate: StageEstimate) => number): Range => {
    const total = (stages: readonly PipelineConfig[]): number =>
      stages.reduce((all, { id }) => all + (plan.estimates[id] ? of(plan.estimates[id]) : 0), 0)
    return { low: total(running.filter(({ id }) => !open.has(id))), high: total(running) }
  }
  return {
    rows,
    decisions: decisionRows(plan, outcomes),
    total: {
      stages: running.length,
      open: running.filter((stage) => open.has(stage.id)).length,
      steps: sum((e) => e.optimizerSteps),
      rollouts: sum((e) => e.rollouts),
      saves: sum((e) => e.saves),
      tokens: totalTokens(running, plan.estimates, open),
      cost,
    },
  }
}

/** All that the service counts. */
export function tokenCount({ trained, prefilled, cached, sampled }: Spent): number {
  return trained + prefilled + cached + sampled
}

function decisionRows(plan: Plan, outcomes: Foreseen['outcomes']): PlanTable['decisions'] {
  const rows: { [stage: string]: DecisionRow[] } = {}
  for (const decision of plan.decisions) {
    const row = { decision, known: Object.hasOwn(outcomes, decision.id) ? outcomes[decision.id]! : null }
    ;(rows[decision.evaluation] ??= []).push(row)
  }
  return rows
}

/** Stages that hang on a gate are in the most alone. */
function totalTokens(
  stages: readonly PipelineConfig[],
  estimates: Plan['estimates'],
  open: Foreseen['open'],
): PlanTable['total']['tokens'] {
  let low = NOTHING_SPENT
  let high = NOTHING_SPENT
  for (const { id } of stages) {
    const tokens = estimates[id]?.tokens
    if (!tokens) return null
    if (!open.has(id)) low = added(low, tokens.low)
    high = added(high, tokens.high)
  }
  return { low, high }
}
