/** Several futures as one, and many operations a few at a time. */
import { onAbort } from './transport/abort.ts'
import { TinkerError } from './failure.ts'
import type { ApiFuture, FutureProgress } from './future.ts'

/** Waits for all. Rejects with the first failure at once; the others go on, and their failures are nobody's surprise. */
export function awaitAll<T>(
  futures: readonly ApiFuture<T>[],
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<readonly T[]> {
  return Promise.all(futures.map((future) => future.result(options)))
}

export type Combined<T> = {
  /** As {@link ApiFuture.result}, of `reduce` over the results in the order of the futures. */
  result(options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<T>
  /** Gives all of them up. */
  cancel(): void
  readonly progress: readonly FutureProgress[]
}

/** One handle over several futures. `reduce` runs once, however often the result is asked for. */
export function combineFutures<T, R>(
  futures: readonly ApiFuture<T>[],
  reduce: (results: readonly T[]) => R,
): Combined<R> {
  let reduced: { readonly value: R } | undefined
  return {
    async result(options = {}) {
      const results = await awaitAll(futures, options)
      reduced ??= { value: reduce(results) }
      return reduced.value
    },
    cancel: () => futures.forEach((future) => future.cancel()),
    get progress() {
      return futures.map(({ progress }) => progress)
    },
  }
}

export type EachOptions = {
  /** Operations at a time, so that requests and results of thousands are never all in memory. Default 64. */
  readonly concurrency?: number
  readonly signal?: AbortSignal
}

/**
 * Starts an operation per item and hands its result to `take`, so many at a time, items in their order and results as they
 * come. After the first failure, or what `take` throws, nothing more is started and what runs is cancelled; it rejects with that.
 */
export async function forEachFuture<I, T>(
  items: Iterable<I>,
  start: (item: I, index: number) => ApiFuture<T>,
  take: (result: T, item: I, index: number) => void | Promise<void>,
  { concurrency = 64, signal }: EachOptions = {},
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const running = new Set<ApiFuture<T>>()
  let failed: { readonly error: unknown } | undefined
  let index = 0
  const stop = (error: unknown): void => {
    failed ??= { error }
    running.forEach((future) => future.cancel())
  }
  const work = async (): Promise<void> => {
    for (;;) {
      if (failed !== undefined) return
      const next = iterator.next()
      if (next.done) return
      const at = index++
      const future = start(next.value, at)
      running.add(future)
      try {
        await take(await future.result(), next.value, at)
      } catch (error) {
        stop(error)
      } finally {
        running.delete(future)
      }
    }
  }
  const aborted = (): void =>
    stop(new TinkerError({ kind: 'aborted', by: 'caller', message: 'the operations were cancelled' }))
  if (signal?.aborted) aborted()
  const unfollow = signal === undefined ? undefined : onAbort(signal, aborted)
  try {
    await Promise.all(Array.from({ length: concurrency }, work))
  } finally {
    unfollow?.()
  }
  if (failed !== undefined) throw (failed as { readonly error: unknown }).error
}
