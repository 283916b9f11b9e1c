/** A plan as lines for a terminal, in the manner of infrastructure plans: `+` runs, `~` runs again, `=` is taken over. */
import type { PipelineConfig, Plan } from '#src/ir/pipelineConfig.ts'
import type { PlanCost, Range, StageCost } from '#src/ir/planCost.ts'
import type { RerunReason, ReuseDecision } from '#src/ir/reuse.ts'

export function planLines(plan: Plan, reuse: readonly ReuseDecision[], cost: PlanCost): readonly string[] {
  const lines = [`Plan ${plan.hash.slice(0, 12)} of “${plan.title}”`, '']
  for (const [i, stage] of plan.stages.entries()) {
    const decision = reuse[i]!
    lines.push(`${signOf(decision)} ${stage.mode.padEnd(9)} ${stage.title}  (${stage.id})`)
    const costs = cost.stages.find((found) => found.stage === stage.id)
    for (const detail of [...sizeOf(plan, stage), ...(costs ? moneyOf(costs) : [])]) lines.push(`    ${detail}`)
    for (const reason of decision.reasons) lines.push(...because(stage, reason))
    for (const decided of plan.decisions.filter((d) => d.evaluation === stage.id)) {
      lines.push(`? ${decided.type.padEnd(9)} ${decided.title}: ${ruleOf(decided)}`)
    }
  }
  const taken = reuse.filter((decision) => decision.reuse).length
  const again = reuse.filter((d) => !d.reuse && d.reasons.some((r) => r.type !== 'new')).length
  lines.push('', `${plan.stages.length - taken - again} to run, ${again} to run again, ${taken} taken over.`)
  const { dollars, complete, pricesAsOf, seconds, bytes, storagePerMonth } = cost
  const atLeast = complete ? '' : 'at least '
  lines.push(
    `Cost of everything that runs anew: ${atLeast}${money(dollars.low)} to ${money(dollars.high)} (prices of ${pricesAsOf}).`,
  )
  if (seconds && seconds.high > 0) lines.push(`Time, going by earlier runs here: ${timeRange(seconds)}.`)
  if (bytes > 0)
    lines.push(
      `Saves take about ${(bytes / 1e9).toFixed(2)} GB: ${money(storagePerMonth)} a month while they are kept.`,
    )
  return lines
}

function signOf({ reuse, reasons }: ReuseDecision): string {
  return reuse ? '=' : reasons.some((reason) => reason.type !== 'new') ? '~' : '+'
}

function sizeOf(plan: Plan, stage: PipelineConfig): readonly string[] {
  const estimate = plan.estimates[stage.id]
  if (!estimate) return []
  const { rows, dropped, optimizerSteps, rollouts, tokens, saves } = estimate
  const parts = [`${number(rows)} rows${dropped > 0 ? ` (${number(dropped)} left out)` : ''}`]
  if (optimizerSteps > 0) parts.push(`${number(optimizerSteps)} steps`)
  if (rollouts > 0) parts.push(`${number(rollouts)} rollouts`)
  if (saves > 0) parts.push(`${number(saves)} saves`)
  if (!tokens) return [parts.join(', ')]
  const { low, high } = tokens
  const used = [
    ['trained', low.trained, high.trained],
    ['prompt', low.prefilled + low.cached, high.prefilled + high.cached],
    ['sampled', low.sampled, high.sampled],
  ] as const
  const words = used.filter(([, , most]) => most > 0).map(([name, a, b]) => `${range(a, b)} ${name}`)
  return [parts.join(', '), `tokens: ${words.join(', ')}`]
}

function moneyOf({ dollars, seconds }: StageCost): readonly string[] {
  const time = seconds ? [`time: ${timeRange(seconds)}`] : []
  if (!dollars) return ['cost: unknown', ...time]
  return dollars.high === 0 ? time : [`cost: ${money(dollars.low)} to ${money(dollars.high)}`, ...time]
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

function number(value: number): string {
  return value.toLocaleString('en')
}

function money(dollars: number): string {
  return `$${dollars.toFixed(2)}`
}
