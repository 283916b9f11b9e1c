/** Finished stages of the runs in this browser's history, for new runs to take over. */
import { finishedStages } from '#src/ir/reuse.ts'
import type { FinishedStage } from '#src/ir/reuse.ts'
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
): Promise<readonly FinishedStage[]> {
  const headers = await listRuns(storage)
  if (!headers.ok) return []
  const same = headers.value.filter(
    (header) => header.id !== run && header.backend.type === backend.type && header.backend.url === backend.url,
  )
  const found: FinishedStage[] = []
  for (const header of same.slice(0, MOST_RUNS)) {
    const events = await readEvents(storage, header.id)
    const state = events.ok ? events.value.reduce<RunState | null>(reduceRun, null) : null
    if (state) found.push(...finishedStages(state))
  }
  return found
}
