/** What rewards pay for, together. Source: recipes §8 V51. */
import type { Fix } from '../../base/diagnostic.ts'
import { comparesAnswer } from '../../ir/comparesAnswer.ts'
import type { RewardSpec } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { field, setting } from './rule.ts'
import type { RlRule } from './rule.ts'

/** Form weighs a tenth of correctness. */
const SHARE = 0.1
const MOST_WEIGHT = 100

/** What the form pays counts like what it costs: a penalty teaches as much as a bonus. */
export const formOutweighs: RlRule = ({ stage }) => {
  const { rewards } = stage.rl
  const right = sum(rewards.filter(comparesAnswer), paid)
  const forms = rewards.filter((r) => !comparesAnswer(r))
  const form = sum(forms, size)
  // A stage that pays for form alone is told so by its own rule.
  if (right <= 0 || form < right) return []
  const heaviest = forms.reduce((a, b) => (size(b) > size(a) ? b : a))
  const message = `The form of an answer weighs ${form}, being right ${right}: “${stage.title}” will look right rather than be right.`
  const fix = lighter(heaviest, form, right) ?? heavier(rewards.filter(comparesAnswer), form)
  return [compilerDiagnostic('CM3721', field(heaviest.node, 'weight'), message, fix ? { fix } : {})]
}

/** The heaviest form at a tenth of correctness; null when the others would still outweigh it. */
function lighter(heaviest: RewardSpec, form: number, right: number): Fix | null {
  const value = Number((right * SHARE * Math.sign(heaviest.weight)).toPrecision(3))
  return form - size(heaviest) + Math.abs(value) < right ? setting(heaviest.node, 'weight', value) : null
}

/** Correctness at ten times what all forms weigh. */
function heavier(comparing: readonly RewardSpec[], form: number): Fix | null {
  const first = comparing.reduce((a, b) => (b.weight > a.weight ? b : a))
  const value = Number((form / SHARE).toPrecision(3))
  return value <= MOST_WEIGHT ? setting(first.node, 'weight', value) : null
}

const paid = ({ weight }: RewardSpec): number => Math.max(0, weight)
const size = ({ weight }: RewardSpec): number => Math.abs(weight)

function sum(rewards: readonly RewardSpec[], of: (reward: RewardSpec) => number): number {
  return rewards.reduce((total, reward) => total + of(reward), 0)
}
