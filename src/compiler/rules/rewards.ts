/** What rewards pay for, together. Source: recipes §8 V51. */
import type { RewardSpec } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { field, setting } from './rule.ts'
import type { Rule } from './rule.ts'

/** Form weighs a tenth of correctness. */
const SHARE = 0.1

export const formOutweighs: Rule = ({ stage }) => {
  if (stage.mode !== 'rl') return []
  const { rewards } = stage.rl
  const right = sum(rewards.filter(comparesAnswer))
  const forms = rewards.filter((r) => !comparesAnswer(r))
  // A stage that pays for form alone is told so by its own rule.
  if (right <= 0 || sum(forms) < right) return []
  const heaviest = forms.reduce((a, b) => (b.weight > a.weight ? b : a))
  const message = `The form of an answer pays ${sum(forms)}, being right ${right}: “${stage.title}” will look right rather than be right.`
  const fix = setting(heaviest.node, 'weight', Number((right * SHARE).toPrecision(3)))
  return [compilerDiagnostic('CM3721', field(heaviest.node, 'weight'), message, { fix })]
}

function comparesAnswer({ grader }: RewardSpec): boolean {
  return grader.type === 'exact' || grader.type === 'numeric' || (grader.type === 'regex' && grader.compareGroup)
}

function sum(rewards: readonly RewardSpec[]): number {
  return rewards.reduce((total, { weight }) => total + Math.max(0, weight), 0)
}
