/** The line of the history that a run's state amounts to. */
import type { AssetId } from '#src/base/ids.ts'
import type { RunState } from '#src/ir/runState.ts'
import type { RunHeader } from '#src/persist/schema.ts'
import type { NewRun } from './journal.ts'

export function headerOf(state: RunState, { docVersion, assets }: NewRun, now: number): RunHeader {
  return {
    id: state.run,
    title: state.title,
    docId: state.docId,
    docVersion,
    planHash: state.plan.hash,
    backend: state.backend,
    // What a log can say of itself; `interrupted` is for those who look at it from outside.
    phase: state.phase,
    startedAt: state.startedAt,
    endedAt: state.endedAt,
    updatedAt: now,
    lastSeq: state.lastSeq,
    assets: Object.keys(assets) as AssetId[],
    failure: state.failure?.message ?? null,
  }
}
