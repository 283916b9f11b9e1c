/** The connection to IndexedDB: opened when first needed, reopened when lost, every failure a diagnostic. */
import { openDB } from 'idb'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { diagnose } from './codes.ts'
import { isLostConnection, storageFailure } from './failure.ts'
import type { Database, TunegraphSchema } from './schema.ts'
import { DATABASE_NAME, DATABASE_VERSION, upgrade } from './schema.ts'

export type Storage = {
  /** Runs `work` on the open database. `what` names the thing in the sentence of a failure, e.g. `The document`. */
  use<T>(what: string, work: (db: Database) => Promise<T>): Promise<Result<T, Diagnostic>>
  close(): Promise<void>
}

export type StorageOptions = {
  readonly name?: string
  readonly version?: number
  /** After this an open that an older tab blocks is reported instead of awaited. */
  readonly blockedAfterMs?: number
}

export function createStorage(options: StorageOptions = {}): Storage {
  const name = options.name ?? DATABASE_NAME
  const version = options.version ?? DATABASE_VERSION
  const blockedAfterMs = options.blockedAfterMs ?? 3000
  let opening: Promise<Database> | null = null

  function open(): Promise<Database> {
    opening ??= connect().catch((error: unknown) => {
      opening = null
      throw error
    })
    return opening
  }

  function connect(): Promise<Database> {
    return new Promise((resolve, reject) => {
      if (typeof indexedDB === 'undefined') {
        reject(new DOMException('indexedDB is not defined', 'NotSupportedError'))
        return
      }
      let timer: ReturnType<typeof setTimeout> | undefined
      openDB<TunegraphSchema>(name, version, {
        upgrade: (db, oldVersion, _newVersion, tx) => upgrade(db, oldVersion, tx),
        blocked: () => {
          timer = setTimeout(() => reject(new Blocked()), blockedAfterMs)
        },
        // A newer page wants to upgrade: give way, and open again (and be told so) at the next use.
        blocking: (_current, _blocked, event) => {
          opening = null
          ;(event.target as IDBDatabase).close()
        },
        terminated: () => {
          opening = null
        },
      }).then(
        (db) => {
          clearTimeout(timer)
          resolve(db)
        },
        (error: unknown) => {
          clearTimeout(timer)
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    })
  }

  return {
    async use(what, work) {
      for (let attempt = 0; ; attempt++) {
        try {
          return ok(await work(await open()))
        } catch (error) {
          if (attempt === 0 && isLostConnection(error)) {
            opening = null
            continue
          }
          return err(error instanceof Blocked ? error.diagnostic(what) : storageFailure(error, what))
        }
      }
    },
    async close() {
      const db = await opening?.catch(() => null)
      opening = null
      db?.close()
    },
  }
}

class Blocked extends Error {
  diagnostic(what: string): Diagnostic {
    return diagnose(
      'PS6002',
      { on: 'document' },
      `${what} could not be stored: another tab still runs an older Tunegraph. Close or reload that tab.`,
    )
  }
}
