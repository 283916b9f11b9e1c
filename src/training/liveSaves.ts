/** Whether saves of earlier runs can still be started from: listed by the server and not expired. */
import type { SavedCheckpoint } from '../ir/runEvent.ts'
import { failureOf, parseCheckpointPath } from '../tinker/index.ts'
import type { RunContext } from './runContext.ts'

/** Paths of saves that a server has listed, by training run. */
export type Listings = Map<string, Promise<ReadonlySet<string>>>

/**
 * Answers for any number of saves; each training run of the server is asked about once.
 *
 * @param listed what is known of the server already, added to here; absent = all is asked anew
 */
export function liveSaves(
  ctx: Pick<RunContext, 'service' | 'signal' | 'now'>,
  listed: Listings = new Map(),
): {
  /** The first path that is gone; null when all of them live. */
  gone(saves: readonly SavedCheckpoint[]): Promise<string | null>
} {
  async function pathsOf(run: string): Promise<ReadonlySet<string>> {
    try {
      const all = await (await ctx.service.rest()).listCheckpoints(run, ctx.signal)
      const live = all.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > ctx.now())
      return new Set(live.map(({ path }) => path))
    } catch (error) {
      const failure = failureOf(error)
      if (!failure || failure.kind === 'aborted') throw error
      // A server that does not know the run, or cannot list, has nothing to start from as far as can be told.
      if (['notFound', 'expired', 'rejected', 'unsupported'].includes(failure.kind)) return new Set()
      throw error
    }
  }

  async function isGone(path: string): Promise<boolean> {
    const parts = parseCheckpointPath(path)
    if (!parts.ok) return true
    const { runId } = parts.value
    let paths = listed.get(runId)
    if (!paths) {
      paths = pathsOf(runId)
      listed.set(runId, paths)
      // A question that failed is no answer to keep.
      paths.catch(() => listed.delete(runId))
    }
    return !(await paths).has(path)
  }

  return {
    async gone(saves) {
      for (const { statePath, samplerPath, expiresAt } of saves) {
        if (expiresAt !== null && expiresAt <= ctx.now()) return statePath
        for (const path of samplerPath === null ? [statePath] : [statePath, samplerPath])
          if (await isGone(path)) return path
      }
      return null
    },
  }
}
