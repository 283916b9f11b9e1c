/** Makes fake-indexeddb behave like a browser whose disk is full: writes fail, or the transaction dies at commit. */
import { IDBObjectStore } from 'fake-indexeddb'

export type Mishap = {
  readonly name: 'QuotaExceededError' | 'UnknownError' | 'InvalidStateError'
  /** Writes that succeed before. */
  readonly after: number
  /** Writes that fail from then on. */
  readonly times: number
  /** `throw` at the call, or `abort` of the transaction afterwards, which is what Chromium does on a full disk. */
  readonly how: 'throw' | 'abort'
  /** Only writes into this object store; all, when absent. */
  readonly store?: string
}

/** Returns how to end it. */
export function mishap({ name, after, times, how, store }: Mishap): () => void {
  const { put, add } = IDBObjectStore.prototype
  let count = 0
  const broken = (original: typeof put): typeof put =>
    function write(this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
      const index = store === undefined || this.name === store ? count++ : -1
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
    }
  IDBObjectStore.prototype.put = broken(put)
  IDBObjectStore.prototype.add = broken(add)
  return () => {
    Object.assign(IDBObjectStore.prototype, { put, add })
  }
}
