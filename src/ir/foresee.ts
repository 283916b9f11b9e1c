/** How far the gates and choices of a plan are known before it runs, from results that are taken over. Pure. */
import { decide, settleStage } from './decide.ts'
import type { Decided } from './decide.ts'
import type { Decision, PipelineConfig, Plan } from './pipelineConfig.ts'
import type { EvaluationResult } from './runEvent.ts'

export type Foreseen = {
  /** Of the decisions whose evaluation is taken over. */
  readonly outcomes: { readonly [decision: string]: Decided }
  /** Why stages will not run, as a sentence. */
  readonly skipped: ReadonlyMap<string, string>
  /** On which gates stages hang that are not decided yet: `if “Good enough” passes`. */
  readonly open: ReadonlyMap<string, string>
}

/** @param resultsOf scores of an evaluation that is taken over; undefined for one that runs */
export function foresee(
  plan: Plan,
  resultsOf: (stage: PipelineConfig) => readonly EvaluationResult[] | undefined,
): Foreseen {
  const outcomes: { [decision: string]: Decided } = {}
  const skipped = new Map<string, string>()
  const open = new Map<string, string>()
  const gone = new Set<string>()
  for (const stage of plan.stages) {
    const known = hangsOn(stage).every((id) => Object.hasOwn(outcomes, id))
    const settled = known ? settleStage(stage, plan.decisions, outcomes, gone) : null
    if (settled?.skip) {
      gone.add(stage.id)
      skipped.set(stage.id, settled.skip)
    } else if (!known) {
      const words = conditionWords(stage, plan.decisions)
      if (words !== null) open.set(stage.id, words)
    }
    for (const decision of plan.decisions.filter((d) => d.evaluation === stage.id)) {
      const results = resultsOf(stage)
      const needed = decision.conditions.every((c) => Object.hasOwn(outcomes, c.decision))
      if (results && needed) outcomes[decision.id] = decide(decision, results, outcomes)
    }
  }
  return { outcomes, skipped, open }
}

function hangsOn(stage: PipelineConfig): readonly string[] {
  const policies = stage.mode === 'evaluate' ? stage.evaluation.policies : []
  const sources = stage.mode === 'evaluate' ? policies.map((policy) => policy.source) : [stage.start]
  return [
    ...[...stage.conditions, ...policies.flatMap((policy) => policy.conditions)].map((c) => c.decision),
    ...sources.flatMap((source) => (source.from === 'decision' ? [source.decision] : [])),
  ]
}

/** Null when only the choice of a policy is open. */
function conditionWords(stage: PipelineConfig, decisions: readonly Decision[]): string | null {
  const words = stage.conditions.map(({ decision, outcome }) => {
    const title = decisions.find((d) => d.id === decision)?.title ?? decision
    return `“${title}” ${outcome === 'passed' ? 'passes' : 'does not pass'}`
  })
  return words.length === 0 ? null : `if ${words.join(' and ')}`
}
