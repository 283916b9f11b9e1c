/**
 * Looks at a stage's metrics while it runs and says what usually ends badly. Pure: points in, alarms out. Sources: recipes
 * §8 V47, V89, features 5.18; the line of 0.01 is the one that the cookbook calls stable.
 */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { StageId } from '../base/ids.ts'
import { average } from './advantages.ts'
import { diagnoseTraining } from './codes.ts'
import type { TrainingCode } from './codes.ts'
import type { Points } from './series.ts'

const DRIFT = 0.01
const BROKEN = 0.1
const CONSTANT_SHARE = 0.8
const CONSTANT_STEPS = 5
/** Shares of right answers at the start that leave nothing to learn from. V47. */
const TOO_HARD = 0.02
const TOO_EASY = 0.95
const FIRST_STEPS = 5
const ENTROPY_SHARE = 0.2
const FLAT_STEPS = 20
/** Rewards that stay within this share of their size do not move. */
const FLAT_SHARE = 0.005
/** A reward this near to the best that 0…1 graders give has no reason to move. */
const SOLVED = 0.95
const LONGER = 3
const SLOW = 5
/** Where so much smaller a share of the experts than at first gets any token, routing collapses. */
const EXPERTS_SHARE = 0.75
/** What training is steered by; times and rates of them may be infinite for reasons of a clock. */
const STEERING = /^(train\/loss$|reward\/|optim\/(entropy$|kl_|.*(grad|loss)))/
/** Steps before a median tells anything; the first ones also load and compile. */
const TIMED_STEPS = 10
/** Shorter steps vary by more than five times for reasons of the machine. */
const LEAST_SECONDS = 1

export type Watch = {
  /** What the points of a step give reason to say; each thing is said once. */
  observe(points: Points): readonly Diagnostic[]
}

/** @param accuracy series of graders that compare with the row's answer, each 0…1; none for a stage that goes on */
export function createWatch(stage: StageId, accuracy: readonly string[] = []): Watch {
  const told = new Set<TrainingCode>()
  const rewards: number[] = []
  const times: number[] = []
  const right: number[] = []
  const finite = new Set<string>()
  let constantFor = 0
  let firstEntropy: number | null = null
  let firstLength: number | null = null
  let firstExperts: number | null = null
  const at = { on: 'stage', stage } as const

  function* alarms(points: Points): Generator<readonly [TrainingCode, string]> {
    const lost = Object.entries(points).find(([series, value]) => {
      if (typeof value !== 'number' || !STEERING.test(series)) return false
      if (Number.isFinite(value)) finite.add(series)
      // Servers that never tell a metric may send nothing as its value.
      return !Number.isFinite(value) && (finite.has(series) || !Number.isNaN(value))
    })
    if (lost)
      yield [
        'TR5108',
        `The metric ${lost[0]} is ${lost[1]}: training has diverged, and what follows teaches nothing. Start again with a lower learning rate.`,
      ]

    const kl = Math.abs(points['optim/kl_sample_train_v1'] ?? 0)
    if (kl > BROKEN)
      yield [
        'TR5102',
        `Sampler and trainer disagree about the same tokens (KL ${kl.toPrecision(2)}, above ${BROKEN}): what is learned is noise. Lower the learning rate, or look at how the server computes.`,
      ]
    else if (kl > DRIFT)
      yield [
        'TR5101',
        `Sampler and trainer drift apart (KL ${kl.toPrecision(2)}; below ${DRIFT} is steady). A lower learning rate or fewer substeps hold them together.`,
      ]

    const mixed = points['groups/frac_mixed']
    if (typeof mixed === 'number') constantFor = 1 - mixed >= CONSTANT_SHARE ? constantFor + 1 : 0
    if (constantFor >= CONSTANT_STEPS)
      yield [
        'TR5103',
        `For ${constantFor} steps in at least ${CONSTANT_SHARE * 100} % of the groups every answer has earned the same, which teaches nothing. Other rows, larger groups or a finer reward give differences.`,
      ]

    const given = accuracy.flatMap((series) => points[series] ?? [])
    if (given.length > 0 && right.length < FIRST_STEPS) right.push(average(given))
    const share = average(right)
    if (right.length === FIRST_STEPS && (share < TOO_HARD || share > TOO_EASY))
      yield [
        'TR5111',
        share < TOO_HARD
          ? `Of the first ${FIRST_STEPS} steps’ answers ${percent(share)} are right: these rows are too hard to learn from by trying. SFT before it, easier rows or larger groups help.`
          : `Of the first ${FIRST_STEPS} steps’ answers ${percent(share)} are right: these rows have little left to teach. Harder ones do.`,
      ]

    const entropy = points['optim/entropy']
    if (typeof entropy === 'number') firstEntropy ??= entropy
    if (typeof entropy === 'number' && firstEntropy !== null && entropy < ENTROPY_SHARE * firstEntropy)
      yield [
        'TR5104',
        `The entropy has fallen to ${entropy.toPrecision(2)} from ${firstEntropy.toPrecision(2)}: answers are nearly always the same. A KL penalty or a lower learning rate keeps variety.`,
      ]

    const experts = points['train/e_frac_with_tokens']
    if (typeof experts === 'number') firstExperts ??= experts
    if (typeof experts === 'number' && firstExperts !== null && experts < EXPERTS_SHARE * firstExperts)
      yield [
        'TR5109',
        `Only ${Math.round(experts * 100)} % of the experts get any token, ${Math.round(firstExperts * 100)} % at first: the routing collapses. A lower learning rate keeps it even.`,
      ]

    const length = points['rollouts/tokens_mean']
    if (typeof length === 'number') firstLength ??= length
    if (typeof length === 'number' && firstLength !== null && firstLength > 0) {
      const times = length / firstLength
      if (times > LONGER || times < 1 / LONGER)
        yield [
          'TR5107',
          `Answers have ${length.toPrecision(3)} tokens on average, ${firstLength.toPrecision(3)} at first: look at some, the reward may pay for length alone.`,
        ]
    }

    const reward = points['reward/total']
    if (typeof reward === 'number') rewards.push(reward)
    const recent = rewards.slice(-FLAT_STEPS)
    const [low, high] = [Math.min(...recent), Math.max(...recent)]
    const size = Math.max(Math.abs(low), Math.abs(high))
    if (recent.length === FLAT_STEPS && high - low <= FLAT_SHARE * size && high < SOLVED)
      yield ['TR5105', `The reward has not moved from ${high.toPrecision(3)} for ${FLAT_STEPS} steps.`]

    const seconds = points['time/step']
    if (typeof seconds === 'number') {
      const usual = median(times)
      if (times.length >= TIMED_STEPS && seconds > Math.max(SLOW * usual, LEAST_SECONDS))
        yield ['TR5106', `A step took ${seconds.toFixed(1)} s, ${SLOW} times as long as usual (${usual.toFixed(1)} s).`]
      times.push(seconds)
    }
  }

  return {
    observe: (points) =>
      [...alarms(points)]
        .filter(([code]) => !told.has(code) && told.add(code))
        .map(([code, message]) => diagnoseTraining(code, at, message)),
  }
}

function percent(share: number): string {
  return `${(share * 100).toPrecision(2)} %`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
