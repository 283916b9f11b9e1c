/** The probe of rewards: gold, shuffled, empty, echoed and truncated answers through the very graders of the run. */
import { deriveSeed, seededRng } from '../base/rng.ts'
import { PROBED } from '../ir/rewardProbe.ts'
import type { ProbedAnswer, RewardProbe } from '../ir/rewardProbe.ts'
import type { RewardSpec } from '../ir/pipelineConfig.ts'
import { createGrader } from './grade.ts'
import type { Graded } from './grade.ts'

/** A row as graders know it. */
export type ProbeRow = {
  /** The question, as the person asks it. */
  readonly prompt: string
  /** What the row's own answer says in full: the last assistant turn, or the answer column. */
  readonly completion: string
  /** The reference that graders compare with. */
  readonly answer: string
}

const SAMPLE = 64

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
  return {
    rows: sample.length,
    different: new Set(sample.map(({ answer }) => answer)).size,
    means: Object.fromEntries([...sums].map(([node, given]) => [node, mean(given)])),
    ...(lost.size > 0 ? { gaveUp: shares(lost, sample.length * PROBED.length) } : {}),
  }
}

function answered(kind: ProbedAnswer, row: ProbeRow, sample: readonly ProbeRow[], index: number): Graded {
  const { answer } = row
  switch (kind) {
    case 'gold':
      return { completion: row.completion, answer, clean: true }
    case 'shuffled':
      return { completion: otherThan(row, sample, index).completion, answer, clean: true }
    case 'empty':
      return { completion: '', answer, clean: true }
    case 'echo':
      return { completion: row.prompt, answer, clean: true }
    case 'truncated':
      return { completion: row.completion.slice(0, Math.floor(row.completion.length / 2)), answer, clean: false }
  }
}

/** The next row with another answer; the row itself when all answers are alike. */
function otherThan(row: ProbeRow, sample: readonly ProbeRow[], index: number): ProbeRow {
  for (let step = 1; step < sample.length; step++) {
    const other = sample[(index + step) % sample.length]!
    if (other.answer !== row.answer) return other
  }
  return row
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
