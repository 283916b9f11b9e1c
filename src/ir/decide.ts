/** Gates and choices: which way a run goes on, from the scores of an evaluation. Pure, so that a log can be read again. */
import type { Decision, PipelineConfig, PolicySource } from './pipelineConfig.ts'
import type { EvaluationResult } from './runEvent.ts'

export type Decided = {
  /** `passed` or `failed` of a gate, the label that a best-of chose; null when there was nothing to decide on. */
  readonly outcome: string | null
  /** The score that decided. */
  readonly value: number | null
}

export type Outcomes = { readonly [decision: string]: Decided }

const NOTHING: Decided = { outcome: null, value: null }

/** @param results of the decision's evaluation; undefined when it was skipped */
export function decide(
  decision: Decision,
  results: readonly EvaluationResult[] | undefined,
  outcomes: Outcomes,
): Decided {
  const open = decision.conditions.every(({ decision: gate, outcome }) => outcomes[gate]?.outcome === outcome)
  if (!results || !open) return NOTHING
  const scoreOf = (label: string): number | null => results.find((r) => r.label === label)?.score ?? null
  if (decision.type === 'gate') {
    const value = scoreOf(decision.policy)
    const base = decision.against === null ? 0 : scoreOf(decision.against)
    if (value === null || base === null) return NOTHING
    const limit = base + decision.threshold
    const passed = decision.comparison === 'at-least' ? value >= limit : value <= limit
    return { outcome: passed ? 'passed' : 'failed', value }
  }
  let best = NOTHING
  for (const { label } of decision.candidates) {
    const value = scoreOf(label)
    if (value === null) continue
    const better = best.value === null || (decision.goal === 'highest' ? value > best.value : value < best.value)
    if (better) best = { outcome: label, value }
  }
  return best
}

export type Settled =
  | { readonly skip: null; readonly stage: PipelineConfig }
  /** Why the stage does not run, as a sentence. */
  | { readonly skip: string }

/** A stage with every choice behind it made: what it starts from is a base model or a stage's save, or it is skipped. */
export function settleStage(
  stage: PipelineConfig,
  decisions: readonly Decision[],
  outcomes: Outcomes,
  skipped: ReadonlySet<string>,
): Settled {
  const titleOf = (id: string): string => decisions.find((decision) => decision.id === id)?.title ?? id
  const closed = stage.conditions.find(({ decision, outcome }) => outcomes[decision]?.outcome !== outcome)
  if (closed) {
    const is = outcomes[closed.decision]?.outcome
    const why =
      is === undefined || is === null ? 'had nothing to decide on' : is === 'passed' ? 'passed' : 'did not pass'
    return { skip: `“${titleOf(closed.decision)}” ${why}.` }
  }
  const chosen = (source: PolicySource): ReturnType<typeof candidateOf> =>
    source.from === 'decision' ? candidateOf(decisions, source.decision, outcomes) : null
  const missing = (source: PolicySource): boolean =>
    (source.from === 'stage' && skipped.has(source.stage)) || (source.from === 'decision' && !chosen(source))
  if (stage.mode === 'evaluate') {
    const policies = stage.evaluation.policies.flatMap((policy) => {
      const open = policy.conditions.every(({ decision, outcome }) => outcomes[decision]?.outcome === outcome)
      if (!open || missing(policy.source)) return []
      const choice = chosen(policy.source)
      return [choice ? { ...policy, model: choice.model, source: choice.source } : policy]
    })
    if (policies.length === 0) return { skip: 'None of its policies came about.' }
    return { skip: null, stage: { ...stage, evaluation: { ...stage.evaluation, policies } } }
  }
  const { start } = stage
  if (missing(start)) return { skip: 'The policy that it starts from did not come about.' }
  const choice = chosen(start)
  if (!choice || start.from !== 'decision') return { skip: null, stage }
  const source = choice.source.from === 'stage' ? { ...choice.source, load: start.load } : choice.source
  return { skip: null, stage: { ...stage, model: choice.model, start: source } }
}

function candidateOf(
  decisions: readonly Decision[],
  id: string,
  outcomes: Outcomes,
): Extract<Decision, { type: 'best-of' }>['candidates'][number] | null {
  const decision = decisions.find((d) => d.id === id)
  if (decision?.type !== 'best-of') return null
  const candidate = decision.candidates.find(({ label }) => label === outcomes[id]?.outcome)
  if (!candidate) return null
  return candidate.source.from === 'decision' ? candidateOf(decisions, candidate.source.decision, outcomes) : candidate
}
