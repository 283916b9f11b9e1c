/** What a stage of a run has to say where there is nothing to draw. */
import type { RunId, StageId } from '#src/base/ids.ts'
import type { RunState } from '#src/ir/runState.ts'

/** @param startOf when a run of the history started, as people say it; null for one that is no longer there */
export function noChartsWords(state: RunState, stage: StageId, startOf: (run: RunId) => string | null): string {
  const progress = state.stages[stage] ?? { phase: 'queued' as const }
  switch (progress.phase) {
    case 'queued':
      return state.phase === 'running' || state.phase === 'paused'
        ? 'Charts appear with the first step.'
        : 'This stage did not run: the run ended before its turn.'
    case 'running':
      if (state.phase === 'interrupted') return 'The run was interrupted before the first step; it can go on.'
      return 'Charts appear with the first step.'
    case 'skipped':
      return `This stage was skipped. ${progress.reason}`
    case 'finished': {
      if (progress.reusedFrom === undefined) return 'This stage recorded no metrics.'
      const start = startOf(progress.reusedFrom)
      const where =
        start === null ? 'an earlier run, which is no longer in the history' : `the run of ${start}, with its charts`
      return `Nothing was trained here: the result is that of ${where}.`
    }
    case 'failed':
      return 'The stage failed before its first step.'
    case 'stopped':
      return 'The stage was stopped before its first step.'
  }
}
