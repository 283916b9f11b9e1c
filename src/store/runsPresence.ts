/** Which runs are alive: a log that says running while nobody holds the run's lock was cut off. */
import type { RunId } from '../base/ids.ts'
import type { Locks } from '../persist/runLocks.ts'
import { runsHeld } from '../persist/runLocks.ts'
import type { RunHeader } from '../persist/schema.ts'
import type { RunSummary } from './runsModel.ts'

/** Lines of the history. A paused run that nobody holds stays `paused`: a person stopped it there on purpose. */
export async function summarise(
  headers: readonly RunHeader[],
  active: RunId | null,
  locks: Locks | null,
): Promise<readonly RunSummary[]> {
  const held = locks ? await runsHeld(locks) : new Set<RunId>()
  return headers.map((header) => {
    const carriedOut = header.id === active ? 'here' : held.has(header.id) ? 'elsewhere' : null
    const phase = header.phase === 'running' && carriedOut === null ? 'interrupted' : header.phase
    const { id, title, docId, startedAt, endedAt, backend, failure } = header
    return { id, title, docId, phase, carriedOut, startedAt, endedAt, backend, failure }
  })
}
