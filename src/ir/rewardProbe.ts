/** A look at rewards before a run: what they give to answers whose worth is known beforehand. */
import { canonicalJson } from '../base/canonicalJson.ts'
import type { DatasetRequest } from './dataset.ts'
import { datasetKey } from './datasetKey.ts'
import type { RewardSpec } from './pipelineConfig.ts'

/** Answers made from the rows themselves. `shuffled` is the answer of another row, `truncated` the first half of the row's own. */
export const PROBED = ['gold', 'shuffled', 'empty', 'echo', 'truncated'] as const
export type ProbedAnswer = (typeof PROBED)[number]

export type RewardProbe = {
  /** Rows with an answer that were looked at. */
  readonly rows: number
  /** Different answers among them. */
  readonly different: number
  /** Means before weighting, 0…1, by the reward's node. */
  readonly means: { readonly [node: string]: { readonly [answer in ProbedAnswer]: number } }
  /** Share of all these answers on which a pattern ran out of steps, by the reward's node; absent where none did. */
  readonly gaveUp?: { readonly [node: string]: number }
  /** Where the rows' own answers earn nothing from a grader of form, and right answers in its form do; by its node. */
  readonly written?: { readonly [node: string]: WrittenAnswers }
  /** Where they earn nothing in any form that was found either. */
  readonly unwritten?: { readonly [node: string]: UnwrittenAnswer }
  /** Lengths of the rows' own answers in the unit of a grader of length, by its node. */
  readonly lengths?: { readonly [node: string]: { readonly shortest: number; readonly longest: number } }
}

/** Right answers, written in the form that a grader asks for. */
export type WrittenAnswers = {
  /** What every reward gives them, by its node; `shuffled` is the answer of another row in the same form. */
  readonly means: { readonly [node: string]: { readonly gold: number; readonly shuffled: number } }
  /** The first row's answer in that form, at most 200 characters of it. */
  readonly example: string
  /** The example with “…” for the answer; null where the form is a length. */
  readonly shape: string | null
  /** What of the shape cannot be otherwise, in order. */
  readonly frame: readonly string[]
  /** Share of the rows whose own prompt shows the frame. */
  readonly shown: number
  /** Share of the rows that have a system message of their own. */
  readonly ownSystem: number
}

export type UnwrittenAnswer = {
  /** The first answer that no form took, at most 40 characters of it. */
  readonly answer: string
  /** A text that the pattern does match. */
  readonly matches: string | null
  /** A character of the answer that the place for it never takes. */
  readonly missing: string | null
  /** All that this place takes, in words; null when that is too much to say. */
  readonly only: string | null
  /** Right answers would be paid if only the form counted. */
  readonly paidWithoutComparing: boolean
}

export type ProbeRequest = { readonly dataset: DatasetRequest; readonly rewards: readonly RewardSpec[] }

/** Where `Facts.probes` keeps the answer. Titles and weights change nothing of what a grader gives. */
export function probeKey({ dataset, rewards }: ProbeRequest): string {
  return `[${canonicalJson(datasetKey(dataset))},[${rewards.map(textOf).join()}]]`
}

/** Rewards are immutable and the same in many stages. */
const texts = new WeakMap<RewardSpec, string>()

function textOf(reward: RewardSpec): string {
  let text = texts.get(reward)
  if (text === undefined) {
    const { node, grader } = reward
    texts.set(reward, (text = canonicalJson({ node, grader })))
  }
  return text
}
