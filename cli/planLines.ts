/** A plan as lines for a terminal, in the manner of infrastructure plans: `+` runs, `~` runs again, `=` is taken over, `-` is skipped. */
import type { Foreseen } from '#src/ir/foresee.ts'
import type { PipelineConfig, Plan } from '#src/ir/pipelineConfig.ts'
import type { PlanCost, Range, StageCost } from '#src/ir/planCost.ts'
import type { RerunReason, ReuseDecision } from '#src/ir/reuse.ts'
import { saveNames } from '#src/ir/saves.ts'
import { several } from './printDiagnostics.ts'

export type PlannedRun = {
  readonly plan: Plan
  readonly reuse: readonly ReuseDecision[]
  /** Of the stages that run anew. */
  readonly cost: PlanCost
  readonly foreseen: Foreseen
}

export function planLines({ plan, reuse, cost, foreseen }: PlannedRun): readonly string[] {
  const { skipped, open, outcomes } = foreseen
  const lines = [`Plan ${plan.hash.slice(0, 12)} of “${plan.title}”`, '']
  const counted = { '+': 0, '~': 0, '=': 0, '-': 0 }
  for (const [i, stage] of plan.stages.entries()) {
    const decision = reuse[i]!
    const sign = skipped.has(stage.id) ? '-' : signOf(decision)
    counted[sign] += 1
    lines.push(`${sign} ${stage.mode.padEnd(9)} ${stage.title}  (${stage.id})`)
    const costs = cost.stages.find((found) => found.stage === stage.id)
    for (const detail of [...sizeOf(plan, stage), ...(costs ? moneyOf(costs) : [])]) lines.push(`    ${detail}`)
    if (sign === '-') lines.push(`    skipped: ${skipped.get(stage.id)!}`)
    else if (open.has(stage.id)) lines.push(`    only ${open.get(stage.id)!}`)
    if (sign !== '-') for (const reason of decision.reasons) lines.push(...because(stage, reason))
    for (const decided of plan.decisions.filter((d) => d.evaluation === stage.id)) {
      const outcome = outcomes[decided.id]?.outcome ?? null
      lines.push(
        `? ${decided.type.padEnd(9)} ${decided.title}: ${ruleOf(decided)}${outcome === null ? '' : ` → ${outcome}`}`,
      )
    }
  }
  const sums = [
    `${counted['+']} to run`,
    `${counted['~']} to run again`,
    `${counted['=']} taken over`,
    ...(counted['-'] > 0 ? [`${counted['-']} skipped`] : []),
  ]
  lines.push('', `${sums.join(', ')}.`)
  if (counted['+'] + counted['~'] > 0) lines.push(...sumsOf(cost))
  return lines
}

function sumsOf({ dollars, complete, pricesAsOf, seconds, bytes, storagePerMonth }: PlanCost): readonly string[] {
  const lines = [
    complete && dollars.high === 0
      ? 'Cost: free, as it runs on this machine.'
      : `Cost: ${complete ? '' : 'at least '}${moneyRange(dollars)} (prices of ${pricesAsOf}).`,
  ]
  if (seconds && seconds.high > 0) lines.push(`Time, going by earlier runs here: ${timeRange(seconds)}.`)
  if (bytes > 0)
    lines.push(
      `Saves take about ${(bytes / 1e9).toFixed(2)} GB: ${money(storagePerMonth)} a month while they are kept.`,
    )
  return lines
}

function signOf({ reuse, reasons }: ReuseDecision): '+' | '~' | '=' {
  return reuse ? '=' : reasons.some((reason) => reason.type !== 'new') ? '~' : '+'
}

function sizeOf(plan: Plan, stage: PipelineConfig): readonly string[] {
  const estimate = plan.estimates[stage.id]
  if (!estimate) return []
  const { rows, dropped, optimizerSteps, rollouts, tokens, saves } = estimate
  const parts = [`${several(rows, 'row')}${dropped > 0 ? ` (${number(dropped)} left out)` : ''}`]
  if (optimizerSteps > 0) parts.push(several(optimizerSteps, 'step'))
  if (rollouts > 0) parts.push(several(rollouts, 'rollout'))
  if (saves > 0) parts.push(`${several(saves, 'save')}${namesOf(stage)}`)
  if (!tokens) return [parts.join(', ')]
  const { low, high } = tokens
  // Measuring held-out rows is billed like training, and is no learning.
  const measured = stage.mode === 'sft' ? high.trained - (estimate.trainTokens ?? high.trained) : 0
  const used = [
    ['trained', low.trained - measured, high.trained - measured],
    ['to measure held-out rows', measured, measured],
    ['prompt', low.prefilled + low.cached, high.prefilled + high.cached],
    ['sampled', low.sampled, high.sampled],
  ] as const
  const words = used.filter(([, , most]) => most > 0).map(([name, a, b]) => `${range(a, b)} ${name}`)
  return [parts.join(', '), `tokens: ${words.join(', ')}`]
}

function moneyOf({ dollars, seconds }: StageCost): readonly string[] {
  const time = seconds ? [`time: ${timeRange(seconds)}`] : []
  if (!dollars) return ['cost: unknown', ...time]
  return dollars.high === 0 ? time : [`cost: ${moneyRange(dollars)}`, ...time]
}

/** Seconds below two minutes, minutes below two hours, hours from there. */
function timeRange({ low, high }: Range): string {
  const [unit, name] = high < 120 ? [1, 's'] : high < 7200 ? [60, 'min'] : [3600, 'h']
  const [from, to] = [low, high].map((seconds) => (seconds / unit).toPrecision(2)).map(Number)
  return from === to ? `${to} ${name}` : `${from} to ${to} ${name}`
}

function because(stage: PipelineConfig, { type, stage: at, node, field, port, old, new: now }: RerunReason): string[] {
  const behind = at === stage.id ? '' : ` (in ${at})`
  switch (type) {
    case 'new':
      return []
    case 'failed':
      return [`    because it failed last time after ${count(old, stage)}${behind}: ${now}`]
    case 'stopped':
      return [`    because it stopped last time after ${count(old, stage)}${behind}`]
    case 'asked':
      return ['    because you ask for it']
    case 'gone':
      return [`    because its save is gone: ${old}`]
    case 'loop':
      return [`    because the training loops have changed${behind}`]
    case 'changed':
      return [`    because ${node}${(field ?? port) ? ` › ${field ?? port}` : ''}: ${old} → ${now}${behind}`]
  }
}

function count(steps: RerunReason['old'], { mode }: PipelineConfig): string {
  const unit = mode === 'evaluate' ? 'policies' : 'steps'
  return steps === 1 ? `1 ${mode === 'evaluate' ? 'policy' : 'step'}` : `${steps} ${unit}`
}

function ruleOf(decision: Plan['decisions'][number]): string {
  if (decision.type === 'best-of') return `takes the ${decision.goal} score of ${decision.candidates.length}`
  const { policy, comparison, threshold, against } = decision
  const limit = against === null ? `${threshold}` : `that of ${against} + ${threshold}`
  return `goes on if the score of ${policy} is ${comparison === 'at-least' ? 'at least' : 'at most'} ${limit}`
}

function range(low: number, high: number): string {
  return low === high ? number(high) : `${number(low)} to ${number(high)}`
}

/** Names of the saves that stay. */
function namesOf(stage: PipelineConfig): string {
  return stage.mode === 'evaluate' ? '' : ` (${saveNames(stage).join(', ')})`
}

function number(value: number): string {
  return value.toLocaleString('en')
}

function moneyRange({ low, high }: Range): string {
  return money(low) === money(high) ? money(high) : `${money(low)} to ${money(high)}`
}

function money(dollars: number): string {
  return dollars > 0 && dollars < 0.01 ? 'under $0.01' : `$${dollars.toFixed(2)}`
}
