/** The reward of an answer: a weighted sum of graders, with what each of them gave. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { GraderSpec, RewardSpec } from '../ir/pipelineConfig.ts'
import { diagnoseReward } from './codes.ts'
import { gradeExact } from './exact.ts'
import { gradeLength } from './length.ts'
import { gradeNumeric } from './numeric.ts'
import { compileRegex } from './regex/index.ts'
import { gradePattern } from './regexGrader.ts'

export type Graded = {
  /** What the renderer parsed: no stop sequence, no reasoning. */
  readonly completion: string
  /** The row's reference; null when it has none. Graders that compare then give 0. */
  readonly answer: string | null
  /** The answer ended by itself. */
  readonly clean: boolean
}

export type Grade = {
  /** Σ weight · component. */
  readonly total: number
  /** Before weighting, by the reward's node id; each 0…1. */
  readonly components: { readonly [node: string]: number }
  /** Nodes whose pattern gave up on this answer (RW9003); it scored 0 there. */
  readonly gaveUp: readonly string[]
}

export type Grader = (graded: Graded) => Grade

/** Prepares the rewards once (patterns are compiled); fails on rewards that can never grade. */
export function createGrader(rewards: readonly RewardSpec[]): Result<Grader, readonly Diagnostic[]> {
  const prepared = rewards.map((reward) => ({ reward, score: prepare(reward) }))
  const diagnostics = prepared.flatMap(({ score }) => (score.ok ? [] : [score.error]))
  if (diagnostics.length > 0) return err(diagnostics)
  const scorers = prepared.flatMap(({ reward, score }) => (score.ok ? [{ reward, score: score.value }] : []))
  return ok((graded) => {
    let total = 0
    const components: Record<string, number> = {}
    const gaveUp: string[] = []
    for (const { reward, score } of scorers) {
      const component = score(graded, () => gaveUp.push(reward.node))
      components[reward.node] = component
      total += reward.weight * component
    }
    return { total, components, gaveUp }
  })
}

type Score = (graded: Graded, giveUp: () => void) => number

function prepare({ grader, node }: RewardSpec): Result<Score, Diagnostic> {
  switch (grader.type) {
    case 'exact':
      return ok(({ completion, answer, clean }) =>
        answer === null ? 0 : gradeExact(grader, completion, answer, clean),
      )
    case 'numeric':
      return ok(({ completion, answer }) => (answer === null ? 0 : gradeNumeric(grader.tolerance, completion, answer)))
    case 'length':
      if (grader.min <= grader.max) return ok(({ completion }) => gradeLength(grader, completion))
      return err(
        diagnoseReward('RW9006', { on: 'field', node, field: 'min' }, 'The shortest length is above the longest.'),
      )
    case 'regex':
      return preparePattern(grader, node)
  }
}

function preparePattern(grader: Extract<GraderSpec, { type: 'regex' }>, node: string): Result<Score, Diagnostic> {
  const at = { on: 'field', node, field: 'pattern' } as const
  const regex = compileRegex(grader.pattern, grader.flags)
  if (!regex.ok) return err(diagnoseReward('RW9001', at, `The pattern cannot be used: ${regex.error}.`))
  if (grader.compareGroup && regex.value.groupCount === 0) {
    const message = 'To compare with the answer, put the part that holds the answer in parentheses.'
    return err(diagnoseReward('RW9002', at, message))
  }
  return ok(({ completion, answer }, giveUp) => {
    if (grader.compareGroup && answer === null) return 0
    const { score, gaveUp } = gradePattern(regex.value, completion, grader.compareGroup ? answer : null)
    if (gaveUp) giveUp()
    return score
  })
}
