/** What can be known of rewards before sampling: whether they can grade at all, and whether the references can be right. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { comparesAnswer } from '../ir/comparesAnswer.ts'
import type { RewardSpec } from '../ir/pipelineConfig.ts'
import { diagnoseReward } from './codes.ts'
import { createGrader } from './grade.ts'
import { finalNumber } from './numeric.ts'

/** @param answers references of the rows that will be graded, null where a row has none */
export function checkRewards(rewards: readonly RewardSpec[], answers: readonly (string | null)[]): Diagnostic[] {
  const grader = createGrader(rewards)
  if (!grader.ok) return [...grader.error]
  return rewards.flatMap((reward) => checkAnswers(reward, answers))
}

function checkAnswers(reward: RewardSpec, answers: readonly (string | null)[]): Diagnostic[] {
  if (!comparesAnswer(reward) || answers.length === 0) return []
  const { grader, node, title } = reward
  const at = { on: 'node', node } as const
  const given = answers.filter((answer) => answer !== null)
  if (given.length === 0) {
    const message = `${title} compares with the row's answer, but no row has one; map an answer column.`
    return [diagnoseReward('RW9004', at, message)]
  }
  if (grader.type !== 'numeric') return []
  const without = given.filter((answer) => finalNumber(answer) === null)
  if (without.length === 0) return []
  const example = JSON.stringify(without[0]!.slice(0, 40))
  const message = `${title} compares numbers, but ${without.length} of ${given.length} answers hold none, like ${example}.`
  return [diagnoseReward('RW9005', at, message, { severity: without.length === given.length ? 'error' : 'warning' })]
}

/** Pattern rewards that ran out of steps, as one warning per node. */
export function gaveUpDiagnostic(reward: RewardSpec, count: number): Diagnostic {
  return diagnoseReward(
    'RW9003',
    { on: 'field', node: reward.node, field: 'pattern' },
    `The pattern of ${reward.title} took too long on ${count} answers, which scored 0; avoid nested repeats like (a+)+.`,
    { data: { count } },
  )
}
