/** Which run a command writes, a new one or one that goes on, with its log held against other processes. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { randomIds } from '#src/base/ids.ts'
import type { RunId } from '#src/base/ids.ts'
import { err, ok } from '#src/base/result.ts'
import type { Result } from '#src/base/result.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { BackendRef } from '#src/ir/runEvent.ts'
import type { RunState } from '#src/ir/runState.ts'
import { earlierRuns, runToResume } from './runLog.ts'
import { holdRunLog } from './runLock.ts'

export type TakenRun = {
  readonly id: RunId
  /** Earlier runs on the same server, the newest first. */
  readonly runs: readonly RunState[]
  /** As it stood when its log was taken; null for a new run. */
  readonly resume: RunState | null
  /** Lets other processes write its log. */
  release(): Promise<void>
}

/** @returns a sentence when no run can go on, TR5012 when another process carries it out */
export async function takeRun(
  { dataDir, resume }: { readonly dataDir: string | null; readonly resume: boolean },
  backend: BackendRef,
  docId: string,
  plan: Plan,
): Promise<Result<TakenRun, string | Diagnostic>> {
  if (dataDir === null) return ok({ id: randomIds<'RunId'>('run'), runs: [], resume: null, release: async () => {} })
  const found = await earlierRuns(dataDir, backend)
  const last = resume ? runToResume(found, docId, plan) : null
  if (last && !last.ok) return last
  const id = last?.value.run ?? randomIds<'RunId'>('run')
  const held = await holdRunLog(dataDir, id)
  if (!held.ok) return held
  const { release } = held.value
  if (!last) return ok({ id, runs: found, resume: null, release })
  // Whoever held the log until now may have written more, even the end.
  const runs = await earlierRuns(dataDir, backend)
  const now = runToResume(
    runs.filter(({ run }) => run === id),
    docId,
    plan,
  )
  if (now.ok) return ok({ id, runs, resume: now.value, release })
  await release()
  return err(now.error)
}
