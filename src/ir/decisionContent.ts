/** What the outcome of a decision depends on, as data, with keys of parents in place of their ids. */
import type { Json } from '../base/canonicalJson.ts'
import type { Decision, EvaluateStage, PolicySource } from './pipelineConfig.ts'
import type { Hashes } from './stageText.ts'

/** Labels enter only by the place in the evaluation that they stand for; the evaluation itself enters by its key. */
export function decisionContent(decision: Decision, hashes: Hashes, measured: EvaluateStage | undefined): Json {
  const common = {
    evaluation: keyOf(hashes, decision.evaluation),
    conditions: decision.conditions.map((c) => ({ decision: keyOf(hashes, c.decision), outcome: c.outcome })),
  }
  if (decision.type === 'best-of') {
    const candidates = decision.candidates.map(({ model: { node: _, ...model }, source: from }) => ({
      model,
      source: sourceContent(from, hashes),
    }))
    return { ...common, type: 'best-of', goal: decision.goal, candidates }
  }
  const { policy, comparison, threshold, against } = decision
  const place = (label: string): number | string => placeOfPolicy(measured, label) ?? label
  return {
    ...common,
    type: 'gate',
    policy: place(policy),
    comparison,
    threshold,
    against: against === null ? null : place(against),
  }
}

/** Which policy of an evaluation a label stands for; null for one that it does not measure. */
export function placeOfPolicy(measured: EvaluateStage | undefined, label: string): number | null {
  const place = measured?.evaluation.policies.findIndex((policy) => policy.label === label) ?? -1
  return place < 0 ? null : place
}

function sourceContent(from: PolicySource, hashes: Hashes): Json {
  switch (from.from) {
    case 'base':
      return from
    case 'stage':
      return { ...from, stage: keyOf(hashes, from.stage) }
    case 'decision':
      return { ...from, decision: keyOf(hashes, from.decision) }
  }
}

function keyOf(hashes: Hashes, id: string): string | null {
  return Object.hasOwn(hashes, id) ? hashes[id]! : null
}
