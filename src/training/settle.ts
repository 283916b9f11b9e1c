/** Waiting for the client's futures so that Stop ends the wait at once and gives up what is still queued. */
import type { ApiFuture } from '../tinker/index.ts'

/** Rejects with a TinkerError only. */
export async function settle<T>(future: ApiFuture<T>, signal: AbortSignal): Promise<T> {
  try {
    return await future.result({ signal })
  } finally {
    if (signal.aborted) future.cancel()
  }
}
