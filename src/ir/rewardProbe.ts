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
