/** What a plan would do on the selected server, before it does anything: what is taken over, what runs and why, how fast. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { pacesOf } from '#src/ir/paces.ts'
import { decideReuse, finishedStages, unfinishedStages } from '#src/ir/reuse.ts'
import type { FinishedStage, ReuseDecision, UnfinishedStage } from '#src/ir/reuse.ts'
import type { RunState } from '#src/ir/runState.ts'
import { diagnosticOf, failureOf } from '#src/tinker/index.ts'
import { planReuse } from '#src/training/reusePlan.ts'
import type { PlanReview, ReviewRequest, StageRecord } from '../protocol.ts'
import type { Backends } from './backends.ts'
import type { RunStates } from './earlierRuns.ts'

export type ReviewDeps = { readonly backends: Backends; readonly states: RunStates; readonly now: () => number }

export async function reviewPlan(request: ReviewRequest, deps: ReviewDeps): Promise<PlanReview> {
  const { docId } = request
  const states = await deps.states.of(deps.backends.selected())
  const earlier = states.flatMap(finishedStages)
  const { decisions, problem } = await decide(request, earlier, unfinishedStages(states), deps)
  const last = states.find((state) => state.docId === docId) ?? null
  return {
    stages: decisions.map(({ stage, reuse, reasons }) => {
      const own = earlier.find((e) => e.docId === docId && e.stage === stage)
      const before = reuse ?? own ?? null
      return { stage, from: reuse?.run ?? null, reasons, before: before && recordOf(before, states) }
    }),
    last: last && { run: last.run, startedAt: last.startedAt, gone: goneStages(last, request) },
    paces: [...pacesOf(states)],
    problem,
  }
}

type Decided = { readonly decisions: readonly ReuseDecision[]; readonly problem: Diagnostic | null }

/** Asking the embedded backend what still lives costs nothing; other servers are asked when somebody wants to know. */
async function decide(
  { plan, docId, asked, live }: ReviewRequest,
  stages: readonly FinishedStage[],
  unfinished: readonly UnfinishedStage[],
  { backends, now }: ReviewDeps,
): Promise<Decided> {
  const unchecked = (problem: Diagnostic | null): Decided => ({
    decisions: decideReuse(plan, stages, docId, new Set(asked), unfinished),
    problem,
  })
  if (stages.length === 0 || (!live && backends.selected().type !== 'embedded')) return unchecked(null)
  const service = backends.shared()
  if (!service.ok) return unchecked(service.error)
  const context = { service: service.value, signal: new AbortController().signal, now }
  try {
    const reuse = await planReuse(plan, context, { stages, docId, asked: new Set(asked), unfinished })
    return { decisions: plan.stages.map(({ id }) => reuse.get(id)!), problem: null }
  } catch (error) {
    const failure = failureOf(error)
    if (!failure) throw error
    return unchecked(diagnosticOf(failure))
  }
}

function recordOf(found: FinishedStage, states: readonly RunState[]): StageRecord {
  const { run, key, stage, steps, rows, first, last, evaluations, plan } = found
  const ended = states.find((state) => state.run === run)?.stages[stage]
  const times = ended?.phase === 'finished' ? ended : { startedAt: 0, endedAt: 0 }
  const seconds = ended?.phase === 'finished' && ended.reusedFrom === undefined ? took(times) : null
  const estimate = plan.estimates[stage] ?? null
  return { run, key, steps, rows, first, last, evaluations, estimate, endedAt: times.endedAt, seconds }
}

function took({ startedAt, endedAt }: { readonly startedAt: number; readonly endedAt: number }): number {
  return (endedAt - startedAt) / 1000
}

/** Stages of the document's last run that the whole plan has no longer. */
function goneStages({ plan: before }: RunState, { plan, whole }: ReviewRequest): readonly string[] {
  if (!whole) return []
  const now = new Set(plan.stages.map(({ id }) => id))
  return before.stages.filter(({ id }) => !now.has(id)).map(({ title }) => title)
}
