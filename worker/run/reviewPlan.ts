/** What a plan would do on the selected server, before it does anything: what is taken over, what runs and why, how fast. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { pacesOf } from '#src/ir/paces.ts'
import { decideReuse, finishedStages, unfinishedStages } from '#src/ir/reuse.ts'
import type { FinishedStage, ReuseDecision, UnfinishedStage } from '#src/ir/reuse.ts'
import type { RunState } from '#src/ir/runState.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { diagnosticOf, failureOf, parseCheckpointPath } from '#src/tinker/index.ts'
import type { Listings } from '#src/training/liveSaves.ts'
import { planReuse } from '#src/training/reusePlan.ts'
import type { PlanReview, ReviewRequest, StageRecord } from '../protocol.ts'
import type { Backends } from './backends.ts'
import type { RunStates } from './earlierRuns.ts'

export type ReviewDeps = {
  readonly backends: Backends
  readonly states: RunStates
  readonly recent: RecentListings
  readonly now: () => number
}

export async function reviewPlan(request: ReviewRequest, deps: ReviewDeps): Promise<PlanReview> {
  const { docId } = request
  const states = await deps.states.of(deps.backends.selected())
  const earlier = states.flatMap(finishedStages)
  const { decisions, verified, problem } = await decide(request, earlier, unfinishedStages(states), deps)
  const last = states.find((state) => state.docId === docId) ?? null
  return {
    stages: decisions.map(({ stage, reuse, reasons }) => {
      const own = earlier.find((e) => e.docId === docId && e.stage === stage)
      const before = reuse ?? own ?? null
      return { stage, from: reuse?.run ?? null, reasons, before: before && recordOf(before, states) }
    }),
    last: last && { run: last.run, startedAt: last.startedAt, gone: goneStages(last, request) },
    paces: [...pacesOf(states)],
    verified,
    problem,
  }
}

type Decided = {
  readonly decisions: readonly ReuseDecision[]
  readonly verified: boolean
  readonly problem: Diagnostic | null
}

/** Requests that a server gets without a person asking for them, at most in so long. */
export const MOST_UNASKED = 8
const RECENT_MS = 60_000

/** What servers have said of late, by address. */
export type RecentListings = Map<string, { readonly since: number; readonly listed: Listings }>

/** Asking the embedded backend what still lives costs nothing; other servers are asked little unless somebody wants to know. */
async function decide(
  { plan, docId, asked, live }: ReviewRequest,
  stages: readonly FinishedStage[],
  unfinished: readonly UnfinishedStage[],
  { backends, recent, now }: ReviewDeps,
): Promise<Decided> {
  const unchecked = (problem: Diagnostic | null): Decided => {
    const decisions = decideReuse(plan, stages, docId, new Set(asked), unfinished)
    return { decisions, verified: trainingRuns(plan, decisions).size === 0, problem }
  }
  const selected = backends.selected()
  const mode = selected.type === 'embedded' ? 'now' : live
  if (stages.length === 0 || mode === 'never') return unchecked(null)
  const known = listingsOf(recent, selected.url, mode, now())
  if (mode === 'recent') {
    const { decisions } = unchecked(null)
    const unknown = [...trainingRuns(plan, decisions)].filter((run) => !known.has(run))
    if (known.size + unknown.length > MOST_UNASKED && unknown.length > 0) return unchecked(null)
  }
  const service = backends.shared()
  if (!service.ok) return unchecked(service.error)
  const context = { service: service.value, signal: new AbortController().signal, now }
  try {
    const reuse = await planReuse(plan, context, { stages, docId, asked: new Set(asked), unfinished }, known)
    return { decisions: plan.stages.map(({ id }) => reuse.get(id)!), verified: true, problem: null }
  } catch (error) {
    const failure = failureOf(error)
    if (!failure) throw error
    return unchecked(diagnosticOf(failure))
  }
}

function listingsOf(recent: RecentListings, url: string, mode: 'now' | 'recent', now: number): Listings {
  const known = recent.get(url)
  if (known && mode === 'recent' && now - known.since < RECENT_MS) return known.listed
  const listed: Listings = new Map()
  recent.set(url, { since: now, listed })
  return listed
}

/** Training runs of the server whose saves stand for stages of the plan. */
function trainingRuns(plan: Plan, decisions: readonly ReuseDecision[]): ReadonlySet<string> {
  const trains = new Set<string>(plan.stages.filter(({ mode }) => mode !== 'evaluate').map(({ id }) => id))
  const saves = decisions.flatMap(({ stage, reuse }) => (trains.has(stage) && reuse ? reuse.checkpoints : []))
  return new Set(
    saves.flatMap(({ statePath }) => {
      const path = parseCheckpointPath(statePath)
      return path.ok ? [path.value.runId] : []
    }),
  )
}

function recordOf(found: FinishedStage, states: readonly RunState[]): StageRecord {
  const { run, key, stage, steps, rows, first, last, evaluations, plan } = found
  // The run that made it may be gone from the history, where another has taken over what it left.
  const ended = states.find((state) => state.run === run)?.stages[stage]
  const made = ended?.phase === 'finished' && ended.reusedFrom === undefined ? ended : null
  const seconds = made && took(made)
  const estimate = plan.estimates[stage] ?? null
  return { run, key, steps, rows, first, last, evaluations, estimate, endedAt: made?.endedAt ?? found.endedAt, seconds }
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
