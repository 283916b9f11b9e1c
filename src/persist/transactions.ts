/** Pieces of transactions that several stores share. */
import type { IDBPTransaction } from 'idb'
import type { TunegraphSchema } from './schema.ts'

/** Everything of a run; written together. */
export const RUN_STORES = ['runs', 'events', 'metrics', 'rollouts', 'assets'] as const
export type RunTransaction = IDBPTransaction<TunegraphSchema, typeof RUN_STORES, 'readwrite'>

/** Every compound key that begins with `first`: an array sorts after every number and string. */
export function within(...first: readonly string[]): IDBKeyRange {
  return IDBKeyRange.bound([...first], [...first, []])
}

type Transaction = { readonly done: Promise<void>; abort(): void }

/** Does `work` in `tx` and waits until all of it is committed; when any part fails, none of it is. */
export async function commit(tx: Transaction, work: () => Promise<unknown>): Promise<void> {
  const done = tx.done.then(
    () => null,
    (error: unknown) => error ?? new DOMException('the transaction was aborted', 'AbortError'),
  )
  try {
    await work()
  } catch (error) {
    abort(tx)
    const cause = await done
    // A full disk aborts the transaction: the transaction knows why, its requests only that they were aborted.
    throw isAbort(error) && cause !== null ? cause : error
  }
  const failure = await done
  if (failure !== null) throw failure
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

function abort(tx: Transaction): void {
  try {
    tx.abort()
  } catch (error) {
    // A failed request has aborted it already.
    if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error
  }
}
