/** The probe of rewards: gold, shuffled, empty, echoed and truncated answers through the very graders of the run. */
import { deriveSeed, seededRng } from '../base/rng.ts'
import { EARNS_NOTHING, shows } from '../ir/probedForm.ts'
import { PROBED } from '../ir/rewardProbe.ts'
import type { ProbedAnswer, RewardProbe, UnwrittenAnswer, WrittenAnswers } from '../ir/rewardProbe.ts'
import type { RewardSpec } from '../ir/pipelineConfig.ts'
import { createGrader } from './grade.ts'
import type { Graded, Grader } from './grade.ts'
import { lengthOf } from './length.ts'
import { fill } from './regex/witness.ts'
import { whyUnwritten, writeAnswers } from './writtenForm.ts'

/** A row as graders know it. */
export type ProbeRow = {
  /** The question, as the person asks it. */
  readonly prompt: string
  /** What the row's own answer says in full: the last assistant turn, or the answer column. */
  readonly completion: string
  /** The reference that graders compare with. */
  readonly answer: string
  /** All that the model reads of the row before it answers; the prompt where absent. */
  readonly context?: string
  /** It has a system message of its own, so that the dataset's is not put before it. */
  readonly system?: boolean
}

const SAMPLE = 64
/** Of an example, in characters. */
const MOST_SHOWN = 200

/** Null when there is nothing to look at, or a reward cannot grade (which is told elsewhere). Same rows, same numbers. */
export function probeRewards(rows: readonly ProbeRow[], rewards: readonly RewardSpec[]): RewardProbe | null {
  const grader = createGrader(rewards)
  if (!grader.ok || rows.length === 0 || rewards.length === 0) return null
  const sample = sampled(rows)
  const sums = new Map(rewards.map(({ node }) => [node as string, zeros()]))
  const lost = new Map<string, number>()
  sample.forEach((row, index) => {
    for (const kind of PROBED) {
      const { components, gaveUp } = grader.value(answered(kind, row, sample, index))
      for (const node of gaveUp) lost.set(node, (lost.get(node) ?? 0) + 1)
      for (const [node, given] of sums) given[kind] += components[node] ?? 0
    }
  })
  const mean = (given: Record<ProbedAnswer, number>): Record<ProbedAnswer, number> =>
    Object.fromEntries(PROBED.map((kind) => [kind, given[kind] / sample.length])) as Record<ProbedAnswer, number>
  const means = Object.fromEntries([...sums].map(([node, given]) => [node, mean(given)]))
  const lengths = rewards.flatMap((reward) => lengthsOf(reward, sample))
  return {
    rows: sample.length,
    different: new Set(sample.map(({ answer }) => answer)).size,
    means,
    ...(lost.size > 0 ? { gaveUp: shares(lost, sample.length * PROBED.length) } : {}),
    ...inForm(
      rewards.filter(({ node }) => means[node]!.gold < EARNS_NOTHING),
      rewards,
      sample,
      grader.value,
    ),
    ...(lengths.length > 0 ? { lengths: Object.fromEntries(lengths) } : {}),
  }
}

/** The rows' answers once more, written as each of `unpaid` wants them. */
function inForm(
  unpaid: readonly RewardSpec[],
  rewards: readonly RewardSpec[],
  sample: readonly ProbeRow[],
  grader: Grader,
): Pick<RewardProbe, 'written' | 'unwritten'> {
  const written: { [node: string]: WrittenAnswers } = {}
  const unwritten: { [node: string]: UnwrittenAnswer } = {}
  for (const reward of unpaid) {
    const made = writeAnswers(
      reward,
      sample.map(({ answer }) => answer),
    )
    if (!made) continue
    const means = meansOf(made.texts, rewards, sample, grader)
    const at = made.texts.findIndex((text) => text !== null)
    if (at !== -1 && means[reward.node]!.gold >= EARNS_NOTHING) {
      const frame = made.form?.frame ?? []
      written[reward.node] = {
        means,
        example: made.texts[at]!.slice(0, MOST_SHOWN),
        shape: made.form && fill(made.form, '…'),
        frame,
        shown: sample.filter((row) => shows(row.context ?? row.prompt, frame)).length / sample.length,
        ownSystem: sample.filter(({ system }) => system).length / sample.length,
      }
      continue
    }
    const why = whyUnwritten(reward, sample[made.texts.indexOf(null)]?.answer ?? '')
    if (why) unwritten[reward.node] = why
  }
  return {
    ...(Object.keys(written).length > 0 ? { written } : {}),
    ...(Object.keys(unwritten).length > 0 ? { unwritten } : {}),
  }
}

/** Over the rows for which a text was looked for; one that has none says what the row itself does. */
function meansOf(
  texts: readonly (string | null)[],
  rewards: readonly RewardSpec[],
  sample: readonly ProbeRow[],
  grader: Grader,
): WrittenAnswers['means'] {
  const sums = new Map(rewards.map(({ node }) => [node as string, { gold: 0, shuffled: 0 }]))
  const saying = (index: number): string => texts[index] ?? sample[index]!.completion
  texts.forEach((_, index) => {
    const { answer } = sample[index]!
    const other = otherThan(index, sample, texts.length)
    const right = grader({ completion: saying(index), answer, clean: true }).components
    const wrong = grader({ completion: saying(other), answer, clean: true }).components
    for (const [node, sum] of sums) {
      sum.gold += right[node] ?? 0
      sum.shuffled += wrong[node] ?? 0
    }
  })
  const mean = (sum: number): number => sum / texts.length
  return Object.fromEntries(
    [...sums].map(([node, { gold, shuffled }]) => [node, { gold: mean(gold), shuffled: mean(shuffled) }]),
  )
}

function lengthsOf(
  { grader, node }: RewardSpec,
  sample: readonly ProbeRow[],
): [string, { shortest: number; longest: number }][] {
  if (grader.type !== 'length') return []
  const lengths = sample.map(({ completion }) => lengthOf(grader, completion))
  return [[node, { shortest: Math.min(...lengths), longest: Math.max(...lengths) }]]
}

function answered(kind: ProbedAnswer, row: ProbeRow, sample: readonly ProbeRow[], index: number): Graded {
  const { answer } = row
  switch (kind) {
    case 'gold':
      return { completion: row.completion, answer, clean: true }
    case 'shuffled':
      return { completion: sample[otherThan(index, sample)]!.completion, answer, clean: true }
    case 'empty':
      return { completion: '', answer, clean: true }
    case 'echo':
      return { completion: row.prompt, answer, clean: true }
    case 'truncated':
      return { completion: row.completion.slice(0, Math.floor(row.completion.length / 2)), answer, clean: false }
  }
}

/** The next of the first `count` rows with another answer; the row itself when all answers are alike. */
function otherThan(index: number, sample: readonly ProbeRow[], count = sample.length): number {
  for (let step = 1; step < count; step++) {
    const other = (index + step) % count
    if (sample[other]!.answer !== sample[index]!.answer) return other
  }
  return index
}

function sampled(rows: readonly ProbeRow[]): readonly ProbeRow[] {
  if (rows.length <= SAMPLE) return rows
  const rng = seededRng(deriveSeed(0, 'reward probe', rows.length))
  const taken = new Set<number>()
  while (taken.size < SAMPLE) taken.add(rng.int(rows.length))
  return [...taken].sort((a, b) => a - b).map((i) => rows[i]!)
}

function shares(counts: ReadonlyMap<string, number>, of: number): { [node: string]: number } {
  return Object.fromEntries([...counts].map(([node, count]) => [node, count / of]))
}

function zeros(): Record<ProbedAnswer, number> {
  return { gold: 0, shuffled: 0, empty: 0, echo: 0, truncated: 0 }
}
