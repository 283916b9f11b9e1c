/** The one JSON object that `run --json` ends with. */
import type { RunState } from '#src/ir/runState.ts'

export type RunSummary = {
  readonly ok: boolean
  readonly seconds: number
  readonly stages: readonly StageSummary[]
  readonly evaluations: readonly {
    readonly title: string
    readonly policy: string
    readonly score: number
    readonly n: number
    readonly low: number
    readonly high: number
  }[]
  /** Code and sentence of what went wrong; absent when all is well. */
  readonly problem?: { readonly code: string; readonly message: string }
}

/**
 * `first` and `last`: for SFT the loss in nats per token on held-out rows before the first and after the last step (on the
 * training batches when there are no held-out rows), for RL the mean reward of the first and of the last batch, null for
 * evaluations.
 */
export type StageSummary = {
  readonly id: string
  readonly title: string
  readonly mode: string
  readonly status: string
  readonly steps: number
  readonly first: number | null
  readonly last: number | null
}

export function summarise(state: RunState, seconds: number): RunSummary {
  const { plan, failure } = state
  return {
    ok: state.phase === 'finished',
    seconds: Math.round(seconds * 10) / 10,
    stages: plan.stages.map(({ id, title, mode }) => {
      const stage = state.stages[id]!
      const steps = 'steps' in stage ? stage.steps : 0
      const { first, last } = stage.phase === 'finished' ? stage : { first: null, last: null }
      return { id, title, mode, status: stage.phase, steps, first, last }
    }),
    evaluations: plan.stages.flatMap(({ id, title }) =>
      (state.evaluations[id] ?? []).map(({ label, score, n, low, high }) => ({
        title,
        policy: label,
        score,
        n,
        low,
        high,
      })),
    ),
    ...(failure ? { problem: { code: failure.code, message: failure.message } } : {}),
  }
}
