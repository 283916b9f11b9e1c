/** Finished stages of the runs in this browser's history, for new runs to take over. */
import { finishedStages, unfinishedStages } from '#src/ir/reuse.ts'
import type { FinishedStage, UnfinishedStage } from '#src/ir/reuse.ts'
import type { RunId } from '#src/base/ids.ts'
import type { BackendRef } from '#src/ir/runEvent.ts'
import type { RunState } from '#src/ir/runState.ts'
import { reduceRun } from '#src/ir/runState.ts'
import { listRuns, readEvents } from '#src/persist/runs.ts'
import type { Storage } from '#src/persist/storage.ts'

/** Logs are read whole; what lies further back is seldom wanted again. */
const MOST_RUNS = 50

/** Newest first; `run` itself is not among them. History that cannot be read only means that more has to run. */
export async function earlierRuns(
  storage: Storage,
  backend: BackendRef,
  run: RunId,
): Promise<{ readonly stages: readonly FinishedStage[]; readonly unfinished: readonly UnfinishedStage[] }> {
  const states = (await createRunStates(storage).of(backend)).filter((state) => state.run !== run)
  return { stages: states.flatMap(finishedStages), unfinished: unfinishedStages(states) }
}

export type RunStates = {
  /** States of runs on the server, the newest first. */
  of(backend: BackendRef): Promise<readonly RunState[]>
}

/** Remembers the state of a run as long as its log does not grow, for whoever asks again and again. */
export function createRunStates(storage: Storage): RunStates {
  let known = new Map<RunId, { readonly lastSeq: number; readonly state: RunState }>()
  return {
    async of(backend) {
      const headers = await listRuns(storage)
      if (!headers.ok) return []
      const same = headers.value.filter(({ backend: b }) => b.type === backend.type && b.url === backend.url)
      const next = new Map<RunId, { readonly lastSeq: number; readonly state: RunState }>()
      for (const { id, lastSeq } of same.slice(0, MOST_RUNS)) {
        const remembered = known.get(id)
        if (remembered?.lastSeq === lastSeq) {
          next.set(id, remembered)
          continue
        }
        const events = await readEvents(storage, id)
        const state = events.ok ? events.value.reduce<RunState | null>(reduceRun, null) : null
        if (state) next.set(id, { lastSeq, state })
      }
      known = next
      return [...next.values()].map(({ state }) => state)
    },
  }
}
