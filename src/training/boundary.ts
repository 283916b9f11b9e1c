/** The pause point between two steps. */
import type { RunContext } from './runContext.ts'

/**
 * Waits while the run is paused. Before a real wait, `drain` finishes what is in flight, so that a paused run shows
 * everything it did and can be picked up elsewhere.
 */
export async function passBoundary<T>(ctx: RunContext, drain: () => Promise<T | null>): Promise<T | null> {
  ctx.signal.throwIfAborted()
  let open = false
  const gate = ctx.boundary().then(() => (open = true))
  // An open gate resolves within a few turns of the microtask queue.
  for (let turn = 0; turn < 5 && !open; turn++) await Promise.resolve()
  const outcome = open ? null : await drain()
  if (outcome === null) await gate
  ctx.signal.throwIfAborted()
  return outcome
}
