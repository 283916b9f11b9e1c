/** Who carries a run out: a Web Lock per run, held by the worker for as long as the run is active. */
import type { RunId } from '../base/ids.ts'

/** The part of `navigator.locks` that is used; absent in Node before 24 and on pages without a secure context. */
export type Locks = Pick<LockManager, 'request' | 'query'>

const PREFIX = 'tunegraph-run-'

export type HeldLock = {
  /** Resolves when others may have it. */
  release(): Promise<void>
}

/**
 * Takes the run's lock if nobody has it. A page that is being reloaded lets go a moment after the next one has begun, so
 * a refusal is asked again until `patienceMs` have passed.
 */
export async function holdRun(locks: Locks, run: RunId, patienceMs = 2000): Promise<HeldLock | null> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const held = await holdNow(locks, PREFIX + run)
    if (held || Date.now() >= deadline) return held
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export function holdNow(locks: Locks, name: string): Promise<HeldLock | null> {
  return new Promise((resolve, reject) => {
    const given = locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        resolve(null)
        return undefined
      }
      return new Promise<void>((letGo) => {
        const release = async (): Promise<void> => {
          letGo()
          await given
        }
        resolve({ release })
      })
    })
    given.catch(reject)
  })
}

/** Resolves when nobody carries the run out any more. */
export async function runReleased(locks: Locks, run: RunId, signal: AbortSignal): Promise<void> {
  await locks.request(PREFIX + run, { mode: 'shared', signal }, () => undefined)
}

/** Runs that some tab carries out right now. */
export async function runsHeld(locks: Locks): Promise<ReadonlySet<RunId>> {
  const { held = [] } = await locks.query()
  const names = held.flatMap((lock) => (lock.name?.startsWith(PREFIX) ? [lock.name.slice(PREFIX.length)] : []))
  return new Set(names as RunId[])
}
