/** Frees what a run has saved on the embedded backend, so that deleting a run gives its space back. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { RunId } from '#src/base/ids.ts'
import type { SavedCheckpoint } from '#src/ir/runEvent.ts'
import { readEvents } from '#src/persist/runs.ts'
import type { Storage } from '#src/persist/storage.ts'
import { diagnosticOf, failureOf } from '#src/tinker/index.ts'
import type { Backends } from './backends.ts'

export async function dropCheckpoints(run: RunId, storage: Storage, backends: Backends): Promise<Diagnostic | null> {
  const events = await readEvents(storage, run)
  if (!events.ok) return events.error
  const [first] = events.value
  if (first?.type !== 'runStarted' || first.backend.type !== 'embedded') return null
  const opened = backends.open(first.backend)
  if (!opened.ok) return opened.error
  const saves = events.value.flatMap((event) => (event.type === 'checkpointSaved' ? [event.checkpoint] : []))
  try {
    for (const path of new Set(saves.flatMap(pathsOf))) {
      try {
        await (await opened.value.rest()).deleteCheckpoint(path)
      } catch (error) {
        const failure = failureOf(error)
        if (!failure) throw error
        // Deleted before, or expired.
        if (failure.kind !== 'notFound' && failure.kind !== 'expired') return diagnosticOf(failure)
      }
    }
    return null
  } finally {
    await opened.value.close()
  }
}

function pathsOf({ statePath, samplerPath }: SavedCheckpoint): readonly string[] {
  return samplerPath === null ? [statePath] : [statePath, samplerPath]
}
