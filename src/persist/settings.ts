/** Settings: small values by name, parsed by whoever asks. Never keys. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Result } from '../base/result.ts'
import type { Storage } from './storage.ts'
import { commit } from './transactions.ts'

export async function readSetting(storage: Storage, name: string): Promise<Result<unknown, Diagnostic>> {
  return storage.use('The settings', (db) => db.get('settings', name))
}

export async function writeSetting(storage: Storage, name: string, value: unknown): Promise<Result<void, Diagnostic>> {
  return storage.use('The settings', (db) => {
    const tx = db.transaction('settings', 'readwrite')
    return commit(tx, () => tx.store.put(value, name))
  })
}
