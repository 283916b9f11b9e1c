/** Waiting and aborting without leaving timers or listeners behind. */

const followers = new WeakMap<AbortSignal, { readonly callbacks: Set<() => void>; readonly listener: () => void }>()

/**
 * Calls back when the signal aborts; returns the way to stop it. All followers of a signal share one listener: the
 * signal of a client has thousands of followers, and Node warns of a leak at eleven listeners.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let following = followers.get(signal)
  if (following === undefined) {
    const callbacks = new Set<() => void>()
    const listener = (): void => {
      for (const follower of callbacks) follower()
    }
    following = { callbacks, listener }
    followers.set(signal, following)
    signal.addEventListener('abort', listener)
  }
  const { callbacks, listener } = following
  // Wrapped, so that the same function given twice is two followers.
  const follower = (): void => callback()
  callbacks.add(follower)
  return () => {
    callbacks.delete(follower)
    if (callbacks.size > 0 || followers.get(signal)?.callbacks !== callbacks) return
    followers.delete(signal)
    signal.removeEventListener('abort', listener)
  }
}

/**
 * Resolves after `ms`, or at once when the signal aborts; true when the time ran out undisturbed. A wait in the
 * `background` does not keep a Node process alive.
 */
export function sleep(ms: number, signal: AbortSignal, background = false): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (full: boolean): void => {
      clearTimeout(timer as ReturnType<typeof setTimeout>)
      release()
      resolve(full)
    }
    const timer: unknown = setTimeout(() => end(true), ms)
    if (background) (timer as { unref?: () => void }).unref?.()
    const release = onAbort(signal, () => end(false))
  })
}

export type LinkedAbort = {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  /** Stops following the parents. Must be called when the work is over: parents may live for days. */
  release(): void
}

/** A signal that follows its parents and can be aborted by itself. */
export function linkAbort(...parents: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController()
  const releases: (() => void)[] = []
  for (const parent of parents) {
    if (parent === undefined) continue
    if (parent.aborted) controller.abort(parent.reason)
    else releases.push(onAbort(parent, () => controller.abort(parent.reason)))
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => releases.forEach((release) => release()),
  }
}

/** The promise's value, or undefined as soon as the signal aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => resolve(undefined))
    promise.then(resolve, reject).finally(release)
  })
}
