/** What the plan says of its stages, in words. Every number is the compiler's estimate from real rows. */
import type { PipelineConfig, Plan, StageEstimate } from '#src/ir/pipelineConfig.ts'

const n = (value: number): string => value.toLocaleString('en')

/** `3 stages · 100 steps · 9,984 sampled answers`. */
export function planTotals(plan: Plan): string {
  const all = plan.stages.flatMap((stage) => plan.estimates[stage.id] ?? [])
  const sum = (of: (estimate: StageEstimate) => number): number => all.reduce((total, e) => total + of(e), 0)
  const steps = sum((e) => e.optimizerSteps)
  const answers = sum((e) => e.rollouts)
  return [
    plan.stages.length === 1 ? '1 stage' : `${plan.stages.length} stages`,
    ...(steps > 0 ? [`${n(steps)} steps`] : []),
    ...(answers > 0 ? [`${n(answers)} sampled answers`] : []),
  ].join(' · ')
}

export function stageFacts(stage: PipelineConfig, estimate: StageEstimate): string {
  const rows = `${n(estimate.rows)} rows`
  if (stage.mode === 'evaluate') {
    const policies = stage.evaluation.policies.length
    return `${rows} × ${policies === 1 ? '1 policy' : `${policies} policies`} · ${n(estimate.rollouts)} answers`
  }
  const steps = `${n(estimate.optimizerSteps)} steps`
  if (stage.mode === 'rl') return `${rows} · ${steps} · ${n(estimate.rollouts)} rollouts`
  return `${rows} · ${steps}${estimate.trainTokens === null ? '' : ` · ${n(estimate.trainTokens)} tokens`}`
}

/**
 * `12 trials of SFT and RL`.
 * @param stages of one sweep
 * @param titleOf name of the card that a stage is a trial of
 */
export function trialsOf(
  stages: readonly PipelineConfig[],
  { variants }: Plan,
  titleOf: (stage: PipelineConfig) => string,
): string {
  const trials = stages.map(({ id }) => variants[id] ?? [])
  // Where a second sweep multiplies a part of them, that part tells how many there are.
  const deepest = Math.max(...trials.map((variant) => variant.length))
  const whole = trials.filter((variant) => variant.length === deepest)
  const count = new Set(whole.map((variant) => variant.map(({ trial }) => trial).join())).size
  const titles = [...new Set(stages.map(titleOf))]
  const last = titles.pop()!
  return `${n(count)} trials of ${titles.length === 0 ? last : `${titles.join(', ')} and ${last}`}`
}

/** Where a trainer starts: the base model, what an earlier stage made of it, or what is chosen before it. Null for evaluations. */
export function stageStart(stage: PipelineConfig, plan: Plan): string | null {
  if (stage.mode === 'evaluate') return null
  const { start } = stage
  if (start.from === 'base') return `from ${stage.model.name}, LoRA rank ${stage.model.loraRank}`
  const optimizer = start.load === 'weights-and-optimizer' ? ', with its optimizer' : ''
  if (start.from === 'stage') {
    return `from ${plan.stages.find((s) => s.id === start.stage)?.title ?? 'an earlier stage'}${optimizer}`
  }
  const choice = plan.decisions.find((d) => d.id === start.decision)?.title
  return `from the choice of “${choice ?? start.decision}”${optimizer}`
}
