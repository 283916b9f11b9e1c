/** Makes fake-indexeddb behave like a browser whose disk is full: writes fail, or the transaction dies at commit. */
import { IDBObjectStore } from 'fake-indexeddb'

export type Mishap = {
  readonly name: 'QuotaExceededError' | 'UnknownError' | 'InvalidStateError'
  /** Puts that succeed before. */
  readonly after: number
  /** Puts that fail from then on. */
  readonly times: number
  /** `throw` at the call, or `abort` of the transaction afterwards, which is what Chromium does on a full disk. */
  readonly how: 'throw' | 'abort'
}

/** Returns how to end it. */
export function mishap({ name, after, times, how }: Mishap): () => void {
  const original = IDBObjectStore.prototype.put
  let count = 0
  IDBObjectStore.prototype.put = function put(this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
    const index = count++
    if (index < after || index >= after + times) return original.call(this, value, key)
    const error = new DOMException(`simulated ${name}`, name)
    if (how === 'throw') throw error
    const request = original.call(this, value, key)
    const { transaction } = this
    queueMicrotask(() => {
      Object.defineProperty(transaction, 'error', { value: error, configurable: true, writable: true })
      transaction.abort()
    })
    return request
  } as typeof original
  return () => {
    IDBObjectStore.prototype.put = original
  }
}
