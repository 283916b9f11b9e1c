/** What earlier runs have left for the plan as it is now: asked of the worker once per compile, told to cards as marks. */
import { proxy, ref, subscribe } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { StageId } from '../base/ids.ts'
import type { Plan } from '../ir/pipelineConfig.ts'
import type { PriceTable } from '../ir/prices.ts'
import type { PlanReview, ReviewedStage, ReviewRequest } from '../services/runService.ts'
import type { Backend } from './backend.ts'
import type { Editor } from './editor.ts'
import { cardsAround } from './planCards.ts'
import type { Runs } from './runs.ts'

export type CardMark = {
  /** `lost`: pinned to a result that is no longer there. `unknown`: it was not asked whether its save still lives. */
  readonly state: 'current' | 'unknown' | 'stale' | 'lost'
  readonly pinned: boolean
  /** Why it would run again; empty for what is current. */
  readonly why: string
  /** It ended early the last time, so it is no result that went stale. */
  readonly early?: boolean
}

export type PlanReviewState = {
  /** The newest answer and the plan that it is about; null before the first one and while there is no plan. */
  known: { readonly plan: Plan; readonly review: PlanReview } | null
}

export type PlanReviews = {
  readonly state: PlanReviewState
  /** The stages of the card's node as they were reviewed last. */
  stagesOf(node: string): readonly ReviewedStage[]
  /** Null for cards without a stage, and for stages that have never run. The same object while nothing changed. */
  markOf(node: string): CardMark | null
  subscribe(node: string, listener: () => void): () => void
  /** Asks anew, also servers that are far away, about a plan or a part of one. */
  look(plan: Plan, whole: boolean, asked: ReadonlySet<StageId>): Promise<PlanReview | null>
  /** Whether sums by these prices can be believed. */
  priceProblems(plan: Plan, prices: PriceTable): readonly Diagnostic[]
  /** Begins to follow; returns the end. */
  start(): () => void
}

export type PlanReviewDeps = {
  readonly editor: Pick<Editor, 'doc' | 'problems' | 'registry' | 'views' | 'now'>
  readonly runs: Pick<Runs, 'state'>
  readonly backend: Pick<Backend, 'state'>
  review(request: ReviewRequest): Promise<PlanReview | null>
  priceProblems(plan: Plan, prices: PriceTable, now: number): readonly Diagnostic[]
}

export function createPlanReviews({ editor, runs, backend, review, priceProblems }: PlanReviewDeps): PlanReviews {
  const state = proxy<PlanReviewState>({ known: null })
  const listeners = new Map<string, Set<() => void>>()
  let marks = new Map<string, CardMark>()
  let asking: Plan | null = null
  let again = false

  async function ask(
    plan: Plan,
    whole: boolean,
    asked: ReadonlySet<StageId>,
    live: ReviewRequest['live'],
  ): Promise<PlanReview | null> {
    try {
      return await review({ plan, whole, docId: editor.doc.get().id, asked: [...asked], live })
    } catch {
      // A worker that died is told elsewhere; without an answer there are no marks.
      return null
    }
  }

  /** One question at a time; what changed meanwhile is asked next. */
  async function follow(): Promise<void> {
    if (asking !== null) {
      again = true
      return
    }
    const { plan } = editor.problems.state
    if (plan === null) {
      await take(null)
      return
    }
    asking = plan
    try {
      const live = backend.state.connection.phase === 'connected' ? 'recent' : 'never'
      const answer = await ask(plan, true, new Set(), live)
      if (editor.problems.state.plan === plan) await take(answer && { plan, review: answer })
    } finally {
      asking = null
    }
    if (!again) return
    again = false
    await follow()
  }

  async function take(known: PlanReviewState['known']): Promise<void> {
    // Words are not needed for the first picture.
    const next = known ? (await import('./planMarks.ts')).marksOf(known, editor) : new Map<string, CardMark>()
    if (known && editor.problems.state.plan !== known.plan) return
    state.known = known && ref(known)
    const before = marks
    for (const [node, mark] of next) {
      const was = before.get(node)
      if (was && was.state === mark.state && was.pinned === mark.pinned && was.why === mark.why) next.set(node, was)
    }
    marks = next
    for (const node of new Set([...before.keys(), ...next.keys()])) {
      if (before.get(node) !== next.get(node)) for (const listener of [...(listeners.get(node) ?? [])]) listener()
    }
  }

  return {
    state,
    stagesOf(node) {
      const { known } = state
      if (!known) return []
      const { plan } = known
      const own = new Set<string>(plan.stages.filter((s) => cardsAround(plan, s.node).includes(node)).map((s) => s.id))
      return known.review.stages.filter(({ stage }) => own.has(stage))
    },
    markOf: (node) => marks.get(node) ?? null,
    subscribe(node, listener) {
      const set = listeners.get(node) ?? new Set()
      listeners.set(node, set)
      set.add(listener)
      return () => {
        set.delete(listener)
        if (set.size === 0 && listeners.get(node) === set) listeners.delete(node)
      }
    },
    priceProblems: (plan, prices) => priceProblems(plan, prices, editor.now()),
    look: (plan, whole, asked) => ask(plan, whole, asked, 'now'),
    start() {
      let { plan } = editor.problems.state
      let { list } = runs.state
      let { connection } = backend.state
      void follow()
      const stops = [
        editor.problems.subscribe(() => {
          if (editor.problems.state.plan === plan) return
          plan = editor.problems.state.plan
          void follow()
        }),
        subscribe(runs.state, () => {
          if (runs.state.list === list) return
          list = runs.state.list
          void follow()
        }),
        subscribe(backend.state, () => {
          if (backend.state.connection === connection) return
          connection = backend.state.connection
          void follow()
        }),
      ]
      return () => stops.forEach((stop) => stop())
    },
  }
}
