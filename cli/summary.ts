/** The one JSON object that `run --json` ends with. */
import type { RerunReason } from '#src/ir/reuse.ts'
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
  /** Gates and choices; absent when the plan has none. */
  readonly decisions?: readonly {
    readonly id: string
    readonly title: string
    readonly type: string
    readonly outcome: string | null
    readonly value: number | null
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
  /** As the stage's phase; `reused` where an earlier run's results stand for it. */
  readonly status: string
  readonly steps: number
  readonly first: number | null
  readonly last: number | null
  /** The run whose results were taken. */
  readonly reusedFrom?: string
  /** What forced a stage that had run before to run again. */
  readonly because?: readonly RerunReason[]
  /** Why the stage was skipped. */
  readonly reason?: string
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
      const reusedFrom = stage.phase === 'finished' ? stage.reusedFrom : undefined
      const because = (state.reruns[id] ?? []).filter((reason) => reason.type !== 'new')
      return {
        id,
        title,
        mode,
        status: reusedFrom === undefined ? stage.phase : 'reused',
        steps,
        first,
        last,
        ...(reusedFrom === undefined ? {} : { reusedFrom }),
        ...(because.length > 0 ? { because } : {}),
        ...(stage.phase === 'skipped' ? { reason: stage.reason } : {}),
      }
    }),
    ...(plan.decisions.length > 0
      ? {
          decisions: plan.decisions.map(({ id, title, type }) => ({
            id,
            title,
            type,
            outcome: state.decisions[id]?.outcome ?? null,
            value: state.decisions[id]?.value ?? null,
          })),
        }
      : {}),
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
